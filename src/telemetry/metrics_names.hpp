// Every metric that the gateway has: name, labels, meaning. docs/metrics.md is made of this.
#pragma once

#include "telemetry/metrics.hpp"

#include <array>
#include <string>
#include <string_view>

namespace sallyport::telemetry {

namespace labels {
inline constexpr std::array<std::string_view, 3> server_tool_code = {"server", "tool", "code"};
inline constexpr std::array<std::string_view, 3> server_method_code = {"server", "method", "code"};
inline constexpr std::array<std::string_view, 4> strategy_outcome_code_operation = {"strategy", "outcome",
                                                                                    "code", "operation"};
inline constexpr std::array<std::string_view, 1> server = {"server"};
inline constexpr std::array<std::string_view, 2> server_kind = {"server", "kind"};
inline constexpr std::array<std::string_view, 3> era_method_status = {"era", "method", "status"};
inline constexpr std::array<std::string_view, 1> code = {"code"};
inline constexpr std::array<std::string_view, 1> outcome = {"outcome"};
inline constexpr std::array<std::string_view, 1> bound = {"bound"};
inline constexpr std::array<std::string_view, 1> version = {"version"};
inline constexpr std::array<std::string_view, 1> reason = {"reason"};
inline constexpr std::array<std::string_view, 1> signal = {"signal"};
inline constexpr std::array<std::string_view, 2> signal_code = {"signal", "code"};
inline constexpr std::array<std::string_view, 2> signal_reason = {"signal", "reason"};
inline constexpr std::array<std::string_view, 2> server_step = {"server", "step"};
inline constexpr std::array<std::string_view, 2> server_fault = {"server", "fault"};
inline constexpr std::array<std::string_view, 2> server_scope = {"server", "scope"};
inline constexpr std::array<std::string_view, 3> server_scope_state = {"server", "scope", "state"};
inline constexpr std::array<std::string_view, 1> result = {"result"};
inline constexpr std::array<std::string_view, 2> server_outcome = {"server", "outcome"};
inline constexpr std::array<std::string_view, 2> sink_outcome = {"sink", "outcome"};
}  // namespace labels

// Seconds: from a local call to the longest that `timeouts.tool` lets through by default, and beyond.
inline constexpr std::array<double, 14> duration_buckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                            0.25,  0.5,    1,     2.5,  5,     15,   60};

