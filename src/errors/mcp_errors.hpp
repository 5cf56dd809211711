// What the framework's server raises: a tree of its own, whose classes differ in name only.
#pragma once

#include "errors/typed_error.hpp"

#include <string_view>
#include <utility>

namespace sallyport {

// Any failure of the framework's server.
class MCPError : public TypedError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::mcp_error;
  explicit MCPError(std::string_view message);
  MCPError(detail::Adopt, Error error) : TypedError(std::move(error)) {}
};

class MCPRuntimeError : public MCPError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::mcp_runtime_error;
  explicit MCPRuntimeError(std::string_view message);
  MCPRuntimeError(detail::Adopt key, Error error) : MCPError(key, std::move(error)) {}
};

// The server itself failed.
class ServerError : public MCPRuntimeError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::server_error;
  explicit ServerError(std::string_view message);
  ServerError(detail::Adopt key, Error error) : MCPRuntimeError(key, std::move(error)) {}
};

// Something is wrong with the session.
class SessionError : public ServerError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::session_error;
  explicit SessionError(std::string_view message);
  SessionError(detail::Adopt key, Error error) : ServerError(key, std::move(error)) {}
};

// The client never said that it can ask its user.
class ElicitationNotSupportedError : public SessionError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::elicitation_not_supported_error;
  explicit ElicitationNotSupportedError(std::string_view message);
  ElicitationNotSupportedError(detail::Adopt key, Error error) : SessionError(key, std::move(error)) {}
};

// It can, but not by this mode (form or url).
class ElicitationModeNotSupportedError : public SessionError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::elicitation_mode_not_supported_error;
  explicit ElicitationModeNotSupportedError(std::string_view message);
  ElicitationModeNotSupportedError(detail::Adopt key, Error error) : SessionError(key, std::move(error)) {}
};

// A request to the client before it had said `initialized`.
class SessionNotInitializedError : public SessionError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::session_not_initialized_error;
  explicit SessionNotInitializedError(std::string_view message);
  SessionNotInitializedError(detail::Adopt key, Error error) : SessionError(key, std::move(error)) {}
};

// A request between client and server was refused.
class RequestError : public ServerError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::request_error;
  explicit RequestError(std::string_view message);
  RequestError(detail::Adopt key, Error error) : ServerError(key, std::move(error)) {}
};

// One that the server sent to the client.
class ServerRequestError : public RequestError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::server_request_error;
  explicit ServerRequestError(std::string_view message);
  ServerRequestError(detail::Adopt key, Error error) : RequestError(key, std::move(error)) {}
};

// An answer that could not be used.
class ResponseError : public ServerError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::response_error;
  explicit ResponseError(std::string_view message);
  ResponseError(detail::Adopt key, Error error) : ServerError(key, std::move(error)) {}
};

// Starting or stopping the server failed.
class LifespanError : public ServerError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::lifespan_error;
  explicit LifespanError(std::string_view message);
  LifespanError(detail::Adopt key, Error error) : ServerError(key, std::move(error)) {}
};

// The connection failed.
class TransportError : public MCPRuntimeError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::transport_error;
  explicit TransportError(std::string_view message);
  TransportError(detail::Adopt key, Error error) : MCPRuntimeError(key, std::move(error)) {}
};

// What came is not MCP.
class ProtocolError : public MCPRuntimeError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::protocol_error;
  explicit ProtocolError(std::string_view message);
  ProtocolError(detail::Adopt key, Error error) : MCPRuntimeError(key, std::move(error)) {}
};

// Something that a tool asked of its context failed.
class MCPContextError : public MCPError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::mcp_context_error;
  explicit MCPContextError(std::string_view message);
  MCPContextError(detail::Adopt key, Error error) : MCPError(key, std::move(error)) {}
};

class NotFoundError : public MCPContextError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::not_found_error;
  explicit NotFoundError(std::string_view message);
  NotFoundError(detail::Adopt key, Error error) : MCPContextError(key, std::move(error)) {}
};

class AuthorizationError : public MCPContextError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::authorization_error;
  explicit AuthorizationError(std::string_view message);
  AuthorizationError(detail::Adopt key, Error error) : MCPContextError(key, std::move(error)) {}
};

class PromptError : public MCPContextError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::prompt_error;
  explicit PromptError(std::string_view message);
  PromptError(detail::Adopt key, Error error) : MCPContextError(key, std::move(error)) {}
};

class ResourceError : public MCPContextError {
 public:
  static constexpr ErrorClass class_id = ErrorClass::resource_error;
  explicit ResourceError(std::string_view message);
  ResourceError(detail::Adopt key, Error error) : MCPContextError(key, std::move(error)) {}
};

}  // namespace sallyport
