#include "layers/deadline/deadline.hpp"

#include "classify/classify.hpp"

#include <algorithm>

namespace sallyport::layers {
namespace {

// Cancels its scope when the time is up.
class ScopeTimer final : public pipeline::CallTimer {
 public:
  ScopeTimer(task::Timers& timers, task::Scope& scope, SteadyTime started, std::chrono::milliseconds limit,
             std::chrono::milliseconds longest)
      : timers_(timers),
        started_(started),
        limit_(limit),
        longest_(longest),
        timer_(timers, started + limit, [&scope] { scope.cancel(task::CancelReason::deadline); }) {}

  void set_limit(std::chrono::milliseconds total) override {
    limit_ = total;
    timer_.extend(started_ + total);
  }
  SteadyTime ends() const override { return timer_.when(); }
  void progressed() override {
    timer_.extend(std::max(timer_.when(), std::min(timers_.now() + limit_, started_ + longest_)));
  }
  std::chrono::seconds given() const {
    return std::chrono::ceil<std::chrono::seconds>(timer_.when() - started_);
  }

 private:
  task::Timers& timers_;
  SteadyTime started_;
  std::chrono::milliseconds limit_;
  std::chrono::milliseconds longest_;
  task::Timer timer_;
};

Error timed_out(const Error& cancelled, std::chrono::seconds given, protocol::Method method) {
  classify::Context context;
  context.operation = classify::operation_of(method);
  context.phase = cancelled.phase();
  context.executed = cancelled.executed();
  context.handed_over = cancelled.executed() != Executed::no;
  Error error = classify::make_error(classify::FailureClass::timeout, context);
  error.with_slot(Slot::seconds, given.count());
  if (cancelled.attempts() > 0) error.with_attempts(cancelled.attempts());
  if (const Error* before = cancelled.cause()) error.with_cause(*before);
  return error;
}

}  // namespace

Task<pipeline::Reply> Deadline::call(pipeline::Call& call) {
  task::Scope& outer = co_await task::current_scope();
  task::Scope scope(outer);
  ScopeTimer timer(*timers_, scope, call.started, tool_, tool_max_);
  call.timer = &timer;
  Result<pipeline::Reply> reply = co_await next().call(call).in(scope);
  call.timer = nullptr;
  const bool late = scope.cancelled() && scope.reason() == task::CancelReason::deadline;
  if (late && !reply && reply.error().code() == Code::proto_cancelled) {
    co_return Failure(timed_out(reply.error(), timer.given(), call.method()));
  }
  co_return reply;
}

}  // namespace sallyport::layers
