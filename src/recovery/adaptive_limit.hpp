// How many calls one server can take at a time, learnt from how it answers: fewer when it says that it is
// overloaded, more again while it does not.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>

namespace sallyport::recovery {

// Additive increase, multiplicative decrease, and a quick way back to half of what was too much. Pure: the
// clock is the caller's. Until it is told of an overload the limit is what its user allows.
class AdaptiveLimit {
 public:
  static constexpr std::uint32_t floor = 4;  // it never falls lower, whatever it is told
  static constexpr double cut = 0.7;
  static constexpr std::chrono::milliseconds hold{1000};  // answers to one burst are one overload

  // At most `most`, which may be lower than the floor.
  std::uint32_t limit(std::uint32_t most) const noexcept;

  // One of `in_flight` calls was answered, itself counted. True: the limit is another one now.
  bool answered(std::uint32_t in_flight, std::uint32_t most) noexcept;

  // One of `in_flight` was refused for overload.
  bool overloaded(std::uint32_t in_flight, std::uint32_t most, SteadyTime now) noexcept;

  bool reduced() const noexcept { return reduced_; }

 private:
  bool reduced_ = false;
  double limit_ = 0;   // while it is reduced
  double target_ = 0;  // up to it each answer adds one, beyond it a share
  SteadyTime cut_at_{};
};

}  // namespace sallyport::recovery
