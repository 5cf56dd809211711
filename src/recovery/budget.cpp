#include "recovery/budget.hpp"

#include <algorithm>

namespace sallyport::recovery {
namespace {

constexpr double almost_one = 1 - 1e-9;  // tenths do not add up to wholes

}  // namespace

void Budget::set_limit(const BudgetLimit& limit) noexcept {
  if (limit == limit_) return;
  limit_ = limit;
  slots_ = {};
  floor_ = static_cast<double>(limit.floor);
}

Budget::Slot& Budget::slot_of(SteadyTime now) noexcept {
  const std::int64_t number = now.time_since_epoch() / (window / static_cast<std::int64_t>(slots));
  for (newest_ = std::max(newest_, number - static_cast<std::int64_t>(slots)); newest_ < number;)
    slots_[static_cast<std::size_t>(++newest_) % slots] = {};
  return slots_[static_cast<std::size_t>(newest_) % slots];
}

double Budget::left(const Slot& slot) const noexcept {
  return limit_.share * static_cast<double>(slot.offered) - slot.taken;
}

void Budget::offered(SteadyTime now) noexcept {
  ++slot_of(now).offered;
}

bool Budget::take(SteadyTime now) noexcept {
  return take_saved(now) || take_floor(now);
}

// The oldest first: it goes away next.
bool Budget::take_saved(SteadyTime now) noexcept {
  slot_of(now);
  double saved = 0;
  for (const Slot& slot : slots_) saved += left(slot);
  if (saved < almost_one) return false;
  double wanted = 1;
  for (std::size_t i = 1; i <= slots; ++i) {
    Slot& slot = slots_[(static_cast<std::size_t>(newest_) + i) % slots];
    const double part = std::min(wanted, left(slot));
    slot.taken += part;
    wanted -= part;
  }
  return true;
}

bool Budget::take_floor(SteadyTime now) noexcept {
  const auto most = static_cast<double>(limit_.floor);
  if (filled_ == SteadyTime()) filled_ = now;
  if (now > filled_ && limit_.per.count() > 0) {
    const double passed = std::chrono::duration<double, std::milli>(now - filled_).count();
    floor_ = std::min(most, floor_ + passed * most / static_cast<double>(limit_.per.count()));
    filled_ = now;
  }
  if (floor_ < 1) return false;
  floor_ -= 1;
  return true;
}

}  // namespace sallyport::recovery
