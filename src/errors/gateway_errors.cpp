#include "errors/gateway_errors.hpp"

#include "errors/redact.hpp"

#include <charconv>
#include <chrono>
#include <cmath>
#include <string>

namespace sallyport::envelope {
namespace {

constexpr detail::Adopt whole = {};

// What a class says of itself where whoever raises it says nothing else.
struct Defaults {
  Severity severity = Severity::medium;
  Strategy strategy = Strategy::fail_closed;
};

constexpr Defaults defaults_of(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::authentication_error:
    case ErrorClass::configuration_error:
      return {.severity = Severity::high};
    case ErrorClass::guardrail_error:
      return {.strategy = Strategy::fail_open};
    case ErrorClass::gateway_tool_execution_error:
    case ErrorClass::network_error:
      return {.strategy = Strategy::retry};
    case ErrorClass::discovery_error:
      return {.strategy = Strategy::fallback};
    case ErrorClass::system_error:
      return {.severity = Severity::critical, .strategy = Strategy::escalate};
    default:
      return {};
  }
}

// The shortest text that reads back as the same number: "5", "2.5".
std::string seconds_text(double seconds) {
  char buffer[32];
  const auto [end, status] = std::to_chars(buffer, buffer + sizeof buffer, seconds);
  return status == std::errc{} ? std::string(buffer, end) : "?";
}

Error make(ErrorClass error_class, Code code, std::string_view message, Options options,
           std::optional<TimeoutFacts> timeout = {}) {
  const Defaults defaults = defaults_of(error_class);
  GatewayFacts facts{.severity = options.severity.value_or(defaults.severity),
                     .recovery_strategy = options.recovery_strategy.value_or(defaults.strategy),
                     .context = std::move(options.context),
                     .details = std::move(options.details),
                     .timeout = std::move(timeout)};
  Error error(code);
  if (facts.details) {
    facts.details->code = code;
    facts.details->message = message;
    facts.details->severity = facts.severity;
    facts.details->recovery_strategy = facts.recovery_strategy;
    if (facts.details->retry_after) error.with_retry_after(std::chrono::seconds(*facts.details->retry_after));
  }
  if (options.cause) error.with_cause(*std::move(options.cause));
  error.with_authored(
      {.error_class = error_class, .message = std::string(message), .gateway = std::move(facts)});
  return error;
}

ErrorDetails timeout_details(const TimeoutFacts& facts) {
  const std::string limit = seconds_text(facts.timeout_duration);
  ErrorDetails details;
  details.user_message = "Operation timed out after " + limit + "s";
  details.suggested_actions = {"Check if the " + facts.timeout_type + " service is responding",
                               "Consider increasing the timeout value (current: " + limit + "s)",
                               "Verify network connectivity and service availability"};
  return details;
}

Error make_timeout(Code code, std::string_view message, TimeoutFacts facts, Options options) {
  if (!options.details) options.details = timeout_details(facts);
  Error error = make(ErrorClass::timeout_error, code, message, std::move(options), facts);
  // What the catalogue's text says in whole seconds.
  if (facts.timeout_duration >= 0 && facts.timeout_duration < 1e9)
    error.with_slot(Slot::seconds, static_cast<std::int64_t>(std::ceil(facts.timeout_duration)));
  return error;
}

std::string_view timeout_type(Family family) {
  switch (family) {
    case Family::auth:
      return "auth";
    case Family::guard:
      return "guardrail";
    case Family::disc:
      return "discovery";
    case Family::net:
      return "network";
    default:
      return "tool_execution";
  }
}

// A time-out of the gateway itself knows its limit only as a slot of its text.
Error with_timeout(Error error) {
  if (error.authored()->gateway->timeout) return error;
  Authored authored = *error.authored();
  TimeoutFacts facts{.timeout_type = std::string(timeout_type(error.row().family))};
  if (const SlotValue* seconds = error.slot(Slot::seconds)) {
    if (const auto* number = std::get_if<std::int64_t>(seconds))
      facts.timeout_duration = facts.elapsed = static_cast<double>(*number);
  }
  authored.gateway->timeout = std::move(facts);
  return std::move(error.with_authored(std::move(authored)));
}

Options with(Context context, Cause cause) {
  return {.context = std::move(context), .cause = std::move(cause)};
}

}  // namespace

MCPGatewayError::MCPGatewayError(Code code, std::string_view message, Options options)
    : TypedError(make(class_id, code, message, std::move(options))) {}

AuthenticationError::AuthenticationError(Code code, std::string_view message, Options options)
    : MCPGatewayError(whole, make(class_id, code, message, std::move(options))) {}

GuardrailError::GuardrailError(Code code, std::string_view message, Options options)
    : MCPGatewayError(whole, make(class_id, code, message, std::move(options))) {}

