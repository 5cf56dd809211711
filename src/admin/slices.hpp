// The last stretch of time in slices of one width: a ring that forgets by being written over.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sallyport::admin {

template <class T, std::size_t slices>
class Slices {
 public:
  static constexpr std::size_t size = slices;

  explicit Slices(std::chrono::seconds width) noexcept : width_(width) {}

  std::chrono::seconds width() const noexcept { return width_; }

  // What is counted now; empty when its time has just begun.
  T& now(SteadyTime time) {
    const std::int64_t tick = tick_of(time);
    Slice& slice = ring_[index(tick)];
    if (slice.tick != tick) slice = Slice{tick, T{}};
    return slice.value;
  }

  // Calls `visit(const T*)` for the last `count` slices up to that of `time`, oldest first; null where
  // nothing was counted.
  template <class Visit>
  void last(SteadyTime time, std::size_t count, Visit&& visit) const {
    const std::int64_t end = tick_of(time);
    for (std::int64_t tick = end - static_cast<std::int64_t>(count) + 1; tick <= end; ++tick) {
      const Slice& slice = ring_[index(tick)];
      visit(slice.tick == tick ? &slice.value : nullptr);
    }
  }

 private:
  struct Slice {
    std::int64_t tick = -1;
    T value{};
  };

  std::int64_t tick_of(SteadyTime time) const noexcept { return time.time_since_epoch() / width_; }
  static std::size_t index(std::int64_t tick) noexcept {
    return static_cast<std::size_t>(tick < 0 ? 0 : tick) % slices;
  }

  std::chrono::seconds width_;
  std::array<Slice, slices> ring_{};
};

}  // namespace sallyport::admin
