// The exception classes by name, and which derives from which: what a typed error and an Error have in
// common.
#pragma once

#include "errors/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport {

// errors.md section 3; a class stands behind the one that it derives from. The classes themselves are in
// tool_errors.hpp, mcp_errors.hpp and gateway_errors.hpp.
enum class ErrorClass : std::uint8_t {
  // The framework's tools.
  toolkit_error,
  toolkit_load_error,
  tool_error,
  tool_definition_error,
  tool_input_schema_error,
  tool_output_schema_error,
  tool_runtime_error,
  tool_serialization_error,
  tool_input_error,
  tool_output_error,
  tool_execution_error,
  retryable_tool_error,
  context_required_tool_error,
  fatal_tool_error,
  upstream_error,
  upstream_rate_limit_error,
  network_transport_error,
  // The framework's server.
  mcp_error,
  mcp_runtime_error,
  server_error,
  session_error,
  elicitation_not_supported_error,
  elicitation_mode_not_supported_error,
  session_not_initialized_error,
  request_error,
  server_request_error,
  response_error,
  lifespan_error,
  transport_error,
  protocol_error,
  mcp_context_error,
  not_found_error,
  authorization_error,
  prompt_error,
  resource_error,
  // The gateway.
  mcp_gateway_error,
  authentication_error,
  guardrail_error,
  gateway_tool_execution_error,
  discovery_error,
  configuration_error,
  network_error,
  system_error,
  timeout_error,
};

inline constexpr std::size_t error_class_count = static_cast<std::size_t>(ErrorClass::timeout_error) + 1;

// "UpstreamRateLimitError"; the two classes of that name are both called "ToolExecutionError".
std::string_view name(ErrorClass error_class) noexcept;

// Nothing for the root of a tree.
std::optional<ErrorClass> base_of(ErrorClass error_class) noexcept;

// The class itself, or one that derives from `base`.
bool is_a(ErrorClass error_class, ErrorClass base) noexcept;

// The class that the error was raised as; for one that nobody raised as a class, the framework's class that
// its kind implies, and of the fatal ones its status.
ErrorClass class_of(const Error& error) noexcept;

// The gateway's class for a code: by its family, and TimeoutError for every time-out.
ErrorClass gateway_class(Code code) noexcept;

}  // namespace sallyport
