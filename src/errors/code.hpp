// The closed set of what can fail in our system: where it failed and what we do about it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport {

// Named by the full name; the wire name (`TOOL_006`), the family and everything else that follows from a code
// stand in its row of errors/catalog.hpp. The order is the order of the catalog.
enum class Code : std::uint8_t {
  // AUTH
  auth_invalid_credentials,
  auth_token_expired,
  auth_insufficient_permissions,
  auth_rate_limited,
  auth_provider_error,
  auth_timeout,
  auth_network_error,
  auth_config_error,
  auth_unauthorized,
  // GUARD
  guardrail_api_error,
  guardrail_validation_failed,
  guardrail_pii_detected,
  guardrail_policy_violation,
  guardrail_timeout,
  guardrail_provider_error,
  guardrail_validation_error,
  guardrail_unauthorized,
  guardrail_network_error,
  // TOOL
  tool_execution_failed,
  tool_not_found,
  tool_invalid_args,
  tool_timeout,
  tool_permission_denied,
  tool_server_unavailable,
  // DISC
  discovery_failed,
  discovery_server_unavailable,
  discovery_tool_validation_failed,
  discovery_config_error,
  discovery_timeout,
  discovery_network_error,
  discovery_auth_failed,
  // CONFIG
  config_invalid,
  config_missing_required,
  config_provider_error,
  config_validation_failed,
  // NET
  network_timeout,
  network_connection_failed,
  network_ssl_error,
  network_dns_error,
  network_unreachable,
  network_protocol_error,
  // SYS
  system_internal_error,
  system_resource_exhausted,
  system_maintenance,
  system_unavailable,
  system_operation_failed,
  // TELEM
  telemetry_provider_error,
  telemetry_export_failed,
  telemetry_config_error,
  // CACHE
  cache_connection_failed,
  cache_operation_failed,
  cache_serialization_error,
  // PROTO
  proto_parse_error,
  proto_invalid_request,
  proto_method_not_found,
  proto_invalid_params,
  proto_header_mismatch,
  proto_missing_client_capability,
  proto_unsupported_version,
  proto_session_unknown,
  proto_resource_not_found,
  proto_prompt_not_found,
  proto_invalid_cursor,
  proto_invalid_request_state,
  proto_cancelled,
  proto_url_elicitation_required,
  proto_not_acceptable,
  proto_unsupported_media_type,
  proto_origin_forbidden,
  proto_cannot_bridge,
  proto_too_many_hops,
  proto_event_unknown,
  proto_task_not_found,
  proto_task_support,
  proto_question_unanswered,
  // LIMIT
  limit_rate_limited,
  limit_upstream_rate_limited,
  limit_concurrency,
  limit_quota,
  limit_request_too_large,
  limit_result_too_large,
  limit_too_many_sessions,
  limit_draining,
  limit_deadline_exhausted,
  limit_answer_not_kept,
  limit_too_many_subscriptions,
  limit_too_many_instances,
  limit_too_many_tasks,
  limit_too_many_suspended,
  // RECOVERY (marks on a degraded success, never failures)
  recovery_stale_list,
  recovery_fallback_used,
  recovery_failed_open,
  recovery_session_reset,
  // POLICY
  policy_tool_denied,
  policy_arguments_denied,
  policy_approval_required,
  policy_approval_denied,
  policy_definition_changed,
  policy_flow_denied,
};

inline constexpr std::size_t code_count = static_cast<std::size_t>(Code::policy_flow_denied) + 1;

// "TOOL_006".
std::string_view wire_name(Code code) noexcept;

// "TOOL_SERVER_UNAVAILABLE".
std::string_view full_name(Code code) noexcept;

// Takes either name, exactly as the two functions above give it.
std::optional<Code> parse_code(std::string_view name) noexcept;

}  // namespace sallyport
