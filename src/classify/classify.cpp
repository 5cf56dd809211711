#include "classify/classify.hpp"

#include <string>

namespace sallyport::classify {
namespace {

constexpr std::size_t index(Operation operation) noexcept {
  return static_cast<std::size_t>(operation);
}
constexpr std::size_t index(FailureClass failure) noexcept {
  return static_cast<std::size_t>(failure);
}

using Column = std::array<Code, operation_count>;

// In the order of Operation: none, tool_call, discovery, guardrail, auth, cache, telemetry.
constexpr std::array<Column, failure_class_count> codes = [] {
  using enum Code;
  std::array<Column, failure_class_count> table{};
  const auto set = [&](FailureClass failure, Column column) { table[index(failure)] = column; };
  const auto transport = [&](FailureClass failure, Code own) {
    set(failure, {own, own, discovery_network_error, guardrail_network_error, auth_network_error,
                  cache_connection_failed, telemetry_export_failed});
  };
  set(FailureClass::timeout, {network_timeout, network_timeout, discovery_timeout, guardrail_timeout,
                              auth_timeout, cache_operation_failed, telemetry_export_failed});
  transport(FailureClass::connection, network_connection_failed);
  transport(FailureClass::tls, network_ssl_error);
  transport(FailureClass::dns, network_dns_error);
  transport(FailureClass::unreachable, network_unreachable);
  transport(FailureClass::protocol, network_protocol_error);
  // Says the same whatever we were doing, but for the two whose failures must stay without consequence.
  set(FailureClass::too_large,
      {limit_result_too_large, limit_result_too_large, limit_result_too_large, limit_result_too_large,
       limit_result_too_large, cache_operation_failed, telemetry_export_failed});
  set(FailureClass::access_denied,
      {tool_permission_denied, tool_permission_denied, discovery_auth_failed, guardrail_unauthorized,
       auth_provider_error, cache_connection_failed, telemetry_config_error});
  set(FailureClass::rate_limited,
      {limit_upstream_rate_limited, limit_upstream_rate_limited, discovery_server_unavailable,
       guardrail_provider_error, auth_provider_error, cache_operation_failed, telemetry_export_failed});
  set(FailureClass::unavailable,
      {tool_server_unavailable, tool_server_unavailable, discovery_server_unavailable,
       guardrail_provider_error, auth_provider_error, cache_connection_failed, telemetry_export_failed});
  const Column other = {tool_execution_failed,   tool_execution_failed, discovery_failed,
                        guardrail_api_error,     auth_provider_error,   cache_operation_failed,
                        telemetry_provider_error};
  set(FailureClass::other, other);
  set(FailureClass::misuse, other);
  set(FailureClass::local, other);
  table[index(FailureClass::local)][index(Operation::none)] = system_operation_failed;
  set(FailureClass::encoding, other);
  table[index(FailureClass::encoding)][index(Operation::cache)] = cache_serialization_error;
  table[index(FailureClass::exhausted)].fill(system_resource_exhausted);
  table[index(FailureClass::cancelled)].fill(proto_cancelled);
  return table;
}();

constexpr std::array<Verdict, failure_class_count> class_verdicts = [] {
  using enum Kind;
  std::array<Verdict, failure_class_count> table{};
  const auto set = [&](FailureClass failure, Kind kind, bool can_retry, std::optional<Phase> phase = {}) {
    table[index(failure)] = {failure, kind, can_retry, phase};
  };
  set(FailureClass::timeout, network_transport_runtime_timeout, true);
  set(FailureClass::connection, network_transport_runtime_unreachable, true);
  set(FailureClass::tls, tool_runtime_fatal, false, Phase::tls);
  set(FailureClass::dns, network_transport_runtime_unreachable, true, Phase::resolve);
  set(FailureClass::unreachable, network_transport_runtime_unreachable, true);
  set(FailureClass::protocol, network_transport_runtime_unreachable, true);
  set(FailureClass::too_large, network_transport_runtime_unmapped, false);
  set(FailureClass::access_denied, upstream_runtime_auth_error, false);
  set(FailureClass::rate_limited, upstream_runtime_rate_limit, true);
  set(FailureClass::unavailable, network_transport_runtime_unreachable, true);
  set(FailureClass::encoding, network_transport_runtime_unmapped, true);
  set(FailureClass::misuse, tool_runtime_fatal, false);
  set(FailureClass::local, tool_runtime_fatal, false);
  set(FailureClass::exhausted, network_transport_runtime_unmapped, true);
  set(FailureClass::cancelled, gateway_runtime_cancelled, false);
  set(FailureClass::other, network_transport_runtime_unmapped, true);
  return table;
}();

static_assert(
    [] {
      for (std::size_t i = 0; i < failure_class_count; ++i) {
        if (index(class_verdicts[i].failure) != i || class_verdicts[i].kind == Kind::unknown) return false;
      }
      return true;
    }(),
    "a failure class without a verdict");

constexpr std::array<std::string_view, operation_count> operation_names = {
    "none", "tool_call", "discovery", "guardrail", "auth", "cache", "telemetry"};

constexpr std::array<std::string_view, failure_class_count> failure_class_names = {
    "timeout",   "connection",    "tls",          "dns",         "unreachable", "protocol",
    "too_large", "access_denied", "rate_limited", "unavailable", "encoding",    "misuse",
    "local",     "exhausted",     "cancelled",    "other"};

constexpr bool before_sending(Phase phase) noexcept {
  return phase <= Phase::tls;
}

// Whoever may have reached the tool is told that the tool timed out: where nobody knows how far it came, it
// may run, and only what ended before the last byte was sent did not.
bool is_sent(const Context& context, std::optional<Phase> phase) noexcept {
  if (context.handed_over) return *context.handed_over;
  if (context.executed && *context.executed != Executed::maybe) return *context.executed == Executed::yes;
  return !phase || *phase >= Phase::wait;
}

Verdict after_abort(Verdict verdict, const Context& context) noexcept {
  if (!context.aborted_by) return verdict;
  switch (*context.aborted_by) {
    case AbortedBy::client:
      return verdict_for(FailureClass::cancelled);
    case AbortedBy::deadline:
      return verdict_for(FailureClass::timeout);
    case AbortedBy::limit:
      return verdict_for(FailureClass::too_large);
  }
  return verdict;
}

}  // namespace

std::string_view name(Operation operation) noexcept {
  return operation_names[index(operation)];
}

Operation operation_of(protocol::Method method) noexcept {
  switch (method) {
    case protocol::Method::tools_call:
      return Operation::tool_call;
    case protocol::Method::prompts_get:
    case protocol::Method::resources_read:
    case protocol::Method::completion_complete:
      return Operation::none;
    default:
      return Operation::discovery;
  }
}

std::string_view name(FailureClass failure) noexcept {
  return failure_class_names[index(failure)];
}

Code code_for(Operation operation, FailureClass failure, bool sent, bool from_config) noexcept {
  if (failure == FailureClass::timeout && operation == Operation::tool_call && sent)
    return Code::tool_timeout;
  if (failure == FailureClass::misuse && from_config) return Code::config_invalid;
  return codes[index(failure)][index(operation)];
}

Verdict verdict_for(FailureClass failure) noexcept {
  return class_verdicts[index(failure)];
}

Executed executed_without_answer(const Context& context, std::optional<Phase> implied) noexcept {
  if (context.executed) return *context.executed;
  if (context.handed_over) return *context.handed_over ? Executed::maybe : Executed::no;
  const std::optional<Phase> phase = context.phase ? context.phase : implied;
  return phase && before_sending(*phase) ? Executed::no : Executed::maybe;
}

Error make_error(Verdict verdict, const Context& context, std::string_view error_type) {
  verdict = after_abort(verdict, context);
  const std::optional<Phase> phase = context.phase ? context.phase : verdict.phase;
  Error error(code_for(context.operation, verdict.failure, is_sent(context, phase), context.from_config),
              context.where);
  error.with_kind(verdict.kind)
      .with_can_retry(verdict.can_retry)
      .with_executed(executed_without_answer(context, verdict.phase));
  if (phase) error.with_phase(*phase);
  if (verdict.kind == Kind::tool_runtime_fatal) error.with_status_code(500);
  if (!context.detail.empty()) error.with_developer_message(context.detail);
  if (!error_type.empty()) error.with_extra("error_type", std::string(error_type));
  return error;
}

Error make_error(FailureClass failure, const Context& context) {
  return make_error(verdict_for(failure), context);
}

Error pool_exhausted(const Context& context) {
  Verdict verdict = verdict_for(FailureClass::timeout);
  verdict.phase = Phase::connect;
  Context unsent = context;
  unsent.executed = Executed::no;
  return make_error(verdict, unsent, "pool_exhausted");
}

}  // namespace sallyport::classify
