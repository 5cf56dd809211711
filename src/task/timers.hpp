// Deadlines: many timers behind one alarm, ordered by an injected clock.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace sallyport::task {

class Timers;

// Fires once, at or after its time, unless it is cancelled or destroyed first.
class Timer {
 public:
  explicit Timer(Timers& timers) noexcept : timers_(&timers) {}
  Timer(Timers& timers, SteadyTime when, std::move_only_function<void()> fire);
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void start(SteadyTime when, std::move_only_function<void()> fire);  // replaces what was set
  void extend(SteadyTime when);                                       // a new time for what is set
  void cancel() noexcept;
  bool active() const noexcept { return index_ != none; }
  SteadyTime when() const noexcept { return when_; }

 private:
  friend Timers;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  Timers* timers_;
  SteadyTime when_{};
  std::size_t index_ = none;
  std::move_only_function<void()> fire_;
};

// A heap of timers. The loop's implementation arms one operating-system timer for the earliest; arming for a
// later time than what is armed already is skipped, so that a call's deadline that is never reached costs no
// system call.
class Timers {
 public:
  explicit Timers(const Clock& clock) noexcept : clock_(&clock) {}
  virtual ~Timers() = default;
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  SteadyTime now() const { return clock_->now(); }
  const Clock& clock() const noexcept { return *clock_; }
  std::size_t size() const noexcept { return heap_.size(); }

  // Runs what is due at the clock's now, earliest first. What a timer starts for "now" runs in the next call.
  void fire();

 protected:
  virtual void arm(SteadyTime when) = 0;
  bool empty() const noexcept { return heap_.empty(); }
  SteadyTime earliest() const noexcept { return heap_.front().when; }

 private:
  friend Timer;
  void add(Timer& timer);
  void remove(Timer& timer) noexcept;
  void sift_up(std::size_t index) noexcept;
  void sift_down(std::size_t index) noexcept;
  // The time stands beside its timer, so that a heap is put in order without looking at any timer.
  struct Entry {
    SteadyTime when;
    Timer* timer;
  };
  void place(std::size_t index, Entry entry) noexcept;

  const Clock* clock_;
  std::vector<Entry> heap_;
};

}  // namespace sallyport::task
