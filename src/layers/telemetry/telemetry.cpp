#include "layers/telemetry/telemetry.hpp"

#include "pipeline/outcome.hpp"
#include "telemetry/metrics_names.hpp"
#include "upstream/server.hpp"
#include "upstream/tool.hpp"

#include <algorithm>

namespace sallyport::layers {
namespace {

namespace metrics = telemetry::metrics;

telemetry::Trace begin_trace(const pipeline::Call& call) {
  std::string scratch;
  std::optional<telemetry::TraceParent> caller;
  if (const auto text = call.message->text(protocol::Field::traceparent, call.bytes, scratch))
    caller = telemetry::TraceParent::parse(*text);
  return telemetry::begin_trace(caller, call.principal->trusted);
}

// A name that only its caller wrote is repeated where it cannot be anything else (errors.md section 3).
std::string_view plain_name(const pipeline::Call& call) {
  const std::string_view raw = call.message->raw(protocol::Field::name, call.bytes);
  if (raw.size() < 3 || raw.size() > 130) return {};
  const std::string_view name = raw.substr(1, raw.size() - 2);
  const bool plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
  return plain ? name : std::string_view();
}

}  // namespace

Task<pipeline::Reply> Telemetry::call(pipeline::Call& call) {
  if (hub_->tracing()) call.trace = begin_trace(call);
  Result<pipeline::Reply> reply = co_await next().call(call);
  const auto took = timers_->now() - call.started;
  const telemetry::Outcome outcome = reply ? pipeline::outcome(*reply) : pipeline::outcome(reply.error());
  if (call.method() == protocol::Method::tools_call) {
    count_call(call, outcome.code_name(), took);
  } else if (call.server) {
    metrics_
        ->counter(metrics::upstream_requests,
                  {call.server->key(), protocol::name(call.method()), outcome.code_name()})
        .increment();
  }
  const auto* failed = reply ? std::get_if<pipeline::Failed>(&*reply) : nullptr;
  if (failed) count_refusal(outcome);
  if (hub_->listening()) report(call, outcome, failed ? &failed->error : nullptr, took);
  co_return reply;
}

void Telemetry::report(const pipeline::Call& call, const telemetry::Outcome& outcome, const Error* error,
                       std::chrono::steady_clock::duration took) const {
  telemetry::CallRecord record;
  record.took = took;
  record.started = timers_->clock().system_now() - std::chrono::duration_cast<SystemTime::duration>(took);
  record.revision = call.revision;
  record.method = call.method();
  record.request_id = call.message->id(call.bytes);
  record.endpoint = call.endpoint;
  record.principal = call.principal->name;
  record.source = call.principal->source;
  record.session = call.session;
  if (call.server) record.server = call.server->key();
  if (call.tool) record.target = call.tool->name;
  if (call.method() == protocol::Method::prompts_get) record.target = call.own_name;
  record.listed = call.tool && call.tool->listed;
  if (!call.tool) record.requested = plain_name(call);
  record.outcome = outcome;
  record.attempts = call.attempts;
  record.request_bytes = call.bytes.size();
  record.correlation = call.correlation;
  record.trace = call.trace;
  record.error = error;
  hub_->finished(record);
}

void Telemetry::count_call(const pipeline::Call& call, std::string_view code,
                           std::chrono::steady_clock::duration took) {
  const double seconds = std::chrono::duration<double>(took).count();
  if (!call.tool) {
    metrics_->counter(metrics::calls, {telemetry::Registry::other, telemetry::Registry::other, code})
        .increment();
    return;
  }
  // A tool that its server does not list is named by its caller, and labels are not for callers to choose.
  const std::string_view tool =
      call.tool->listed ? std::string_view(call.tool->name) : telemetry::Registry::other;
  if (code != "ok" || !call.tool->listed) {
    metrics_->counter(metrics::calls, {call.tool->server, tool, code}).increment();
    metrics_->histogram(metrics::call_duration, {call.tool->server}).observe(seconds);
    return;
  }
  auto found = hot_.find(call.tool);
  if (found == hot_.end()) {
    if (hot_.size() >= telemetry::Registry::max_series) hot_.clear();
    const Hot hot{&metrics_->counter(metrics::calls, {call.tool->server, tool, code}),
                  &metrics_->histogram(metrics::call_duration, {call.tool->server})};
    found = hot_.emplace(call.tool, hot).first;
  }
  found->second.ok->increment();
  found->second.duration->observe(seconds);
}

void Telemetry::count_refusal(const telemetry::Outcome& outcome) {
  if (outcome.executed == Executed::no)
    metrics_->counter(metrics::refused, {outcome.code_name()}).increment();
}

}  // namespace sallyport::layers
