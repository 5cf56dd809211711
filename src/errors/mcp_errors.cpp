#include "errors/mcp_errors.hpp"

#include <string>

namespace sallyport {
namespace {

// The nearest code of ours; its kind comes with it.
constexpr Code code_of(ErrorClass error_class) {
  switch (error_class) {
    case ErrorClass::elicitation_not_supported_error:
    case ErrorClass::elicitation_mode_not_supported_error:
      return Code::proto_missing_client_capability;
    case ErrorClass::session_error:
      return Code::proto_session_unknown;
    case ErrorClass::session_not_initialized_error:
    case ErrorClass::protocol_error:
      return Code::proto_invalid_request;
    case ErrorClass::transport_error:
      return Code::network_connection_failed;
    case ErrorClass::not_found_error:
    case ErrorClass::resource_error:
      return Code::proto_resource_not_found;
    case ErrorClass::prompt_error:
      return Code::proto_prompt_not_found;
    case ErrorClass::authorization_error:
      return Code::auth_insufficient_permissions;
    case ErrorClass::server_request_error:
      return Code::proto_cannot_bridge;
    default:
      return Code::system_operation_failed;
  }
}

Error make(ErrorClass error_class, std::string_view message) {
  Error error(code_of(error_class));
  error.with_authored({.error_class = error_class, .message = std::string(message)});
  return error;
}

constexpr detail::Adopt whole = {};

}  // namespace

MCPError::MCPError(std::string_view message) : MCPError(whole, make(class_id, message)) {}

MCPRuntimeError::MCPRuntimeError(std::string_view message)
    : MCPRuntimeError(whole, make(class_id, message)) {}

ServerError::ServerError(std::string_view message) : ServerError(whole, make(class_id, message)) {}

SessionError::SessionError(std::string_view message) : SessionError(whole, make(class_id, message)) {}

ElicitationNotSupportedError::ElicitationNotSupportedError(std::string_view message)
    : ElicitationNotSupportedError(whole, make(class_id, message)) {}

ElicitationModeNotSupportedError::ElicitationModeNotSupportedError(std::string_view message)
    : ElicitationModeNotSupportedError(whole, make(class_id, message)) {}

SessionNotInitializedError::SessionNotInitializedError(std::string_view message)
    : SessionNotInitializedError(whole, make(class_id, message)) {}

RequestError::RequestError(std::string_view message) : RequestError(whole, make(class_id, message)) {}

ServerRequestError::ServerRequestError(std::string_view message)
    : ServerRequestError(whole, make(class_id, message)) {}

ResponseError::ResponseError(std::string_view message) : ResponseError(whole, make(class_id, message)) {}

LifespanError::LifespanError(std::string_view message) : LifespanError(whole, make(class_id, message)) {}

TransportError::TransportError(std::string_view message) : TransportError(whole, make(class_id, message)) {}

ProtocolError::ProtocolError(std::string_view message) : ProtocolError(whole, make(class_id, message)) {}

MCPContextError::MCPContextError(std::string_view message)
    : MCPContextError(whole, make(class_id, message)) {}

NotFoundError::NotFoundError(std::string_view message) : NotFoundError(whole, make(class_id, message)) {}

AuthorizationError::AuthorizationError(std::string_view message)
    : AuthorizationError(whole, make(class_id, message)) {}

PromptError::PromptError(std::string_view message) : PromptError(whole, make(class_id, message)) {}

ResourceError::ResourceError(std::string_view message) : ResourceError(whole, make(class_id, message)) {}

}  // namespace sallyport
