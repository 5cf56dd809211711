// Who failed, when, and in what way: the framework's vocabulary, and ours for what the gateway itself
// decides.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport {

// The string value of a kind is its name in upper case (`TOOL_RUNTIME_FATAL`).
enum class Kind : std::uint8_t {
  toolkit_load_failed,
  tool_definition_bad_definition,
  tool_definition_bad_input_schema,
  tool_definition_bad_output_schema,
  tool_runtime_bad_input_value,
  tool_runtime_bad_output_value,
  tool_runtime_retry,
  tool_runtime_context_required,
  tool_runtime_fatal,
  upstream_runtime_bad_request,
  upstream_runtime_auth_error,
  upstream_runtime_not_found,
  upstream_runtime_validation_error,
  upstream_runtime_rate_limit,
  upstream_runtime_server_error,
  upstream_runtime_unmapped,
  network_transport_runtime_timeout,
  network_transport_runtime_unreachable,
  network_transport_runtime_unmapped,
  unknown,
  gateway_runtime_auth_error,
  gateway_runtime_policy_denied,
  gateway_runtime_guardrail_blocked,
  gateway_runtime_rate_limit,
  gateway_runtime_overloaded,
  gateway_runtime_bad_request,
  gateway_runtime_not_found,
  gateway_runtime_cancelled,
  gateway_runtime_internal,
  gateway_config_invalid,
};

inline constexpr std::size_t kind_count = static_cast<std::size_t>(Kind::gateway_config_invalid) + 1;

std::string_view name(Kind kind) noexcept;
std::optional<Kind> parse_kind(std::string_view name) noexcept;

// Exactly one of these holds for a kind; none for Kind::unknown.
bool is_toolkit_error(Kind kind) noexcept;
bool is_tool_error(Kind kind) noexcept;
bool is_upstream_error(Kind kind) noexcept;
bool is_network_transport_error(Kind kind) noexcept;
bool is_gateway_error(Kind kind) noexcept;

}  // namespace sallyport
