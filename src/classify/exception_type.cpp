#include "base/strings.hpp"
#include "classify/errno.hpp"
#include "classify/exception.hpp"
#include "errors/exceptions.hpp"
#include "errors/redact.hpp"

#include <algorithm>
#include <array>

namespace sallyport::classify {
namespace {

constexpr std::size_t max_type_bytes = 128;
constexpr int unknown_status = 500;
constexpr std::int64_t standard_wait_ms = 1000;

struct OwnClass {
  std::string_view name;
  Error (*make)(const RaisedType&);
};

template <class T>
Error bare(const RaisedType&) {
  return T("").error();
}

template <class T, Code code>
Error with_code(const RaisedType&) {
  return T(code, "").error();
}

// The classes that can be thrown; a name that two trees have is the framework's unless it says otherwise.
constexpr auto own_classes = std::to_array<OwnClass>({
    {"ToolkitLoadError", bare<ToolkitLoadError>},
    {"ToolDefinitionError", bare<ToolDefinitionError>},
    {"ToolInputSchemaError", bare<ToolInputSchemaError>},
    {"ToolOutputSchemaError", bare<ToolOutputSchemaError>},
    {"ToolRuntimeError", bare<ToolRuntimeError>},
    {"ToolSerializationError", bare<ToolSerializationError>},
    {"ToolInputError", bare<ToolInputError>},
    {"ToolOutputError", bare<ToolOutputError>},
    {"ToolExecutionError", bare<ToolExecutionError>},
    {"RetryableToolError", bare<RetryableToolError>},
    {"ContextRequiredToolError", [](const RaisedType&) { return ContextRequiredToolError("", "").error(); }},
    {"FatalToolError", bare<FatalToolError>},
    {"UpstreamError",
     [](const RaisedType& raised) {
       return UpstreamError("", raised.status.value_or(unknown_status)).error();
     }},
    {"UpstreamRateLimitError",
     [](const RaisedType&) { return UpstreamRateLimitError("", standard_wait_ms).error(); }},
    {"NetworkTransportError", bare<NetworkTransportError>},
    {"MCPError", bare<MCPError>},
    {"MCPRuntimeError", bare<MCPRuntimeError>},
    {"ServerError", bare<ServerError>},
    {"SessionError", bare<SessionError>},
    {"ElicitationNotSupportedError", bare<ElicitationNotSupportedError>},
    {"ElicitationModeNotSupportedError", bare<ElicitationModeNotSupportedError>},
    {"SessionNotInitializedError", bare<SessionNotInitializedError>},
    {"RequestError", bare<RequestError>},
    {"ServerRequestError", bare<ServerRequestError>},
    {"ResponseError", bare<ResponseError>},
    {"LifespanError", bare<LifespanError>},
    {"TransportError", bare<TransportError>},
    {"ProtocolError", bare<ProtocolError>},
    {"MCPContextError", bare<MCPContextError>},
    {"NotFoundError", bare<NotFoundError>},
    {"AuthorizationError", bare<AuthorizationError>},
    {"PromptError", bare<PromptError>},
    {"ResourceError", bare<ResourceError>},
    {"MCPGatewayError", with_code<envelope::MCPGatewayError, Code::system_internal_error>},
    {"AuthenticationError", with_code<envelope::AuthenticationError, Code::auth_invalid_credentials>},
    {"GuardrailError", with_code<envelope::GuardrailError, Code::guardrail_api_error>},
    {"envelope::ToolExecutionError", with_code<envelope::ToolExecutionError, Code::tool_execution_failed>},
    {"DiscoveryError", with_code<envelope::DiscoveryError, Code::discovery_failed>},
    {"ConfigurationError", with_code<envelope::ConfigurationError, Code::config_invalid>},
    {"NetworkError", with_code<envelope::NetworkError, Code::network_connection_failed>},
    {"SystemError", with_code<envelope::SystemError, Code::system_internal_error>},
    {"TimeoutError",
     [](const RaisedType&) {
       return envelope::TimeoutError(Code::network_timeout, "", 0, "network").error();
     }},
});

constexpr auto memory_errors = std::to_array<std::string_view>({"bad_alloc", "bad_array_new_length"});
constexpr auto system_errors =
    std::to_array<std::string_view>({"system_error", "filesystem_error", "failure"});

bool contains(std::span<const std::string_view> names, std::string_view name) noexcept {
  return std::ranges::find(names, name) != names.end();
}

std::string_view without_namespace(std::string_view type) noexcept {
  const std::size_t colons = type.rfind("::");
  return colons == type.npos ? type : type.substr(colons + 2);
}

const OwnClass* own_class(std::string_view type) noexcept {
  const auto named = [&](std::string_view name) {
    const auto found = std::ranges::find(own_classes, name, &OwnClass::name);
    return found != own_classes.end() ? &*found : nullptr;
  };
  if (type.ends_with("envelope::ToolExecutionError")) return named("envelope::ToolExecutionError");
  return named(without_namespace(type));
}

bool may_be_type(std::string_view type) {
  constexpr std::string_view others = "_:<>, *&";
  const bool plain = std::ranges::all_of(type, [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || others.contains(c);
  });
  return plain && !type.empty() && type.size() <= max_type_bytes && redact_text(type, max_type_bytes) == type;
}

std::string told(std::string_view type, std::string_view detail) {
  return std::string(type) + (detail.empty() ? " (no exception message)" : ": " + std::string(detail));
}

}  // namespace

std::string unhandled_message(std::string_view type) {
  const std::string_view shown = may_be_type(type) ? type : "exception";
  return "An unhandled " + std::string(shown) + " was raised by the tool.";
}

Error from_exception_type(const RaisedType& raised, const Context& context) {
  const std::string text = told(raised.name, context.detail);
  Context known = context;
  known.detail = text;
  const std::string_view name = without_namespace(raised.name);
  if (contains(memory_errors, name))
    return make_error(verdict_for(FailureClass::exhausted), known, "std::bad_alloc");
  if (contains(system_errors, name) && raised.os_errno.value_or(0) > 0)
    return from_errno(*raised.os_errno, known);
  const OwnClass* const own = own_class(raised.name);
  Error error = own != nullptr ? own->make(raised) : FatalToolError(unhandled_message(raised.name)).error();
  error.with_developer_message(text);
  error.with_executed(executed_without_answer(context, std::nullopt));
  if (context.phase) error.with_phase(*context.phase);
  return error;
}

}  // namespace sallyport::classify
