// The gateway's tree and its 15 factories: errors that carry a severity, a strategy, a context and details.
// A namespace of their own, because the framework has a ToolExecutionError too.
#pragma once

#include "errors/typed_error.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace sallyport::envelope {

// What each class takes by name beside code and message; what is left out is the class's own default.
struct Options {
  std::optional<Severity> severity = {};
  std::optional<Strategy> recovery_strategy = {};
  ErrorContext context = {};
  std::optional<ErrorDetails> details = {};
  std::optional<Error> cause = {};
};

// medium, fail_closed. `what()` is the message for a user: that of the details as it stands, else the
// message, behind `Critical system error: ` or `Error: ` if the severity is critical or high.
class MCPGatewayError : public TypedError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::mcp_gateway_error;
  MCPGatewayError(Code code, std::string_view message, Options options = {});
  MCPGatewayError(detail::Adopt, Error error) : TypedError(std::move(error)) {}

  Code code() const noexcept { return error().code(); }
  Severity severity() const noexcept { return facts().severity; }
  Strategy recovery_strategy() const noexcept { return facts().recovery_strategy; }
  const ErrorContext& context() const noexcept { return facts().context; }
  const std::optional<ErrorDetails>& details() const noexcept { return facts().details; }

 protected:
  const GatewayFacts& facts() const noexcept { return *error().authored()->gateway; }
};

// high, fail_closed.
class AuthenticationError final : public MCPGatewayError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::authentication_error;
  AuthenticationError(Code code, std::string_view message, Options options = {});
  AuthenticationError(detail::Adopt key, Error error) : MCPGatewayError(key, std::move(error)) {}
};

// medium, fail_open: what the class declares. The gateway acts on it only where errors.md section 5 allows.
class GuardrailError final : public MCPGatewayError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::guardrail_error;
  GuardrailError(Code code, std::string_view message, Options options = {});
  GuardrailError(detail::Adopt key, Error error) : MCPGatewayError(key, std::move(error)) {}
};

// medium, retry.
class ToolExecutionError final : public MCPGatewayError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::gateway_tool_execution_error;
  ToolExecutionError(Code code, std::string_view message, Options options = {});
  ToolExecutionError(detail::Adopt key, Error error) : MCPGatewayError(key, std::move(error)) {}
};

// medium, fallback.
class DiscoveryError final : public MCPGatewayError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::discovery_error;
  DiscoveryError(Code code, std::string_view message, Options options = {});
  DiscoveryError(detail::Adopt key, Error error) : MCPGatewayError(key, std::move(error)) {}
};

// high, fail_closed.
class ConfigurationError final : public MCPGatewayError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::configuration_error;
  ConfigurationError(Code code, std::string_view message, Options options = {});
  ConfigurationError(detail::Adopt key, Error error) : MCPGatewayError(key, std::move(error)) {}
};

// medium, retry.
class NetworkError final : public MCPGatewayError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::network_error;
  NetworkError(Code code, std::string_view message, Options options = {});
  NetworkError(detail::Adopt key, Error error) : MCPGatewayError(key, std::move(error)) {}
};

// critical, escalate.
class SystemError final : public MCPGatewayError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::system_error;
  SystemError(Code code, std::string_view message, Options options = {});
  SystemError(detail::Adopt key, Error error) : MCPGatewayError(key, std::move(error)) {}
};

// medium, fail_closed. Details that are not given are made: the message for the user, three suggested actions
// and the technical details. Durations in seconds; nothing is known to have passed but the limit unless
// `elapsed` says so.
class TimeoutError final : public MCPGatewayError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::timeout_error;
  TimeoutError(Code code, std::string_view message, double timeout_duration, std::string_view timeout_type,
               Options options = {}, std::optional<double> elapsed = {});
  TimeoutError(detail::Adopt, Error error);

  double timeout_duration() const noexcept { return facts().timeout->timeout_duration; }
  const std::string& timeout_type() const noexcept { return facts().timeout->timeout_type; }
  double elapsed() const noexcept { return facts().timeout->elapsed; }
  EscalationLevel escalation_level() const noexcept {
    return sallyport::escalation_level(timeout_type(), elapsed());
  }
};

using Context = ErrorContext;
using Cause = std::optional<Error>;

AuthenticationError create_auth_error(Code code, std::string_view message, Context context = {},
                                      Cause cause = {});
GuardrailError create_guardrail_error(Code code, std::string_view message, Context context = {},
                                      Cause cause = {});
ToolExecutionError create_tool_execution_error(Code code, std::string_view message, Context context = {},
                                               Cause cause = {});
DiscoveryError create_discovery_error(Code code, std::string_view message, Context context = {},
                                      Cause cause = {});
ConfigurationError create_configuration_error(Code code, std::string_view message, Context context = {},
                                              Cause cause = {});
NetworkError create_network_error(Code code, std::string_view message, Context context = {},
                                  Cause cause = {});
SystemError create_system_error(Code code, std::string_view message, Context context = {}, Cause cause = {});
TimeoutError create_timeout_error(Code code, std::string_view message, double timeout_duration,
                                  std::string_view timeout_type, Context context = {}, Cause cause = {});

// GUARD_005, TOOL_004, NET_001 and AUTH_006. An endpoint is shown without what may be secret in it.
TimeoutError create_guardrail_timeout_error(double timeout_duration, Context context = {}, Cause cause = {});
TimeoutError create_tool_timeout_error(double timeout_duration, std::string_view tool_name = {},
                                       Context context = {}, Cause cause = {});
TimeoutError create_network_timeout_error(double timeout_duration, std::string_view endpoint = {},
                                          Context context = {}, Cause cause = {});
TimeoutError create_auth_timeout_error(double timeout_duration, Context context = {}, Cause cause = {});

// AUTH_007, AUTH_009 and AUTH_008.
AuthenticationError create_auth_network_error(std::string_view message, Context context = {},
                                              Cause cause = {});
AuthenticationError create_auth_unauthorized_error(std::string_view message = "Unauthorized access",
                                                   Context context = {}, Cause cause = {});
AuthenticationError create_auth_config_error(std::string_view message, Context context = {},
                                             Cause cause = {});

}  // namespace sallyport::envelope