ToolExecutionError::ToolExecutionError(Code code, std::string_view message, Options options)
    : MCPGatewayError(whole, make(class_id, code, message, std::move(options))) {}

DiscoveryError::DiscoveryError(Code code, std::string_view message, Options options)
    : MCPGatewayError(whole, make(class_id, code, message, std::move(options))) {}

ConfigurationError::ConfigurationError(Code code, std::string_view message, Options options)
    : MCPGatewayError(whole, make(class_id, code, message, std::move(options))) {}

NetworkError::NetworkError(Code code, std::string_view message, Options options)
    : MCPGatewayError(whole, make(class_id, code, message, std::move(options))) {}

SystemError::SystemError(Code code, std::string_view message, Options options)
    : MCPGatewayError(whole, make(class_id, code, message, std::move(options))) {}

TimeoutError::TimeoutError(Code code, std::string_view message, double timeout_duration,
                           std::string_view timeout_type, Options options, std::optional<double> elapsed)
    : MCPGatewayError(whole, make_timeout(code, message,
                                          {.timeout_duration = timeout_duration,
                                           .timeout_type = std::string(timeout_type),
                                           .elapsed = elapsed.value_or(timeout_duration)},
                                          std::move(options))) {}

TimeoutError::TimeoutError(detail::Adopt key, Error error)
    : MCPGatewayError(key, with_timeout(std::move(error))) {}

AuthenticationError create_auth_error(Code code, std::string_view message, Context context, Cause cause) {
  return {code, message, with(std::move(context), std::move(cause))};
}

GuardrailError create_guardrail_error(Code code, std::string_view message, Context context, Cause cause) {
  return {code, message, with(std::move(context), std::move(cause))};
}

ToolExecutionError create_tool_execution_error(Code code, std::string_view message, Context context,
                                               Cause cause) {
  return {code, message, with(std::move(context), std::move(cause))};
}

DiscoveryError create_discovery_error(Code code, std::string_view message, Context context, Cause cause) {
  return {code, message, with(std::move(context), std::move(cause))};
}

ConfigurationError create_configuration_error(Code code, std::string_view message, Context context,
                                              Cause cause) {
  return {code, message, with(std::move(context), std::move(cause))};
}

NetworkError create_network_error(Code code, std::string_view message, Context context, Cause cause) {
  return {code, message, with(std::move(context), std::move(cause))};
}

SystemError create_system_error(Code code, std::string_view message, Context context, Cause cause) {
  return {code, message, with(std::move(context), std::move(cause))};
}

TimeoutError create_timeout_error(Code code, std::string_view message, double timeout_duration,
                                  std::string_view timeout_type, Context context, Cause cause) {
  return {code, message, timeout_duration, timeout_type, with(std::move(context), std::move(cause))};
}

TimeoutError create_guardrail_timeout_error(double timeout_duration, Context context, Cause cause) {
  return create_timeout_error(Code::guardrail_timeout,
                              "Guardrail validation timed out after " + seconds_text(timeout_duration) + "s",
                              timeout_duration, "guardrail", std::move(context), std::move(cause));
}

TimeoutError create_tool_timeout_error(double timeout_duration, std::string_view tool_name, Context context,
                                       Cause cause) {
  std::string message = "Tool execution timed out after " + seconds_text(timeout_duration) + "s";
  if (!tool_name.empty()) message += " for tool '" + std::string(tool_name) + "'";
  return create_timeout_error(Code::tool_timeout, message, timeout_duration, "tool_execution",
                              std::move(context), std::move(cause));
}

TimeoutError create_network_timeout_error(double timeout_duration, std::string_view endpoint, Context context,
                                          Cause cause) {
  std::string message = "Network request timed out after " + seconds_text(timeout_duration) + "s";
  if (!endpoint.empty()) message += " to endpoint '" + reduce_url(endpoint) + "'";
  return create_timeout_error(Code::network_timeout, message, timeout_duration, "network", std::move(context),
                              std::move(cause));
}

TimeoutError create_auth_timeout_error(double timeout_duration, Context context, Cause cause) {
  return create_timeout_error(Code::auth_timeout,
                              "Authentication timed out after " + seconds_text(timeout_duration) + "s",
                              timeout_duration, "auth", std::move(context), std::move(cause));
}

AuthenticationError create_auth_network_error(std::string_view message, Context context, Cause cause) {
  return create_auth_error(Code::auth_network_error, message, std::move(context), std::move(cause));
}

AuthenticationError create_auth_unauthorized_error(std::string_view message, Context context, Cause cause) {
  return create_auth_error(Code::auth_unauthorized, message, std::move(context), std::move(cause));
}

AuthenticationError create_auth_config_error(std::string_view message, Context context, Cause cause) {
  return create_auth_error(Code::auth_config_error, message, std::move(context), std::move(cause));
}

}  // namespace sallyport::envelope
