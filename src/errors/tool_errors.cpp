#include "errors/tool_errors.hpp"

#include "errors/http_status.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

namespace sallyport {
namespace {

struct Traits {
  ErrorClass error_class;
  Code code;
  Kind kind;
  bool can_retry = false;
  std::optional<int> status_code = {};
};

Error make(const Traits& traits, std::string_view message, std::string_view developer_message = {},
           const Extras& extra = {}, std::string_view prompt = {}) {
  Error error(traits.code);
  error.with_kind(traits.kind).with_can_retry(traits.can_retry);
  if (traits.status_code) error.with_status_code(*traits.status_code);
  if (!developer_message.empty()) error.with_developer_message(developer_message);
  for (const Extra& entry : extra) error.with_extra(entry.key, entry.value);
  error.with_authored({.error_class = traits.error_class,
                       .message = std::string(message),
                       .additional_prompt_content = std::string(prompt)});
  return error;
}

constexpr Traits fatal(ErrorClass error_class) {
  return {error_class, Code::tool_execution_failed, Kind::tool_runtime_fatal};
}

// What a tool call that ended with this status is to us (errors.md section 4, the row of no operation).
constexpr Code code_of_status(int status) {
  switch (status) {
    case 401:
    case 403:
      return Code::tool_permission_denied;
    case 408:
      return Code::network_timeout;
    case 429:
      return Code::limit_upstream_rate_limited;
    case 502:
    case 503:
    case 504:
      return Code::tool_server_unavailable;
    default:
      return Code::tool_execution_failed;
  }
}

Traits upstream(int status) {
  return {ErrorClass::upstream_error, code_of_status(status), kind_of_status(status),
          is_transient_status(status), status};
}

Traits transport(Kind kind, bool can_retry) {
  if (!is_network_transport_error(kind))
    throw std::invalid_argument("NetworkTransportError kind must start with 'NETWORK_TRANSPORT_', got '" +
                                std::string(name(kind)) + "'");
  Code code = Code::network_protocol_error;
  if (kind == Kind::network_transport_runtime_timeout) code = Code::network_timeout;
  if (kind == Kind::network_transport_runtime_unreachable) code = Code::network_connection_failed;
  return {ErrorClass::network_transport_error, code, kind, can_retry};
}

Error waiting(Error error, std::optional<std::int64_t> retry_after_ms) {
  if (retry_after_ms) error.with_retry_after(std::chrono::milliseconds(*retry_after_ms));
  return error;
}

constexpr detail::Adopt whole = {};

}  // namespace

ToolkitLoadError::ToolkitLoadError(std::string_view message)
    : ToolkitLoadError(whole, make({class_id, Code::discovery_failed, Kind::toolkit_load_failed}, message)) {}

ToolDefinitionError::ToolDefinitionError(std::string_view message)
    : ToolDefinitionError(whole, make({class_id, Code::discovery_tool_validation_failed,
                                       Kind::tool_definition_bad_definition},
                                      message)) {}

ToolInputSchemaError::ToolInputSchemaError(std::string_view message)
    : ToolInputSchemaError(whole, make({class_id, Code::discovery_tool_validation_failed,
                                        Kind::tool_definition_bad_input_schema},
                                       message)) {}

ToolOutputSchemaError::ToolOutputSchemaError(std::string_view message)
    : ToolOutputSchemaError(whole, make({class_id, Code::discovery_tool_validation_failed,
                                         Kind::tool_definition_bad_output_schema},
                                        message)) {}

ToolRuntimeError::ToolRuntimeError(std::string_view message, std::string_view developer_message,
                                   const Extras& extra)
    : ToolRuntimeError(whole, make(fatal(class_id), message, developer_message, extra)) {}

ToolSerializationError::ToolSerializationError(std::string_view message, std::string_view developer_message,
                                               const Extras& extra)
    : ToolSerializationError(whole, make(fatal(class_id), message, developer_message, extra)) {}

ToolInputError::ToolInputError(std::string_view message, std::string_view developer_message,
                               const Extras& extra)
    : ToolInputError(whole,
                     make({class_id, Code::tool_invalid_args, Kind::tool_runtime_bad_input_value, false, 400},
                          message, developer_message, extra)) {}

ToolOutputError::ToolOutputError(std::string_view message, std::string_view developer_message,
                                 const Extras& extra)
    : ToolOutputError(whole, make({class_id, Code::tool_execution_failed, Kind::tool_runtime_bad_output_value,
                                   false, 500},
                                  message, developer_message, extra)) {}

ToolExecutionError::ToolExecutionError(std::string_view message, std::string_view developer_message,
                                       const Extras& extra)
    : ToolExecutionError(whole, make(fatal(class_id), message, developer_message, extra)) {}

RetryableToolError::RetryableToolError(std::string_view message, std::string_view developer_message,
                                       std::string_view additional_prompt_content,
                                       std::optional<std::int64_t> retry_after_ms, const Extras& extra)
    : RetryableToolError(whole,
                         waiting(make({class_id, Code::tool_execution_failed, Kind::tool_runtime_retry, true},
                                      message, developer_message, extra, additional_prompt_content),
                                 retry_after_ms)) {}

ContextRequiredToolError::ContextRequiredToolError(std::string_view message,
                                                   std::string_view additional_prompt_content,
                                                   std::string_view developer_message, const Extras& extra)
    : ContextRequiredToolError(
          whole, make({class_id, Code::tool_execution_failed, Kind::tool_runtime_context_required}, message,
                      developer_message, extra, additional_prompt_content)) {}

FatalToolError::FatalToolError(std::string_view message, std::string_view developer_message,
                               const Extras& extra)
    : FatalToolError(
          whole, make({class_id, Code::tool_execution_failed, Kind::tool_runtime_fatal, false, 500}, message,
                      developer_message, extra)) {}

UpstreamError::UpstreamError(std::string_view message, int status_code, std::string_view developer_message,
                             const Extras& extra)
    : UpstreamError(whole, make(upstream(status_code), message, developer_message, extra)) {}

UpstreamRateLimitError::UpstreamRateLimitError(std::string_view message, std::int64_t retry_after_ms,
                                               std::string_view developer_message, const Extras& extra)
    : UpstreamRateLimitError(whole, waiting(make({class_id, Code::limit_upstream_rate_limited,
                                                  Kind::upstream_runtime_rate_limit, true, 429},
                                                 message, developer_message, extra),
                                            retry_after_ms)) {}

NetworkTransportError::NetworkTransportError(std::string_view message, std::string_view developer_message,
                                             Kind kind, bool can_retry, const Extras& extra)
    : NetworkTransportError(whole, make(transport(kind, can_retry), message, developer_message, extra)) {}

}  // namespace sallyport
