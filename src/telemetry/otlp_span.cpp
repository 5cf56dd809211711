#include "telemetry/otlp_span.hpp"

#include "base/strings.hpp"
#include "json/scanner.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/otlp_text.hpp"

#include <charconv>
#include <iterator>

#include <fmt/format.h>

namespace sallyport::telemetry {
namespace {

using protocol::Method;

enum class SpanKind : std::uint8_t { internal = 1, server = 2, client = 3 };  // as OTLP numbers them

// Bits of `flags`: the W3C trace flags, then whether the parent is known to be somebody else's.
constexpr unsigned sampled = 0x01;
constexpr unsigned parent_known = 0x100;
constexpr unsigned parent_remote = 0x200;
constexpr std::size_t longest_id = 64;

struct Place {
  TraceId trace;
  SpanId span;
  SpanId parent;
  unsigned flags;
  std::string_view state;
};

std::string_view method_name(Method method) {
  const std::string_view known = protocol::name(method);
  return known.empty() ? Registry::other : known;
}

void begin_span(std::string& out, const Place& place, SpanKind kind, std::string_view operation,
                std::string_view target, SystemTime started, SystemTime ended) {
  append_otlp_hex(out += R"({"traceId":)", place.trace.bytes);
  append_otlp_hex(out += R"(,"spanId":)", place.span.bytes);
  if (place.parent.valid()) append_otlp_hex(out += R"(,"parentSpanId":)", place.parent.bytes);
  if (!place.state.empty()) append_otlp_text(out += R"(,"traceState":)", place.state);
  fmt::format_to(std::back_inserter(out), R"(,"flags":{},"kind":{},"name":)", place.flags,
                 static_cast<unsigned>(kind));
  std::string title(operation);
  if (!target.empty()) title.append(" ").append(target);
  append_otlp_text(out, title);
  append_otlp_time(out += R"(,"startTimeUnixNano":)", started);
  append_otlp_time(out += R"(,"endTimeUnixNano":)", ended);
  out += ',';
}

// What the conventions say of the operation.
void describe(OtlpAttributes& out, Method method, std::string_view target) {
  out.text("mcp.method.name", method_name(method));
  if (method == Method::tools_call) {
    out.text("gen_ai.operation.name", "execute_tool");
    out.text("gen_ai.tool.name", target);
  } else if (method == Method::prompts_get) {
    out.text("gen_ai.prompt.name", target);
  }
}

void describe(OtlpAttributes& out, const Outcome& outcome) {
  if (outcome.code) {
    char digits[12];
    std::string_view rpc_code;
    if (outcome.rpc_code)
      rpc_code = {digits, std::to_chars(digits, digits + sizeof digits, *outcome.rpc_code).ptr};
    out.text("rpc.response.status_code", rpc_code);
    out.text("error.type", !rpc_code.empty()    ? rpc_code
                           : outcome.tool_error ? std::string_view("tool_error")
                                                : wire_name(*outcome.code));
  }
  out.text("sallyport.code", outcome.code_name());
  if (outcome.kind) out.text("sallyport.kind", sallyport::name(*outcome.kind));
  out.text("sallyport.executed", sallyport::name(outcome.executed));
  if (outcome.degraded) out.text("sallyport.degraded", wire_name(*outcome.degraded));
}

void describe(OtlpAttributes& out, const Error* error, bool developer_text) {
  if (!error) return;
  if (const auto phase = error->phase()) out.text("sallyport.phase", sallyport::name(*phase));
  if (developer_text) out.text("sallyport.developer_message", error->developer_message());
}

// By the names that servers of other frameworks have for it.
void describe_told(OtlpAttributes& out, const Error* error, std::string_view told, bool developer_text) {
  if (!error || told.empty()) return;
  out.text("tool_error_kind", sallyport::name(error->kind()));
  out.text("tool_error_message", told);
  if (developer_text) out.text("tool_error_developer_message", error->developer_message());
  if (error->status_code()) out.number("tool_error_status_code", *error->status_code());
  out.flag("tool_error_can_retry", error->can_retry());
}

// A failure is one for servers too: the conventions know no exemption for what the caller got wrong.
void append_status(std::string& out, const Outcome& outcome) {
  if (!outcome.code) {
    out += R"(,"status":{})";
    return;
  }
  const std::string_view text =
      outcome.tool_error ? std::string_view("the tool reported an error") : row(*outcome.code).full_name;
  append_otlp_text(out += R"(,"status":{"code":2,"message":)", text);
  out += '}';
}

// The id as a text: a string without its quotes.
std::string plain_id(std::string_view raw) {
  std::string id = raw.starts_with('"') ? json::unescape(raw) : std::string(raw);
  id.resize(clip(id, longest_id).size());
  return id;
}

// For the span's name, of which there may not be as many as callers can think of.
std::string_view known(std::string_view target, protocol::Method method, bool listed) {
  return listed || method == Method::prompts_get ? target : std::string_view();
}

void append_link(std::string& out, const TraceParent& link) {
  append_otlp_hex(out += R"(,"links":[{"traceId":)", link.trace.bytes);
  append_otlp_hex(out += R"(,"spanId":)", link.span.bytes);
  fmt::format_to(std::back_inserter(out), R"(,"flags":{}}}])",
                 parent_known | parent_remote | (link.sampled ? sampled : 0));
}

}  // namespace

void append_otlp_span(std::string& out, const CallRecord& record, bool developer_text) {
  const Trace& trace = record.trace;
  const bool remote = trace.parent.valid();
  begin_span(out,
             {trace.id, trace.span, trace.parent, sampled | parent_known | (remote ? parent_remote : 0),
              trace.state},
             SpanKind::server, method_name(record.method), known(record.target, record.method, record.listed),
             record.started, record.ended());
  {
    OtlpAttributes attributes(out);
    describe(attributes, record.method, record.target);
    describe(attributes, record.outcome);
    attributes.text("mcp.protocol.version", protocol::name(record.revision));
    attributes.text("mcp.session.id", record.session);
    if (record.request_id != "null") attributes.text("jsonrpc.request.id", plain_id(record.request_id));
    if (record.source == "stdio") {
      attributes.text("network.transport", "pipe");
    } else {
      const bool unix_socket = record.source.starts_with("unix");
      attributes.text("network.transport", unix_socket ? "unix" : "tcp");
      attributes.text("network.protocol.name", "http");
      attributes.text("network.protocol.version", "1.1");
      attributes.text("client.address", record.source);
    }
    attributes.text("sallyport.correlation_id", hex(record.correlation.bytes));
    attributes.text("sallyport.principal", record.principal);
    attributes.text("sallyport.endpoint", record.endpoint);
    attributes.text("sallyport.server", record.server);
    attributes.text("sallyport.requested", record.requested);
    attributes.number("sallyport.attempts", record.attempts);
    if (record.recovery) {
      attributes.text("sallyport.recovery.strategy", name(record.recovery->strategy));
      attributes.text("sallyport.recovery.outcome", record.recovery->outcome);
    }
    attributes.number("sallyport.request.size", static_cast<std::int64_t>(record.request_bytes));
    attributes.number("sallyport.response.size", static_cast<std::int64_t>(record.outcome.response_bytes));
    describe(attributes, record.error, developer_text);
    describe_told(attributes, record.error, record.told, developer_text);
  }
  if (trace.link) append_link(out, *trace.link);
  append_status(out, record.outcome);
  out += '}';
}

void append_otlp_span(std::string& out, const RunRecord& record, bool developer_text) {
  const Trace& trace = record.trace;
  const bool tool = record.method == Method::tools_call;
  begin_span(out, {trace.id, trace.span, trace.parent, sampled | parent_known, trace.state},
             SpanKind::internal, tool ? "execute_tool" : method_name(record.method), record.target,
             record.started, record.ended());
  {
    OtlpAttributes attributes(out);
    describe(attributes, record.method, record.target);
    describe(attributes, record.outcome);
    attributes.text("sallyport.correlation_id", record.correlation);
    describe(attributes, record.error, developer_text);
    describe_told(attributes, record.error, record.told, developer_text);
  }
  append_status(out, record.outcome);
  out += '}';
}

void append_otlp_span(std::string& out, const AttemptRecord& record, bool developer_text) {
  begin_span(out, {record.trace, record.span, record.parent, sampled | parent_known, record.state},
             SpanKind::client, method_name(record.method), known(record.target, record.method, record.listed),
             record.started, record.ended());
  {
    OtlpAttributes attributes(out);
    describe(attributes, record.method, record.target);
    describe(attributes, record.outcome);
    if (record.revision) attributes.text("mcp.protocol.version", protocol::name(*record.revision));
    if (record.address.empty()) {
      attributes.text("network.transport", "pipe");
    } else {
      attributes.text("network.transport", "tcp");
      attributes.text("network.protocol.name", "http");
      attributes.text("network.protocol.version", "1.1");
      attributes.text("server.address", record.address);
      attributes.number("server.port", record.port);
    }
    attributes.text("sallyport.correlation_id", hex(record.correlation.bytes));
    attributes.text("sallyport.server", record.server);
    attributes.number("sallyport.attempt", record.number);
    describe(attributes, record.error, developer_text);
  }
  append_status(out, record.outcome);
  out += '}';
}

}  // namespace sallyport::telemetry
