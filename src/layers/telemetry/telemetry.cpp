#include "layers/telemetry/telemetry.hpp"

#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"
#include "upstream/server.hpp"
#include "upstream/tool.hpp"

namespace sallyport::layers {
namespace {

namespace metrics = telemetry::metrics;

// An upstream's own error counts under its code: the call came through and was answered.
std::string_view outcome(const pipeline::Reply& reply) {
  if (const auto* failed = std::get_if<pipeline::Failed>(&reply)) return wire_name(failed->error.code());
  const auto* answer = std::get_if<std::unique_ptr<pipeline::Answer>>(&reply);
  if (!answer) return "ok";
  const protocol::Message& message = (*answer)->message;
  const bool error = message.kind() == protocol::MessageKind::error_response ||
                     message.is(protocol::Field::is_error, json::Type::true_value);
  return error ? wire_name(Code::tool_execution_failed) : "ok";
}

}  // namespace

Task<pipeline::Reply> Telemetry::call(pipeline::Call& call) {
  Result<pipeline::Reply> reply = co_await next().call(call);
  const auto took = timers_->now() - call.started;
  const std::string_view code = reply ? outcome(*reply) : wire_name(reply.error().code());
  if (call.method() == protocol::Method::tools_call) count_call(call, code, took);
  if (reply) {
    if (const auto* failed = std::get_if<pipeline::Failed>(&*reply)) {
      count_refusal(failed->error);
      log::debug("a request failed", {{"method", protocol::name(call.method())},
                                      {"server", call.server ? std::string_view(call.server->key()) : ""},
                                      {"correlation", call.correlation.hex()},
                                      {"error", failed->error}});
    }
  }
  co_return reply;
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

void Telemetry::count_refusal(const Error& error) {
  if (error.executed() == Executed::no)
    metrics_->counter(metrics::refused, {wire_name(error.code())}).increment();
}

}  // namespace sallyport::layers
