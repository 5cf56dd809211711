#include "upstream/backoff.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::upstream {
namespace {
constexpr std::chrono::milliseconds good_time{10000};
constexpr std::chrono::milliseconds first_delay{250};
constexpr std::chrono::milliseconds longest_delay{60000};
}  // namespace

std::chrono::milliseconds Backoff::down(SteadyTime now, double random) noexcept {
  const SteadyTime up_since = std::exchange(up_since_, SteadyTime::max());
  if (up_since != SteadyTime::max() && now - up_since >= good_time) failures_ = 0;
  const std::uint32_t doublings = std::min(failures_, 16u);
  if (failures_++ == 0) return std::chrono::milliseconds(0);
  const auto delay = std::min(first_delay * (1u << (doublings - 1)), longest_delay);
  return delay + std::chrono::milliseconds(
                     static_cast<std::int64_t>(static_cast<double>(delay.count()) * 0.2 * random));
}

}  // namespace sallyport::upstream
