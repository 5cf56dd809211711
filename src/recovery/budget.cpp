#include "recovery/budget.hpp"

#include <algorithm>

namespace sallyport::recovery {

void Budget::set_limit(const BudgetLimit& limit) noexcept {
  if (limit == limit_) return;
  limit_ = limit;
  saved_ = 0;
  offered_ = 0;
  floor_ = static_cast<double>(limit.floor);
}

bool Budget::take(SteadyTime now) noexcept {
  saved_ = std::min(kept, saved_ + limit_.share * static_cast<double>(offered_));
  offered_ = 0;
  if (saved_ >= 1) {
    saved_ -= 1;
    return true;
  }
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
