#include "recovery/adaptive_limit.hpp"

#include <algorithm>

namespace sallyport::recovery {

std::uint32_t AdaptiveLimit::limit(std::uint32_t most) const noexcept {
  if (!reduced_) return most;
  return std::min(most, std::max(floor, static_cast<std::uint32_t>(limit_)));
}

bool AdaptiveLimit::answered(std::uint32_t in_flight, std::uint32_t most) noexcept {
  // A limit that nobody reaches is not known to be too low.
  if (!reduced_ || in_flight * 2 < limit(most)) return false;
  const std::uint32_t before = limit(most);
  limit_ += limit_ < target_ ? 1 : 1 / limit_;
  reduced_ = limit_ < most;
  return limit(most) != before;
}

bool AdaptiveLimit::overloaded(std::uint32_t in_flight, std::uint32_t most, SteadyTime now) noexcept {
  if (reduced_ && now < cut_at_ + hold) return false;
  const std::uint32_t before = limit(most);
  // What was in flight was too much, however much more was allowed.
  const double reached = std::clamp<double>(in_flight, 1, before);
  reduced_ = true;
  limit_ = std::max<double>(floor, reached * cut);
  target_ = std::max<double>(floor, reached / 2);
  cut_at_ = now;
  return limit(most) != before;
}

}  // namespace sallyport::recovery
