#include "layers/telemetry/telemetry.hpp"

#include "pipeline/outcome.hpp"
#include "pipeline/trace.hpp"
#include "telemetry/metrics_names.hpp"
#include "upstream/record.hpp"
#include "upstream/server.hpp"
#include "upstream/tool.hpp"

namespace sallyport::layers {
namespace {

namespace metrics = telemetry::metrics;

}  // namespace

Task<pipeline::Reply> Telemetry::call(pipeline::Call& call) {
  if (hub_->tracing()) call.trace = pipeline::begin_trace(call, call.principal->trusted);
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
  telemetry::CallRecord record = upstream::record_of(call, timers_->clock().system_now(), took);
  record.outcome = outcome;
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
