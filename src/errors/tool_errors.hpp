// What a tool raises: the framework's tree. `message` goes to the agent and must be safe to show;
// `developer_message` is where text written by others is kept, and never reaches a client.
#pragma once

#include "errors/typed_error.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace sallyport {

class ToolkitError : public TypedError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::toolkit_error;

  // `[KIND] Class …'name': ` in front of what is logged and of the developer message; the first name stays.
  void with_context(std::string_view name) { set_context(name); }

 protected:
  ToolkitError(detail::Adopt, Error error) : TypedError(std::move(error)) {}
};

class ToolkitLoadError final : public ToolkitError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::toolkit_load_error;
  explicit ToolkitLoadError(std::string_view message);
  ToolkitLoadError(detail::Adopt key, Error error) : ToolkitError(key, std::move(error)) {}
};

class ToolError : public ToolkitError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::tool_error;

 protected:
  ToolError(detail::Adopt key, Error error) : ToolkitError(key, std::move(error)) {}
};

class ToolDefinitionError : public ToolError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::tool_definition_error;
  explicit ToolDefinitionError(std::string_view message);
  ToolDefinitionError(detail::Adopt key, Error error) : ToolError(key, std::move(error)) {}
};

class ToolInputSchemaError : public ToolDefinitionError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::tool_input_schema_error;
  explicit ToolInputSchemaError(std::string_view message);
  ToolInputSchemaError(detail::Adopt key, Error error) : ToolDefinitionError(key, std::move(error)) {}
};

class ToolOutputSchemaError : public ToolDefinitionError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::tool_output_schema_error;
  explicit ToolOutputSchemaError(std::string_view message);
  ToolOutputSchemaError(detail::Adopt key, Error error) : ToolDefinitionError(key, std::move(error)) {}
};

// The kind is TOOL_RUNTIME_FATAL, and it is not repeated, unless a class below says otherwise.
class ToolRuntimeError : public ToolError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::tool_runtime_error;
  explicit ToolRuntimeError(std::string_view message, std::string_view developer_message = {},
                            const Extras& extra = {});
  ToolRuntimeError(detail::Adopt key, Error error) : ToolError(key, std::move(error)) {}
};

class ToolSerializationError : public ToolRuntimeError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::tool_serialization_error;
  explicit ToolSerializationError(std::string_view message, std::string_view developer_message = {},
                                  const Extras& extra = {});
  ToolSerializationError(detail::Adopt key, Error error) : ToolRuntimeError(key, std::move(error)) {}
};

// The arguments do not fit the tool. Status 400.
class ToolInputError : public ToolSerializationError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::tool_input_error;
  explicit ToolInputError(std::string_view message, std::string_view developer_message = {},
                          const Extras& extra = {});
  ToolInputError(detail::Adopt key, Error error) : ToolSerializationError(key, std::move(error)) {}
};

// What the tool returned does not fit what it promised. Status 500.
class ToolOutputError : public ToolSerializationError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::tool_output_error;
  explicit ToolOutputError(std::string_view message, std::string_view developer_message = {},
                           const Extras& extra = {});
  ToolOutputError(detail::Adopt key, Error error) : ToolSerializationError(key, std::move(error)) {}
};

class ToolExecutionError : public ToolRuntimeError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::tool_execution_error;
  explicit ToolExecutionError(std::string_view message, std::string_view developer_message = {},
                              const Extras& extra = {});
  ToolExecutionError(detail::Adopt key, Error error) : ToolRuntimeError(key, std::move(error)) {}
};

// The agent may try again, perhaps in another way: the prompt content says which.
class RetryableToolError : public ToolExecutionError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::retryable_tool_error;
  explicit RetryableToolError(std::string_view message, std::string_view developer_message = {},
                              std::string_view additional_prompt_content = {},
                              std::optional<std::int64_t> retry_after_ms = {}, const Extras& extra = {});
  RetryableToolError(detail::Adopt key, Error error) : ToolExecutionError(key, std::move(error)) {}
};

// The agent must ask the user for something: the prompt content says for what.
class ContextRequiredToolError : public ToolExecutionError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::context_required_tool_error;
  ContextRequiredToolError(std::string_view message, std::string_view additional_prompt_content,
                           std::string_view developer_message = {}, const Extras& extra = {});
  ContextRequiredToolError(detail::Adopt key, Error error) : ToolExecutionError(key, std::move(error)) {}
};

// No repetition will help. Status 500.
class FatalToolError : public ToolExecutionError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::fatal_tool_error;
  explicit FatalToolError(std::string_view message, std::string_view developer_message = {},
                          const Extras& extra = {});
  FatalToolError(detail::Adopt key, Error error) : ToolExecutionError(key, std::move(error)) {}
};

// A complete answer with a failing status: kind and can_retry follow from it (errors/http_status.hpp).
class UpstreamError : public ToolExecutionError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::upstream_error;
  UpstreamError(std::string_view message, int status_code, std::string_view developer_message = {},
                const Extras& extra = {});
  UpstreamError(detail::Adopt key, Error error) : ToolExecutionError(key, std::move(error)) {}
};

// Status 429, whatever the wire said. A negative time counts as none.
class UpstreamRateLimitError : public UpstreamError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::upstream_rate_limit_error;
  UpstreamRateLimitError(std::string_view message, std::int64_t retry_after_ms,
                         std::string_view developer_message = {}, const Extras& extra = {});
  UpstreamRateLimitError(detail::Adopt key, Error error) : UpstreamError(key, std::move(error)) {}
};

// No complete answer came, so there is never a status. Throws std::invalid_argument for a kind outside
// NETWORK_TRANSPORT_.
class NetworkTransportError : public ToolExecutionError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::network_transport_error;
  explicit NetworkTransportError(std::string_view message, std::string_view developer_message = {},
                                 Kind kind = Kind::network_transport_runtime_unmapped, bool can_retry = true,
                                 const Extras& extra = {});
  NetworkTransportError(detail::Adopt key, Error error) : ToolExecutionError(key, std::move(error)) {}
};

}  // namespace sallyport
