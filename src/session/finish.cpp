#include "session/finish.hpp"

namespace sallyport::session {
namespace {

Task<void> none_left(RunningCalls& running, task::Event& idle) {
  while (!running.empty()) CO_TRY(co_await idle.wait());
  co_return ok();
}

}  // namespace

Task<void> finish_calls(task::Loop& loop, RunningCalls& running, task::Event& idle, SteadyTime until) {
  const Result<void> finished = co_await task::with_deadline(
      loop.timers(), until, none_left(running, idle), [](const Error& cancelled) { return cancelled; });
  if (finished) co_return ok();
  running.cancel_all(task::CancelReason::shutdown);
  co_return co_await none_left(running, idle);
}

}  // namespace sallyport::session
