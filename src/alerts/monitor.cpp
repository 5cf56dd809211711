#include "alerts/monitor.hpp"

#include <algorithm>

namespace sallyport::alerts {
namespace {

constexpr std::chrono::seconds between_looks{1};

}  // namespace

void Monitor::set(const Thresholds& thresholds) {
  if (thresholds == thresholds_) return;
  thresholds_ = thresholds;
  for (auto& ring : rings_) ring.reset();
  callers_.clear();
}

std::chrono::nanoseconds Monitor::width() const noexcept {
  constexpr std::int64_t parts = slices;
  return (std::chrono::nanoseconds(thresholds_.window) + std::chrono::nanoseconds(parts - 1)) / parts;
}

std::int64_t Monitor::tick_of(SteadyTime now) const noexcept {
  return now.time_since_epoch() / width();
}

Monitor::TooMany Monitor::held(const Ring& ring, SteadyTime now) const {
  const std::int64_t tick = tick_of(now);
  TooMany all;
  for (const Slice& slice : ring) {
    const std::int64_t age = tick - slice.tick;
    if (slice.tick < 0 || age > static_cast<std::int64_t>(slices)) continue;
    all.count += slice.count;
    all.since = std::max(all.since, age * width());
  }
  return all;
}

std::optional<Monitor::TooMany> Monitor::failed(Code code, SteadyTime now) {
  auto& ring = rings_[static_cast<std::size_t>(code)];
  if (!ring) ring = std::make_unique<Ring>();
  const std::int64_t tick = tick_of(now);
  Slice& slice = (*ring)[static_cast<std::size_t>(tick) % ring->size()];
  if (slice.tick != tick) slice = Slice{tick, 0};
  ++slice.count;
  const std::uint32_t threshold = thresholds_.of(code);
  const TooMany all = held(*ring, now);
  if (threshold == 0 || all.count < threshold) return std::nullopt;
  return all;
}

std::uint64_t Monitor::count(Code code, SteadyTime now) const {
  const auto& ring = rings_[static_cast<std::size_t>(code)];
  return ring ? held(*ring, now).count : 0;
}

void Monitor::forget_callers(SteadyTime now) {
  if (now < look_again_) return;
  look_again_ = now + between_looks;
  std::erase_if(callers_, [&](const auto& each) { return now - each.second.began >= thresholds_.window; });
}

Monitor::Caller& Monitor::caller(std::string_view name, Code code, SteadyTime now) {
  if (const auto found = callers_.find(CallerKey(name, code)); found != callers_.end()) return found->second;
  if (callers_.size() >= max_callers) forget_callers(now);
  const bool room = callers_.size() < max_callers;
  return callers_.try_emplace(CallerKey(room ? name : "", code), Caller{now, 0}).first->second;
}

bool Monitor::caused(std::string_view name, Code code, SteadyTime now) {
  const std::uint32_t threshold = thresholds_.of(code);
  if (threshold == 0) return false;
  Caller& one = caller(name, code, now);
  if (now - one.began >= thresholds_.window) one = Caller{now, 0};
  return ++one.count == threshold;
}

}  // namespace sallyport::alerts
