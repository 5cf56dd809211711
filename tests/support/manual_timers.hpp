// Timers on a clock that a test turns by hand.
#pragma once

#include "task/timers.hpp"

#include <optional>

namespace sallyport::testing {

// What is due runs in advance(), nowhere else.
class ManualTimers final : public task::Timers {
 public:
  ManualTimers() : Timers(clock_) {}

  ManualClock& clock() noexcept { return clock_; }
  std::optional<SteadyTime> armed() const noexcept { return armed_; }

  void advance(std::chrono::steady_clock::duration by) {
    clock_.advance(by);
    while (!empty() && earliest() <= now()) fire();
  }

 private:
  void arm(SteadyTime when) override { armed_ = when; }

  ManualClock clock_;
  std::optional<SteadyTime> armed_;
};

}  // namespace sallyport::testing
