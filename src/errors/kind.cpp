#include "errors/kind.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

constexpr std::array<std::string_view, kind_count> names = {
    "TOOLKIT_LOAD_FAILED",
    "TOOL_DEFINITION_BAD_DEFINITION",
    "TOOL_DEFINITION_BAD_INPUT_SCHEMA",
    "TOOL_DEFINITION_BAD_OUTPUT_SCHEMA",
    "TOOL_RUNTIME_BAD_INPUT_VALUE",
    "TOOL_RUNTIME_BAD_OUTPUT_VALUE",
    "TOOL_RUNTIME_RETRY",
    "TOOL_RUNTIME_CONTEXT_REQUIRED",
    "TOOL_RUNTIME_FATAL",
    "UPSTREAM_RUNTIME_BAD_REQUEST",
    "UPSTREAM_RUNTIME_AUTH_ERROR",
    "UPSTREAM_RUNTIME_NOT_FOUND",
    "UPSTREAM_RUNTIME_VALIDATION_ERROR",
    "UPSTREAM_RUNTIME_RATE_LIMIT",
    "UPSTREAM_RUNTIME_SERVER_ERROR",
    "UPSTREAM_RUNTIME_UNMAPPED",
    "NETWORK_TRANSPORT_RUNTIME_TIMEOUT",
    "NETWORK_TRANSPORT_RUNTIME_UNREACHABLE",
    "NETWORK_TRANSPORT_RUNTIME_UNMAPPED",
    "UNKNOWN",
    "GATEWAY_RUNTIME_AUTH_ERROR",
    "GATEWAY_RUNTIME_POLICY_DENIED",
    "GATEWAY_RUNTIME_GUARDRAIL_BLOCKED",
    "GATEWAY_RUNTIME_RATE_LIMIT",
    "GATEWAY_RUNTIME_OVERLOADED",
    "GATEWAY_RUNTIME_BAD_REQUEST",
    "GATEWAY_RUNTIME_NOT_FOUND",
    "GATEWAY_RUNTIME_CANCELLED",
    "GATEWAY_RUNTIME_INTERNAL",
    "GATEWAY_CONFIG_INVALID",
};

static_assert(names.back() == "GATEWAY_CONFIG_INVALID", "a kind lacks its name");

}  // namespace

std::string_view name(Kind kind) noexcept {
  return names[static_cast<std::size_t>(kind)];
}

std::optional<Kind> parse_kind(std::string_view name) noexcept {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Kind>(found - names.begin());
}

bool is_toolkit_error(Kind kind) noexcept {
  return name(kind).starts_with("TOOLKIT_");
}
bool is_tool_error(Kind kind) noexcept {
  return name(kind).starts_with("TOOL_");
}
bool is_upstream_error(Kind kind) noexcept {
  return name(kind).starts_with("UPSTREAM_");
}
bool is_network_transport_error(Kind kind) noexcept {
  return name(kind).starts_with("NETWORK_TRANSPORT_");
}
bool is_gateway_error(Kind kind) noexcept {
  return name(kind).starts_with("GATEWAY_");
}

}  // namespace sallyport
