// Where running tasks belong: a Group starts them, can cancel them all, and is waited for before it goes.
#pragma once

#include "task/wait.hpp"

#include <functional>
#include <memory>
#include <vector>

#include <boost/intrusive/list.hpp>

namespace sallyport::task {

// Owns tasks that nobody awaits. A spawned task starts at once and runs to its first wait. Its failure goes
// to `on_failure` (a cancellation does not). The group must be empty when it is destroyed: cancel(), then
// join().
class Group {
 public:
  explicit Group(Loop& loop, std::function<void(const Error&)> on_failure = {});
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  void spawn(Task<void> task);
  void cancel(CancelReason reason) noexcept;  // all that run now; what is spawned later runs
  Task<void> join();                          // not for a task of this group
  std::size_t size() const noexcept { return roots_.size(); }
  Loop& loop() noexcept { return *loop_; }

 private:
  struct Root : boost::intrusive::list_base_hook<> {
    Scope scope;
    bool cancelled = false;  // by cancel() of the group
  };
  struct Runner;
  using Roots = boost::intrusive::list<Root>;

  static Runner run(Group& group, Task<void> task);
  void ended(Root& root, const Result<void>& result) noexcept;

  Loop* loop_;
  std::function<void(const Error&)> on_failure_;
  Roots roots_;
  Event emptied_;
};

// Awaits `task` with a time limit. Past it the task is cancelled; when it then ends as cancelled,
// `expired(error)` says what that means to the caller, from the facts (phase, executed) that the cancelled
// wait left in its error.
template <class T, class Expired>
Task<T> with_deadline(Timers& timers, SteadyTime when, Task<T> task, Expired expired) {
  Scope& outer = co_await current_scope();
  bool late = false;
  Scope scope(outer);
  Timer timer(timers, when, [&] {
    late = !scope.cancelled();
    scope.cancel(CancelReason::deadline);
  });
  Result<T> result = co_await std::move(task).in(scope);
  if (late && !result && result.error().code() == Code::proto_cancelled)
    co_return fail(expired(result.error()));
  co_return result;
}

// Runs all at once and waits for all; results stand in the order of the tasks. Cancelling the caller cancels
// them.
template <class T>
Task<std::vector<Result<T>>> gather(Loop& loop, std::vector<Task<T>> tasks);

// Many callers, one run: while a flight for it is under way, later callers wait for its outcome instead of
// starting another. A caller that is cancelled leaves; the flight goes on for the others, in the group. A
// caller that comes after the landing starts the next flight.
template <class T>
class SingleFlight {
 public:
  explicit SingleFlight(Group& group) noexcept : group_(&group) {}

  template <class Start>  // Start: () -> Task<T>, called only when no flight is under way
  Task<T> run(Start start) {
    std::shared_ptr<Flight> flight = flight_.lock();
    if (!flight || flight->result) {
      flight = std::make_shared<Flight>(group_->loop());
      flight_ = flight;
      group_->spawn(fly(flight, start()));
    }
    if (!flight->result) CO_TRY(co_await flight->landed.wait());
    co_return *flight->result;
  }
  bool flying() const noexcept {
    const auto flight = flight_.lock();
    return flight && !flight->result;
  }

 private:
  struct Flight {
    explicit Flight(Loop& loop) : landed(loop) {}
    Event landed;
    std::optional<Result<T>> result;
  };

  static Task<void> fly(std::shared_ptr<Flight> flight, Task<T> task) {
    flight->result.emplace(co_await std::move(task));
    flight->landed.set();
    co_return ok();
  }

  Group* group_;
  std::weak_ptr<Flight> flight_;
};

namespace detail {

template <class T>
struct Gathering {
  explicit Gathering(Loop& loop) : group(loop) {}
  Group group;
  std::vector<std::optional<Result<T>>> results;
};

template <class T>
Task<void> gather_one(std::optional<Result<T>>& slot, Task<T> task) {
  slot.emplace(co_await std::move(task));
  co_return ok();
}

// Cancels a group when the coroutine that waits for it is cancelled.
class CancelGroup final : public Interruptible {
 public:
  CancelGroup(Group& group, const Scope& waiter) noexcept : group_(&group), waiter_(&waiter) {}
  void interrupt() noexcept override { group_->cancel(waiter_->reason()); }

 private:
  Group* group_;
  const Scope* waiter_;
};

}  // namespace detail

template <class T>
Task<std::vector<Result<T>>> gather(Loop& loop, std::vector<Task<T>> tasks) {
  Scope& scope = co_await current_scope();
  detail::Gathering<T> all(loop);
  all.results.resize(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    all.group.spawn(detail::gather_one<T>(all.results[i], std::move(tasks[i])));
  }
  if (scope.cancelled()) all.group.cancel(scope.reason());
  {
    detail::CancelGroup on_cancel(all.group, scope);
    scope.enter(on_cancel);
    Scope joining;  // the join itself is not interrupted: what was started must have ended before this frame
                    // goes
    (void)co_await all.group.join().in(joining);
    scope.leave();
  }
  std::vector<Result<T>> results;
  results.reserve(all.results.size());
  for (auto& result : all.results) results.push_back(std::move(*result));
  co_return results;
}

}  // namespace sallyport::task
