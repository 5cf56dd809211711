// Time as a dependency, so that tests turn the clock by hand: steady for deadlines, system for dates.
#pragma once

#include <atomic>
#include <chrono>

namespace sallyport {

using SteadyTime = std::chrono::steady_clock::time_point;
using SystemTime = std::chrono::system_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual SteadyTime now() const = 0;
  virtual SystemTime system_now() const = 0;
};

const Clock& system_clock() noexcept;

// Stands still until a test moves it; both times move together. Safe to share between threads.
class ManualClock final : public Clock {
 public:
  ManualClock() = default;
  explicit ManualClock(SystemTime start) : start_(start) {}

  SteadyTime now() const override { return SteadyTime(passed_.load()); }
  SystemTime system_now() const override {
    return start_ + std::chrono::duration_cast<SystemTime::duration>(passed_.load());
  }
  void advance(std::chrono::steady_clock::duration by) { passed_ = passed_.load() + by; }

 private:
  SystemTime start_ = SystemTime(std::chrono::seconds(1'700'000'000));
  std::atomic<std::chrono::steady_clock::duration> passed_ =
      std::chrono::steady_clock::duration(std::chrono::hours(1));
};

}  // namespace sallyport