namespace metrics {

inline constexpr MetricInfo build_info{
    .name = "sallyport_build_info",
    .help = "Always 1; the label tells which version runs.",
    .type = MetricType::gauge,
    .labels = labels::version,
};
inline constexpr MetricInfo calls{
    .name = "sallyport_calls_total",
    .help = "Tool calls that have ended; the code is `ok` or that of the error.",
    .type = MetricType::counter,
    .labels = labels::server_tool_code,
};
inline constexpr MetricInfo call_duration{
    .name = "sallyport_call_duration_seconds",
    .help = "Time from the arrival of a tool call to its answer, whatever the answer was.",
    .type = MetricType::histogram,
    .labels = labels::server,
    .buckets = duration_buckets,
};
inline constexpr MetricInfo upstream_requests{
    .name = "sallyport_upstream_requests_total",
    .help =
        "Requests other than tool calls that went to a server (prompts, resources, completion) and have "
        "ended; "
        "the code is `ok` or that of the error.",
    .type = MetricType::counter,
    .labels = labels::server_method_code,
};
inline constexpr MetricInfo requests{
    .name = "sallyport_requests_total",
    .help =
        "Requests of clients that have been answered, by protocol era, MCP method and HTTP status (stdio: "
        "200).",
    .type = MetricType::counter,
    .labels = labels::era_method_status,
};
inline constexpr MetricInfo arguments_checked{
    .name = "sallyport_arguments_checked_total",
    .help =
        "Arguments of tool calls that were held against the tool's input schema (`servers.*.validate`): "
        "`fits`; "
        "`refused`; `passed` although they do not fit; or not decided, and why: the schema's `dialect`, a "
        "`keyword`, "
        "a `reference` or a `pattern` that is not known, a `malformed` schema, more than the `budget` of one "
        "check, a "
        "`value` that is no number or text for us.",
    .type = MetricType::counter,
    .labels = labels::server_outcome,
};
inline constexpr MetricInfo suspended_calls{
    .name = "sallyport_suspended_calls",
    .help = "Calls whose client is away to find out what a server of 2025-11-25 or older asked.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo suspended{
    .name = "sallyport_suspended_total",
    .help =
        "Calls that waited for their client to come back, and what became of that: `resumed`, `expired`, "
        "`shutdown`, or `refused` for want of room.",
    .type = MetricType::counter,
    .labels = labels::outcome,
};
inline constexpr MetricInfo refused{
    .name = "sallyport_refused_total",
    .help = "Requests that the gateway itself refused, by the code of the refusal.",
    .type = MetricType::counter,
    .labels = labels::code,
};
inline constexpr MetricInfo recovery{
    .name = "sallyport_recovery_total",
    .help =
        "What was done about failures: the strategy, how it ended (`recovered`, `gave_up`, `not_repeatable`, "
        "`no_budget`, `no_time`, `abandoned`, `alerted`), the code of the failure, and the operation that "
        "failed "
        "(`none`: prompts, resources, completion). A telemetry report that failed is `ignored`.",
    .type = MetricType::counter,
    .labels = labels::strategy_outcome_code_operation,
};
inline constexpr MetricInfo alerts{
    .name = "sallyport_alerts_total",
    .help =
        "Alerts by who was to be told (`log`, `webhook`, `syslog`, `otlp`) and what became of it: `sent`, "
        "`failed` after some attempts, or `dropped` because too many waited.",
    .type = MetricType::counter,
    .labels = labels::sink_outcome,
};
inline constexpr MetricInfo caller_alarms{
    .name = "sallyport_caller_alarms_total",
    .help =
        "Times that one caller caused as many failures of a code within `monitor.window` as would be an "
        "alert, of those that callers can cause at will; the log names the caller.",
    .type = MetricType::counter,
    .labels = labels::code,
};
inline constexpr MetricInfo sessions{
    .name = "sallyport_sessions",
    .help = "Legacy sessions that are open.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo streams{
    .name = "sallyport_streams",
    .help = "Event streams to clients that are open.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo subscriptions{
    .name = "sallyport_subscriptions",
    .help = "Subscriptions of clients to updates of resources.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo streams_resumed{
    .name = "sallyport_streams_resumed_total",
    .help = "Streams that a client came back to with Last-Event-ID.",
    .type = MetricType::counter,
};
inline constexpr MetricInfo events_to_slow_readers{
    .name = "sallyport_slow_reader_total",
    .help =
        "What a client that reads too slowly lost: progress and log messages that were `dropped`, then "
        "its connection (`stream_lost`).",
    .type = MetricType::counter,
    .labels = labels::outcome,
};
inline constexpr MetricInfo events_kept{
    .name = "sallyport_events",
    .help = "Events that are kept for clients that come back.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo events_kept_bytes{
    .name = "sallyport_events_bytes",
    .help = "Bytes of the events that are kept.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo events_dropped{
    .name = "sallyport_events_dropped_total",
    .help =
        "Events that went before a client came for them, by the bound that they made room for: `number`, "
        "`bytes`, `age`.",
    .type = MetricType::counter,
    .labels = labels::bound,
};
inline constexpr MetricInfo buffered_bytes{
    .name = "sallyport_buffered_bytes",
    .help = "Bytes of requests, results and events held in memory, as counted against `limits.buffered`.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo upstream_disabled{
    .name = "sallyport_upstream_disabled",
    .help = "1 while an operator has the server switched off, else 0.",
    .type = MetricType::gauge,
    .labels = labels::server,
};
inline constexpr MetricInfo upstream_quarantined{
    .name = "sallyport_upstream_quarantined",
    .help =
        "1 while the server is switched off because a rule of `recovery` escalated a failure of it, else 0.",
    .type = MetricType::gauge,
    .labels = labels::server,
};
inline constexpr MetricInfo upstream_up{
    .name = "sallyport_upstream_up",
    .help = "1 while the server is connected and initialized, else 0.",
    .type = MetricType::gauge,
    .labels = labels::server,
};
inline constexpr MetricInfo upstream_restarts{
    .name = "sallyport_upstream_restarts_total",
    .help = "Times that the server's process or session was started again after it ended.",
    .type = MetricType::counter,
    .labels = labels::server,
};
inline constexpr MetricInfo timeout_steps{
    .name = "sallyport_timeout_steps_total",
    .help =
        "What was done about calls that ran out of time: `warned` at four fifths of it, `cancelled` at its "
        "end; then, of a server that still does not answer, `killed` (an instance that served this call "
        "alone), `pinged`, `restarted`, or `spared` (this caller had it restarted a minute ago).",
    .type = MetricType::counter,
    .labels = labels::server_step,
};
inline constexpr MetricInfo concurrency_limit{
    .name = "sallyport_concurrency_limit",
    .help =
        "How many calls at a time go to the server: `limits.concurrency`, or fewer with "
        "`limits.adaptive_concurrency`.",
    .type = MetricType::gauge,
    .labels = labels::server,
};
inline constexpr MetricInfo faults_injected{
    .name = "sallyport_faults_injected_total",
    .help = "Requests to a server that failed, or came late, on purpose (`faults`).",
    .type = MetricType::counter,
    .labels = labels::server_fault,
};
inline constexpr MetricInfo breaker_state{
    .name = "sallyport_breaker_state",
    .help =
        "The circuit breaker of a server: 0 closed, 1 half open, 2 open; by what it refuses: all calls "
        "(`server`), those of a `tool`, of a `caller`, or of one caller to one tool (`caller_tool`).",
    .type = MetricType::gauge,
    .labels = labels::server_scope,
};
inline constexpr MetricInfo breaker_transitions{
    .name = "sallyport_breaker_transitions_total",
    .help = "Times that a part of a server's circuit breaker became `open`, `half_open` or `closed`.",
    .type = MetricType::counter,
    .labels = labels::server_scope_state,
};
inline constexpr MetricInfo upstream_instances{
    .name = "sallyport_upstream_instances",
    .help =
        "Processes or connections of an isolated server (`servers.*.isolation`) besides the one that "
        "reads its lists.",
    .type = MetricType::gauge,
    .labels = labels::server,
};
inline constexpr MetricInfo upstream_late_answers{
    .name = "sallyport_upstream_late_answers_total",
    .help = "Answers that came after their call had ended, and were dropped.",
    .type = MetricType::counter,
    .labels = labels::server,
};
inline constexpr MetricInfo upstream_garbage{
    .name = "sallyport_upstream_garbage_total",
    .help = "What a server sent that was no answer to anything, by kind, and was dropped.",
    .type = MetricType::counter,
    .labels = labels::server_kind,
};
inline constexpr MetricInfo access_lines_dropped{
    .name = "sallyport_access_lines_dropped_total",
    .help = "Lines of the access log that found no room while stderr was slow.",
    .type = MetricType::counter,
};
inline constexpr MetricInfo log_lines_dropped{
    .name = "sallyport_log_lines_dropped_total",
    .help = "Lines of the log, access lines among them, that stderr did not take.",
    .type = MetricType::counter,
};
inline constexpr MetricInfo tls_certificate_expiry{
    .name = "sallyport_tls_certificate_expiry_timestamp_seconds",
    .help = "When the listener's certificate expires, in seconds since 1970; absent without `listen.tls`.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo tls_refused{
    .name = "sallyport_tls_handshakes_failed_total",
    .help =
        "Connections to the listener that ended in the TLS handshake: plain_http, client_certificate, "
        "protocol, "
        "connection (it ended), timeout.",
    .type = MetricType::counter,
    .labels = labels::reason,
};
inline constexpr MetricInfo audit_records{
    .name = "sallyport_audit_records_total",
    .help = "Records that were written to the audit file.",
    .type = MetricType::counter,
};
inline constexpr MetricInfo audit_lost{
    .name = "sallyport_audit_lost_total",
    .help = "Records that could not be written to the audit file.",
    .type = MetricType::counter,
};
inline constexpr MetricInfo audit_healthy{
    .name = "sallyport_audit_healthy",
    .help = "1 while audit records are written, 0 while they cannot be.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo config_last_reload_successful{
    .name = "sallyport_config_last_reload_successful",
    .help = "1 if the configuration was right when it was read last, 0 if it was not and changed nothing.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo config_last_reload_success_timestamp{
    .name = "sallyport_config_last_reload_success_timestamp_seconds",
    .help = "When the configuration that is in force was read, in seconds since 1970.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo reloads{
    .name = "sallyport_reloads_total",
    .help =
        "Times that the configuration was read again: `changed`, `unchanged`, or `failed` and left as it "
        "was.",
    .type = MetricType::counter,
    .labels = labels::result,
};
inline constexpr MetricInfo telemetry_exported{
    .name = "sallyport_telemetry_exported_total",
    .help = "Spans, metrics and log lines that the collector of `telemetry.otlp` took, by signal.",
    .type = MetricType::counter,
    .labels = labels::signal,
};
inline constexpr MetricInfo telemetry_failures{
    .name = "sallyport_telemetry_failures_total",
    .help = "Telemetry reports that the collector did not take, by signal and code; most are sent again.",
    .type = MetricType::counter,
    .labels = labels::signal_code,
};
inline constexpr MetricInfo telemetry_dropped{
    .name = "sallyport_telemetry_dropped_total",
    .help =
        "Spans, metrics and log lines that no collector will get, by signal and reason (queue_full, "
        "superseded: a later state of the metrics took its place; refused, rejected: by the collector; "
        "shutdown).",
    .type = MetricType::counter,
    .labels = labels::signal_reason,
};
inline constexpr MetricInfo process_resident_memory{
    .name = "process_resident_memory_bytes",
    .help = "Resident memory of the gateway, in bytes.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo process_open_fds{
    .name = "process_open_fds",
    .help = "File descriptors that the gateway has open.",
    .type = MetricType::gauge,
};
inline constexpr MetricInfo process_start_time{
    .name = "process_start_time_seconds",
    .help = "When the gateway was started, in seconds since 1970.",
    .type = MetricType::gauge,
};

inline constexpr std::array all = {&build_info,
                                   &calls,
                                   &call_duration,
                                   &upstream_requests,
                                   &requests,
                                   &arguments_checked,
                                   &suspended_calls,
                                   &suspended,
                                   &refused,
                                   &recovery,
                                   &alerts,
                                   &caller_alarms,
                                   &sessions,
                                   &streams,
                                   &subscriptions,
                                   &streams_resumed,
                                   &events_to_slow_readers,
                                   &events_kept,
                                   &events_kept_bytes,
                                   &events_dropped,
                                   &buffered_bytes,
                                   &upstream_disabled,
                                   &upstream_quarantined,
                                   &upstream_up,
                                   &upstream_restarts,
                                   &timeout_steps,
                                   &concurrency_limit,
                                   &faults_injected,
                                   &breaker_state,
                                   &breaker_transitions,
                                   &upstream_instances,
                                   &upstream_late_answers,
                                   &upstream_garbage,
                                   &access_lines_dropped,
                                   &log_lines_dropped,
                                   &tls_certificate_expiry,
                                   &tls_refused,
                                   &audit_records,
                                   &audit_lost,
                                   &audit_healthy,
                                   &config_last_reload_successful,
                                   &config_last_reload_success_timestamp,
                                   &reloads,
                                   &telemetry_exported,
                                   &telemetry_failures,
                                   &telemetry_dropped,
                                   &process_resident_memory,
                                   &process_open_fds,
                                   &process_start_time};

}  // namespace metrics

// docs/metrics.md.
std::string render_metrics_page();

}  // namespace sallyport::telemetry
