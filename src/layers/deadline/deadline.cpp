#include "layers/deadline/deadline.hpp"

#include "classify/classify.hpp"
#include "errors/authored.hpp"
#include "pipeline/recovered.hpp"
#include "recovery/at_will.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"
#include "upstream/record.hpp"
#include "upstream/server.hpp"

#include <algorithm>

namespace sallyport::layers {
namespace {

// How long it took, as reports say it.
std::string_view level_of(std::chrono::milliseconds elapsed, protocol::Method method) {
  const std::string_view type = method == protocol::Method::tools_call ? "tool_execution" : "";
  return name(escalation_level(type, std::chrono::duration<double>(elapsed).count()));
}

// Says so when most of the time is gone, and cancels its scope when all is.
class ScopeTimer final : public pipeline::CallTimer {
 public:
  ScopeTimer(task::Timers& timers, telemetry::Registry& metrics, task::Scope& scope,
             const pipeline::Call& call, std::chrono::milliseconds limit, std::chrono::milliseconds longest)
      : timers_(timers),
        metrics_(metrics),
        scope_(scope),
        call_(call),
        limit_(limit),
        longest_(longest),
        ends_(call.started + limit),
        timer_(timers, due(), [this] { fire(); }) {}

  void set_limit(std::chrono::milliseconds total) override {
    limit_ = total;
    ends_ = call_.started + total;
    timer_.extend(due());
  }
  std::chrono::milliseconds given() const override {
    return std::chrono::ceil<std::chrono::milliseconds>(ends_ - call_.started);
  }
  SteadyTime ends() const override { return ends_; }
  void progressed() override {
    ends_ = std::max(ends_, std::min(timers_.now() + limit_, call_.started + longest_));
    timer_.extend(due());
  }

 private:
  SteadyTime due() const { return warned_ ? ends_ : call_.started + (ends_ - call_.started) * 4 / 5; }

  void fire() {
    if (timers_.now() >= ends_) {
      step("cancelled");
      return scope_.cancel(task::CancelReason::deadline);
    }
    warned_ = true;
    step("warned");
    const auto elapsed = std::chrono::floor<std::chrono::milliseconds>(timers_.now() - call_.started);
    log::warn("a call has little time left", {{"server", call_.server ? call_.server->key() : ""},
                                              {"target", upstream::target_of(call_)},
                                              {"method", protocol::name(call_.method())},
                                              {"elapsed_ms", elapsed.count()},
                                              {"limit_ms", given().count()},
                                              {"correlation", call_.correlation.hex()}});
    timer_.start(ends_, [this] { fire(); });
  }

  void step(std::string_view what) {
    const std::string_view server = call_.server ? call_.server->key() : telemetry::Registry::other;
    metrics_.counter(telemetry::metrics::timeout_steps, {server, what}).increment();
  }

  task::Timers& timers_;
  telemetry::Registry& metrics_;
  task::Scope& scope_;
  const pipeline::Call& call_;
  std::chrono::milliseconds limit_;
  std::chrono::milliseconds longest_;
  SteadyTime ends_;
  bool warned_ = false;
  task::Timer timer_;
};

Error timed_out(const Error& cancelled, std::chrono::milliseconds given, protocol::Method method) {
  classify::Context context;
  context.operation = classify::operation_of(method);
  context.phase = cancelled.phase();
  context.executed = cancelled.executed();
  context.handed_over = cancelled.executed() != Executed::no;
  Error error = classify::make_error(classify::FailureClass::timeout, context);
  error.with_slot(Slot::seconds, std::chrono::ceil<std::chrono::seconds>(given).count());
  error.with_extra("escalation_level", std::string(level_of(given, method)));
  if (cancelled.attempts() > 0) error.with_attempts(cancelled.attempts());
  if (const Error* before = cancelled.cause()) error.with_cause(*before);
  return error;
}

}  // namespace

Task<pipeline::Reply> Deadline::call(pipeline::Call& call) {
  task::Scope& outer = co_await task::current_scope();
  task::Scope scope(outer);
  ScopeTimer timer(*timers_, *metrics_, scope, call, tool_, tool_max_);
  call.timer = &timer;
  Result<pipeline::Reply> reply = co_await next().call(call).in(scope);
  call.timer = nullptr;
  if (reply) [[likely]]
    co_return reply;
  const bool late = scope.cancelled() && scope.reason() == task::CancelReason::deadline;
  if (late && reply.error().code() == Code::proto_cancelled)
    co_return Failure(ended(call, timed_out(reply.error(), timer.given(), call.method())));
  co_return Failure(ended(call, std::move(reply).error()));
}

Error Deadline::ended(pipeline::Call& call, Error error) const {
  if (recovery::caused_at_will(error.code())) return error;
  if (policy_.decide(error, upstream::facts_of(call)).wanted == Strategy::escalate)
    pipeline::note_recovery(call, *metrics_, error, Strategy::escalate, recovery::Outcome::alerted);
  return error;
}

}  // namespace sallyport::layers
