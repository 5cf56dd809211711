// Starts a Task in a test, and drives the loop until it has ended.
#pragma once

#include "task/group.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>

namespace sallyport::testing {

// Long enough for the slowest machine; nothing waits for it to pass but a failing test.
inline constexpr std::chrono::seconds patience{30};

// Runs the loop until `done`; false if nothing came in time.
inline bool run_until(task::Loop& loop, const std::function<bool()>& done) {
  while (!done()) {
    loop.context().restart();
    if (loop.context().run_one_for(patience) == 0) return done();
  }
  return true;
}

// One handler of the loop; false if none was ready.
inline bool step(task::Loop& loop) {
  loop.context().restart();
  return loop.context().poll_one() > 0;
}

// A task that runs by itself, in a scope that the test can cancel.
template <class T>
class Started {
 public:
  Started(task::Loop& loop, Task<T> task) : loop_(&loop), group_(loop) {
    group_.spawn(keep(*this, std::move(task)));
  }
  ~Started() {
    if (!done()) cancel();
    (void)run_until(*loop_, [this] { return group_.size() == 0; });
  }

  bool done() const noexcept { return group_.size() == 0; }
  void cancel(task::CancelReason reason = task::CancelReason::client) { group_.cancel(reason); }

  // The outcome, once it is there without waiting for anything outside of this program.
  std::optional<Result<T>>& settled() {
    loop_->poll();
    return result_;
  }
  // The outcome, waited for.
  Result<T> wait() {
    if (!run_until(*loop_, [this] { return done(); }))
      return fail(Error(Code::network_timeout).note("the test gave up"));
    return std::move(*result_);
  }

 private:
  static Task<void> keep(Started& self, Task<T> task) {
    self.result_.emplace(co_await std::move(task));
    co_return ok();
  }

  task::Loop* loop_;
  std::optional<Result<T>> result_;
  task::Group group_;
};

template <class T>
Result<T> run(task::Loop& loop, Task<T> task) {
  return Started<T>(loop, std::move(task)).wait();
}

}  // namespace sallyport::testing
