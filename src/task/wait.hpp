// What a coroutine can wait for besides I/O: an event, a time, blocking work. Every wait ends when its scope
// is cancelled.
#pragma once

#include "task/loop.hpp"
#include "task/task.hpp"

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

#include <boost/intrusive/list.hpp>

namespace sallyport::task {

// The base of every leaf: registers in the scope, resumes once, and does not begin in a cancelled scope.
class Wait : public Interruptible {
 public:
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  bool await_ready() const noexcept { return false; }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> self) {
    scope_ = self.promise().scope;
    if (scope_->cancelled()) {
      interrupted_ = true;
      return false;
    }
    handle_ = self;
    scope_->enter(*this);
    if (begin()) return true;
    scope_->leave();
    handle_ = nullptr;
    return false;
  }

 protected:
  Wait() = default;
  ~Wait() = default;

  // Starts the wait; false when there is nothing to wait for. Must not resume from inside.
  virtual bool begin() = 0;

  // Ends the wait. Resumes the coroutine: nothing of this object may be touched after it.
  void resume() {
    scope_->leave();
    std::exchange(handle_, nullptr).resume();
  }

  bool waiting() const noexcept { return handle_ != nullptr; }
  bool interrupted() const noexcept { return interrupted_; }
  void mark_interrupted() noexcept { interrupted_ = true; }
  Error scope_error() const { return scope_->error(); }

 private:
  Scope* scope_ = nullptr;
  std::coroutine_handle<> handle_;
  bool interrupted_ = false;
};

class Event;

// What Event::wait() gives to co_await.
class EventWait final : public Wait, public boost::intrusive::list_base_hook<> {
 public:
  explicit EventWait(Event& event) noexcept : event_(&event) {}
  Result<void> await_resume() {
    if (interrupted()) return fail(scope_error());
    return {};
  }

 private:
  friend Event;
  bool begin() override;
  void interrupt() noexcept override;
  void wake();  // takes it off the list and has the loop resume it

  Event* event_;
  bool woken_ = false;
};

// Each set() wakes all who wait at that moment. Waiters resume from the loop, never from inside set(), so
// that whoever sets is not surprised by what they do.
class Event {
 public:
  explicit Event(Loop& loop) noexcept : loop_(&loop) {}
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  EventWait wait() noexcept { return EventWait(*this); }  // co_await event.wait() -> Result<void>
  void set();
  std::size_t waiters() const noexcept { return list_.size(); }

 private:
  friend EventWait;
  using List = boost::intrusive::list<EventWait>;

  Loop* loop_;
  List list_;
};

// A value that one coroutine waits for and somebody else brings: the answer to a request, say.
template <class T>
class Slot {
 public:
  explicit Slot(Loop& loop) noexcept : event_(loop) {}

  bool filled() const noexcept { return value_.has_value(); }
  void fill(Result<T> value) {  // the first stays
    if (value_) return;
    value_.emplace(std::move(value));
    event_.set();
  }
  Task<T> take() {
    if (!value_) CO_TRY(co_await event_.wait());
    co_return std::move(*value_);
  }

 private:
  Event event_;
  std::optional<Result<T>> value_;
};

// co_await Sleep(timers, when) -> Result<void>
class Sleep final : public Wait {
 public:
  Sleep(Timers& timers, SteadyTime when) noexcept : timer_(timers), when_(when), timers_(&timers) {}
  Result<void> await_resume() {
    if (interrupted()) return fail(scope_error());
    return {};
  }

 private:
  bool begin() override;
  void interrupt() noexcept override;

  Timer timer_;
  SteadyTime when_;
  Timers* timers_;
};

namespace detail {

template <class Function>
std::invoke_result_t<Function> call_guarded(Function& function) noexcept {
  try {
    return function();
  } catch (...) {
    return fail(error_of_exception(std::current_exception()));
  }
}

}  // namespace detail

// Runs `function` on a worker and brings its Result back; an exception is an error as it is in a Task. When
// the scope is cancelled the caller leaves at once and the answer is dropped when it comes: the function must
// own what it uses.
template <class Function>
auto offload(Loop& loop, Function function) -> Task<typename std::invoke_result_t<Function>::value_type> {
  using T = typename std::invoke_result_t<Function>::value_type;
  auto slot = std::make_shared<Slot<T>>(loop);
  const bool queued = loop.work([&loop, slot, function = std::move(function)]() mutable {
    loop.post([slot, result = detail::call_guarded(function)]() mutable { slot->fill(std::move(result)); });
  });
  if (!queued) co_return fail(Error(Code::system_resource_exhausted).with_executed(Executed::no));
  co_return co_await slot->take();
}

}  // namespace sallyport::task
