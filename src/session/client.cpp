#include "session/client.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::session {

using protocol::LogLevel;

void LogDemand::Wish::join(LogDemand& demand) noexcept {
  if (demand_) return;
  demand_ = &demand;
  ++demand.undecided_;
}

void LogDemand::Wish::set(LogDemand& demand, LogLevel level) noexcept {
  leave();
  demand_ = &demand;
  level_ = level;
  ++demand.wishes_[static_cast<std::size_t>(level)];
}

void LogDemand::Wish::leave() noexcept {
  LogDemand* const demand = std::exchange(demand_, nullptr);
  if (!demand) return;
  --(level_ ? demand->wishes_[static_cast<std::size_t>(*level_)] : demand->undecided_);
  level_.reset();
}

std::optional<LogLevel> LogDemand::lowest() const noexcept {
  std::optional<LogLevel> lowest;
  for (std::size_t level = protocol::log_level_count; level-- > 0;) {
    if (wishes_[level] > 0) lowest = static_cast<LogLevel>(level);
  }
  if (lowest && undecided_ > 0) return std::min(*lowest, LogLevel::info);
  return lowest;
}

}  // namespace sallyport::session
