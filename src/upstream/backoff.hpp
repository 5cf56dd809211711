// When a server that failed is tried again.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>

namespace sallyport::upstream {

// The first failure after a good time is followed by a try at once; then 250 ms, doubled each time up to a
// minute, with up to a fifth added at random so that many gateways do not come back together. Never gives up.
// Pure: the clock is the caller's.
class Backoff {
 public:
  void up(SteadyTime now) noexcept { up_since_ = now; }

  // The server failed, or failed to start. `random` in [0, 1).
  std::chrono::milliseconds down(SteadyTime now, double random) noexcept;

  std::uint32_t failures() const noexcept { return failures_; }

 private:
  SteadyTime up_since_ = SteadyTime::max();
  std::uint32_t failures_ = 0;
};

}  // namespace sallyport::upstream
