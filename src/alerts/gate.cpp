#include "alerts/gate.hpp"

#include <algorithm>

namespace sallyport::alerts {

Gate::Verdict Gate::offer(const Alert& alert, SteadyTime now) {
  const Key key(alert.code, alert.server);
  const auto found = open_.find(key);
  if (found == open_.end()) {
    if (open_.size() >= max_open) return Verdict::no_room;
    open_.emplace(key, Open{now + window_, std::nullopt});
    return Verdict::pass;
  }
  std::optional<Alert>& more = found->second.more;
  const std::uint64_t before = more ? more->count : 0;
  const SystemTime first = more ? more->first : alert.last;
  more = alert;
  more->repeated = true;
  more->count = before + 1;
  more->first = first;
  return Verdict::counted;
}

std::optional<SteadyTime> Gate::next() const {
  if (open_.empty()) return std::nullopt;
  return std::ranges::min_element(open_, {}, [](const auto& each) { return each.second.ends; })->second.ends;
}

std::vector<Alert> Gate::end_windows(SteadyTime now) {
  std::vector<Alert> told;
  for (auto it = open_.begin(); it != open_.end();) {
    Open& open = it->second;
    if (open.ends > now) {
      ++it;
    } else if (open.more) {
      told.push_back(std::move(*open.more));
      open = Open{now + window_, std::nullopt};
      ++it;
    } else {
      it = open_.erase(it);
    }
  }
  return told;
}

std::vector<Alert> Gate::end_all() {
  std::vector<Alert> told;
  for (auto& [key, open] : open_)
    if (open.more) told.push_back(std::move(*open.more));
  open_.clear();
  return told;
}

}  // namespace sallyport::alerts
