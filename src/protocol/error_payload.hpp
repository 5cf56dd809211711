// The exception classes as JSON: the gateway's `{error: …}` envelope, and the framework's payload and wire
// model of a tool call.
#pragma once

#include "errors/gateway_errors.hpp"
#include "errors/tool_errors.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::protocol {

// {"key": value, …}; of keys that come twice the first stands.
std::string extras_json(std::span<const Extra> extras);

// {"error": {code, message, severity, recovery_strategy, correlation_id, timestamp, context, details,
// cause}}. What is not there is null. `cause` is the chain of codes and kinds; `technical_details` has typed
// fields only: no text that others wrote.
std::string to_dict(const envelope::MCPGatewayError& error);

// The same for an error of the gateway itself; its message is the catalogue's sentence unless one is given.
std::string to_dict(const Error& error, const ErrorContext& context, std::string_view message = {});

// {message, developer_message, kind, can_retry, status_code} and the extras beside them. An extra that is
// called like one of those is left out.
std::string to_payload(const ToolkitError& error);

// What the framework's worker protocol says of a call. Optional members are null when they are not there.
struct ToolCallError {
  std::string message;
  Kind kind = Kind::unknown;
  std::optional<std::string> developer_message = {};
  bool can_retry = false;
  std::optional<std::string> additional_prompt_content = {};
  std::optional<std::int64_t> retry_after_ms = {};
  std::optional<std::string> stacktrace = {};
  std::optional<int> status_code = {};
  std::optional<Extras> extra = {};

  bool is_toolkit_error() const noexcept { return sallyport::is_toolkit_error(kind); }
  bool is_tool_error() const noexcept { return sallyport::is_tool_error(kind); }
  bool is_upstream_error() const noexcept { return sallyport::is_upstream_error(kind); }
  bool is_network_transport_error() const noexcept { return sallyport::is_network_transport_error(kind); }
  bool is_gateway_error() const noexcept { return sallyport::is_gateway_error(kind); }
};

// As the executor hands it over: the message with its prefix.
ToolCallError tool_call_error(const ToolkitError& error);

struct ToolCallLog {
  enum class Level : std::uint8_t { debug, info, warning, error };
  enum class Subtype : std::uint8_t { deprecation };
  std::string message;
  Level level = Level::info;
  std::optional<Subtype> subtype = {};
};

struct ToolCallRequiresAuthorization {
  std::optional<std::string> authorization_url = {};
  std::optional<std::string> authorization_id = {};
  std::optional<std::vector<std::string>> scopes = {};
  std::optional<std::string> status = {};
};

// Exactly one of value, error and requires_authorization: a call cannot have two ends.
struct ToolCallOutput {
  // Any JSON but null, as its text.
  struct Value {
    std::string json;
  };
  std::variant<Value, ToolCallError, ToolCallRequiresAuthorization> outcome;
  std::vector<ToolCallLog> logs = {};  // none: null

  // Nothing returned is the empty string.
  static ToolCallOutput succeeded(std::string_view json = {}, std::vector<ToolCallLog> logs = {});
  // A blank message becomes `Unspecified error during tool execution`.
  static ToolCallOutput failed(ToolCallError error, std::vector<ToolCallLog> logs = {});
};

struct ToolCallResponse {
  std::string execution_id;
  std::chrono::system_clock::time_point finished_at;
  double duration = 0;  // milliseconds
  ToolCallOutput output;

  bool success() const noexcept { return !std::holds_alternative<ToolCallError>(output.outcome); }
};

std::string to_json(const ToolCallError& error);
std::string to_json(const ToolCallOutput& output);
std::string to_json(const ToolCallResponse& response);

}  // namespace sallyport::protocol
