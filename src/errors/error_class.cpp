#include "errors/error_class.hpp"

#include "errors/authored.hpp"

#include <array>

namespace sallyport {
namespace {

struct ClassRow {
  ErrorClass self;
  ErrorClass base;  // itself: the root of its tree
  std::string_view name;
};

constexpr std::array<ClassRow, error_class_count> classes = [] {
  using enum ErrorClass;
  return std::array<ClassRow, error_class_count>{{
      {toolkit_error, toolkit_error, "ToolkitError"},
      {toolkit_load_error, toolkit_error, "ToolkitLoadError"},
      {tool_error, toolkit_error, "ToolError"},
      {tool_definition_error, tool_error, "ToolDefinitionError"},
      {tool_input_schema_error, tool_definition_error, "ToolInputSchemaError"},
      {tool_output_schema_error, tool_definition_error, "ToolOutputSchemaError"},
      {tool_runtime_error, tool_error, "ToolRuntimeError"},
      {tool_serialization_error, tool_runtime_error, "ToolSerializationError"},
      {tool_input_error, tool_serialization_error, "ToolInputError"},
      {tool_output_error, tool_serialization_error, "ToolOutputError"},
      {tool_execution_error, tool_runtime_error, "ToolExecutionError"},
      {retryable_tool_error, tool_execution_error, "RetryableToolError"},
      {context_required_tool_error, tool_execution_error, "ContextRequiredToolError"},
      {fatal_tool_error, tool_execution_error, "FatalToolError"},
      {upstream_error, tool_execution_error, "UpstreamError"},
      {upstream_rate_limit_error, upstream_error, "UpstreamRateLimitError"},
      {network_transport_error, tool_execution_error, "NetworkTransportError"},
      {mcp_error, mcp_error, "MCPError"},
      {mcp_runtime_error, mcp_error, "MCPRuntimeError"},
      {server_error, mcp_runtime_error, "ServerError"},
      {session_error, server_error, "SessionError"},
      {elicitation_not_supported_error, session_error, "ElicitationNotSupportedError"},
      {elicitation_mode_not_supported_error, session_error, "ElicitationModeNotSupportedError"},
      {session_not_initialized_error, session_error, "SessionNotInitializedError"},
      {request_error, server_error, "RequestError"},
      {server_request_error, request_error, "ServerRequestError"},
      {response_error, server_error, "ResponseError"},
      {lifespan_error, server_error, "LifespanError"},
      {transport_error, mcp_runtime_error, "TransportError"},
      {protocol_error, mcp_runtime_error, "ProtocolError"},
      {mcp_context_error, mcp_error, "MCPContextError"},
      {not_found_error, mcp_context_error, "NotFoundError"},
      {authorization_error, mcp_context_error, "AuthorizationError"},
      {prompt_error, mcp_context_error, "PromptError"},
      {resource_error, mcp_context_error, "ResourceError"},
      {mcp_gateway_error, mcp_gateway_error, "MCPGatewayError"},
      {authentication_error, mcp_gateway_error, "AuthenticationError"},
      {guardrail_error, mcp_gateway_error, "GuardrailError"},
      {gateway_tool_execution_error, mcp_gateway_error, "ToolExecutionError"},
      {discovery_error, mcp_gateway_error, "DiscoveryError"},
      {configuration_error, mcp_gateway_error, "ConfigurationError"},
      {network_error, mcp_gateway_error, "NetworkError"},
      {system_error, mcp_gateway_error, "SystemError"},
      {timeout_error, mcp_gateway_error, "TimeoutError"},
  }};
}();

constexpr const ClassRow& row_of(ErrorClass error_class) {
  return classes[static_cast<std::size_t>(error_class)];
}

constexpr bool bases_come_first() {
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (classes[i].self != static_cast<ErrorClass>(i) || classes[i].base > classes[i].self) return false;
  }
  return true;
}
static_assert(bases_come_first(), "so that every walk to the root ends");

ErrorClass implied_by_kind(const Error& error) noexcept {
  switch (error.kind()) {
    case Kind::toolkit_load_failed:
      return ErrorClass::toolkit_load_error;
    case Kind::tool_definition_bad_definition:
      return ErrorClass::tool_definition_error;
    case Kind::tool_definition_bad_input_schema:
      return ErrorClass::tool_input_schema_error;
    case Kind::tool_definition_bad_output_schema:
      return ErrorClass::tool_output_schema_error;
    case Kind::tool_runtime_bad_input_value:
      return ErrorClass::tool_input_error;
    case Kind::tool_runtime_bad_output_value:
      return ErrorClass::tool_output_error;
    case Kind::tool_runtime_retry:
      return ErrorClass::retryable_tool_error;
    case Kind::tool_runtime_context_required:
      return ErrorClass::context_required_tool_error;
    case Kind::tool_runtime_fatal:
      return error.status_code() ? ErrorClass::fatal_tool_error : ErrorClass::tool_execution_error;
    case Kind::upstream_runtime_rate_limit:
      return ErrorClass::upstream_rate_limit_error;
    default:
      if (is_upstream_error(error.kind())) return ErrorClass::upstream_error;
      if (is_network_transport_error(error.kind()) && !error.status_code())
        return ErrorClass::network_transport_error;
      return ErrorClass::tool_execution_error;
  }
}

// What some classes promise of their kind and status holds however the error was changed since.
bool keeps_promise(const Error& error, ErrorClass error_class) noexcept {
  if (error_class == ErrorClass::network_transport_error)
    return is_network_transport_error(error.kind()) && !error.status_code();
  if (error_class == ErrorClass::upstream_rate_limit_error)
    return error.kind() == Kind::upstream_runtime_rate_limit;
  return !is_a(error_class, ErrorClass::upstream_error) || is_upstream_error(error.kind());
}

}  // namespace

std::string_view name(ErrorClass error_class) noexcept {
  return row_of(error_class).name;
}

std::optional<ErrorClass> base_of(ErrorClass error_class) noexcept {
  const ClassRow& row = row_of(error_class);
  if (row.base == row.self) return std::nullopt;
  return row.base;
}

bool is_a(ErrorClass error_class, ErrorClass base) noexcept {
  while (error_class != base) {
    const std::optional<ErrorClass> next = base_of(error_class);
    if (!next) return false;
    error_class = *next;
  }
  return true;
}

ErrorClass class_of(const Error& error) noexcept {
  const Authored* authored = error.authored();
  const bool as_raised = authored != nullptr && keeps_promise(error, authored->error_class);
  return as_raised ? authored->error_class : implied_by_kind(error);
}

ErrorClass gateway_class(Code code) noexcept {
  const CatalogRow& entry = row(code);
  if (entry.full_name.ends_with("_TIMEOUT")) return ErrorClass::timeout_error;
  switch (entry.family) {
    case Family::auth:
      return ErrorClass::authentication_error;
    case Family::guard:
      return ErrorClass::guardrail_error;
    case Family::tool:
      return ErrorClass::gateway_tool_execution_error;
    case Family::disc:
      return ErrorClass::discovery_error;
    case Family::config:
      return ErrorClass::configuration_error;
    case Family::net:
      return ErrorClass::network_error;
    case Family::sys:
      return ErrorClass::system_error;
    default:
      return ErrorClass::mcp_gateway_error;
  }
}

}  // namespace sallyport
