#include "errors/exceptions.hpp"

#include <array>

namespace sallyport {
namespace {

using Thrower = void (*)(const Error&);

template <class T>
void throw_as(const Error& error) {
  throw from_error<T>(error);
}

struct Row {
  ErrorClass error_class;
  Thrower thrower;
};

template <class T>
constexpr Row row_of() {
  return {T::class_id, throw_as<T>};
}

// In the order of ErrorClass. An error is never of an abstract class: what was raised as one of its own is
// thrown as the nearest that can be.
constexpr std::array<Row, error_class_count> throwers = {{
    {ErrorClass::toolkit_error, throw_as<ToolExecutionError>},
    row_of<ToolkitLoadError>(),
    {ErrorClass::tool_error, throw_as<ToolExecutionError>},
    row_of<ToolDefinitionError>(),
    row_of<ToolInputSchemaError>(),
    row_of<ToolOutputSchemaError>(),
    row_of<ToolRuntimeError>(),
    row_of<ToolSerializationError>(),
    row_of<ToolInputError>(),
    row_of<ToolOutputError>(),
    row_of<ToolExecutionError>(),
    row_of<RetryableToolError>(),
    row_of<ContextRequiredToolError>(),
    row_of<FatalToolError>(),
    row_of<UpstreamError>(),
    row_of<UpstreamRateLimitError>(),
    row_of<NetworkTransportError>(),
    row_of<MCPError>(),
    row_of<MCPRuntimeError>(),
    row_of<ServerError>(),
    row_of<SessionError>(),
    row_of<ElicitationNotSupportedError>(),
    row_of<ElicitationModeNotSupportedError>(),
    row_of<SessionNotInitializedError>(),
    row_of<RequestError>(),
    row_of<ServerRequestError>(),
    row_of<ResponseError>(),
    row_of<LifespanError>(),
    row_of<TransportError>(),
    row_of<ProtocolError>(),
    row_of<MCPContextError>(),
    row_of<NotFoundError>(),
    row_of<AuthorizationError>(),
    row_of<PromptError>(),
    row_of<ResourceError>(),
    row_of<envelope::MCPGatewayError>(),
    row_of<envelope::AuthenticationError>(),
    row_of<envelope::GuardrailError>(),
    row_of<envelope::ToolExecutionError>(),
    row_of<envelope::DiscoveryError>(),
    row_of<envelope::ConfigurationError>(),
    row_of<envelope::NetworkError>(),
    row_of<envelope::SystemError>(),
    row_of<envelope::TimeoutError>(),
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < throwers.size(); ++i) {
    if (throwers[i].error_class != static_cast<ErrorClass>(i)) return false;
  }
  return true;
}
static_assert(is_in_order());

}  // namespace

void throw_error(const Error& error) {
  throwers[static_cast<std::size_t>(class_of(error))].thrower(error);
  std::unreachable();
}

}  // namespace sallyport
