#include "upstream/breaker.hpp"

#include <algorithm>

namespace sallyport::upstream {
namespace {

constexpr std::chrono::milliseconds probe_takes{1000};  // what callers are told while a probe is under way

Breaker::Scope scope_of(std::string_view caller, std::string_view tool) {
  using Scope = Breaker::Scope;
  if (caller.empty()) return tool.empty() ? Scope::server : Scope::tool;
  return tool.empty() ? Scope::caller : Scope::caller_tool;
}

}  // namespace

std::string_view name(Breaker::State state) noexcept {
  switch (state) {
    case Breaker::State::closed:
      return "closed";
    case Breaker::State::half_open:
      return "half_open";
    case Breaker::State::open:
      return "open";
  }
  return "";
}

std::string_view name(Breaker::Scope scope) noexcept {
  switch (scope) {
    case Breaker::Scope::server:
      return "server";
    case Breaker::Scope::tool:
      return "tool";
    case Breaker::Scope::caller:
      return "caller";
    case Breaker::Scope::caller_tool:
      return "caller_tool";
  }
  return "";
}

template <class Self, class Function>
void Breaker::each(Self& self, Function function) {
  function(self.all_, Key());
  for (auto& [key, gate] : self.parts_) function(gate, key);
}

std::optional<Breaker::Refusal> Breaker::refusal(SteadyTime now, std::string_view caller,
                                                 std::string_view tool) const {
  if (closed()) return std::nullopt;
  const auto wait = [&](const Gate& gate, Scope scope) -> std::optional<Refusal> {
    if (gate.state == State::closed) return std::nullopt;
    if (gate.state == State::half_open || gate.probe_at <= now) return Refusal{scope, probe_takes};
    return Refusal{scope, std::chrono::ceil<std::chrono::milliseconds>(gate.probe_at - now)};
  };
  if (auto refused = wait(all_, Scope::server)) return refused;
  if (parts_.empty()) return std::nullopt;
  const std::string who(caller), what(tool);
  for (const Key& key : {Key(who, what), Key(who, ""), Key("", what)}) {
    const auto found = parts_.find(key);
    if (found == parts_.end()) continue;
    if (auto refused = wait(found->second, scope_of(key.first, key.second))) return refused;
  }
  return std::nullopt;
}

void Breaker::Answers::turn(SteadyTime at, std::chrono::milliseconds half) noexcept {
  if (at < half_began + half) return;
  before = at < half_began + 2 * half ? now : 0;
  now = 0;
  half_began = at;
}

std::uint32_t Breaker::threshold(Gate& gate, SteadyTime now) const noexcept {
  gate.answers.turn(now, rule_->window / 2);
  const std::uint64_t most = std::uint64_t{rule_->failures} * most_failures;
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(gate.answers.count() / answers_a_failure, rule_->failures, most));
}

// The oldest failure is made up for.
void Breaker::make_up(Gate& gate, SteadyTime now) const {
  gate.answers.turn(now, rule_->window / 2);
  ++gate.answers.now;
  if (gate.failures.empty()) return;
  const auto oldest = std::ranges::find(gate.failures, std::uint64_t{0}, &Failure::incident);
  if (oldest != gate.failures.end()) gate.failures.erase(oldest);
}

// One that failed lately knows how many answers there were meanwhile.
bool Breaker::unused(const Gate& gate, SteadyTime now) const noexcept {
  return gate.state == State::closed && gate.last_failed + rule_->window <= now;
}

void Breaker::sweep(SteadyTime now) {
  sweep_at_ = now + rule_->window;
  std::erase_if(parts_, [&](const auto& entry) { return unused(entry.second, now); });
}

void Breaker::answered(SteadyTime now, std::string_view caller, std::string_view tool) {
  make_up(all_, now);
  if (parts_.empty()) return;
  if (now >= sweep_at_) sweep(now);
  const std::string who(caller), what(tool);
  for (const Key& key : {Key(who, what), Key(who, ""), Key("", what)}) {
    const auto found = parts_.find(key);
    if (found != parts_.end()) make_up(found->second, now);
  }
}

void Breaker::forget_old(Gate& gate, SteadyTime now) const {
  while (!gate.failures.empty() && gate.failures.front().when + rule_->window <= now)
    gate.failures.pop_front();
}

Breaker::Gate* Breaker::part(const Key& key, SteadyTime now) {
  if (const auto found = parts_.find(key); found != parts_.end()) return &found->second;
  if (parts_.size() >= max_parts) sweep(now);
  if (parts_.size() >= max_parts) {  // the one that failed longest ago makes room
    auto oldest = parts_.end();
    for (auto it = parts_.begin(); it != parts_.end(); ++it) {
      if (it->second.state != State::closed) continue;
      if (oldest == parts_.end() || it->second.last_failed < oldest->second.last_failed) oldest = it;
    }
    if (oldest == parts_.end()) return nullptr;
    parts_.erase(oldest);
  }
  return &parts_[key];
}

Breaker::Part Breaker::describe(const Gate& gate, const Key& key, SteadyTime now) {
  const auto probe_in = gate.state == State::open && gate.probe_at > now
                            ? std::chrono::ceil<std::chrono::milliseconds>(gate.probe_at - now)
                            : std::chrono::milliseconds(0);
  return {scope_of(key.first, key.second), key.first, key.second, gate.state, probe_in};
}

void Breaker::set(Gate& gate, const Key& key, State state, SteadyTime now) {
  if (gate.state == state) return;
  if (gate.state == State::closed) ++not_closed_;
  if (state == State::closed) --not_closed_;
  gate.state = state;
  changes_.push_back(describe(gate, key, now));
}

// The failure of an incident that is counted already: true. It is laid to the caller who had more of them.
bool Breaker::blame(Gate& gate, const Failure& failure, std::optional<std::uint32_t> share) {
  if (failure.incident == 0) return false;
  const auto counted = std::ranges::find(gate.failures, failure.incident, &Failure::incident);
  if (counted == gate.failures.end()) return false;
  const auto had = [&](const std::string& caller) {
    return std::ranges::count(gate.failures, caller, &Failure::caller) - (caller == counted->caller ? 1 : 0);
  };
  if (had(failure.caller) <= had(counted->caller)) return true;
  if (share && had(failure.caller) >= *share) {
    gate.failures.erase(counted);
  } else {
    counted->caller = failure.caller;
  }
  return true;
}

void Breaker::count(Gate& gate, const Key& key, Failure failure, bool shared) {
  if (gate.state != State::closed) return;
  const SteadyTime now = failure.when;
  forget_old(gate, now);
  gate.last_failed = now;
  const std::uint32_t enough = threshold(gate, now);
  const auto share = shared ? std::optional(std::max(enough / 2, 1U)) : std::nullopt;
  if (blame(gate, failure, share)) return;
  const auto had = std::ranges::count(gate.failures, failure.caller, &Failure::caller);
  if (share && !failure.caller.empty() && had >= *share) {
    gate.failures.erase(std::ranges::find(gate.failures, failure.caller, &Failure::caller));
  }
  gate.failures.push_back(std::move(failure));
  if (gate.failures.size() < enough) return;
  gate.failures.clear();
  gate.probe_at = now + rule_->open;
  set(gate, key, State::open, now);
}

void Breaker::failed(SteadyTime now, std::string_view caller, std::uint64_t incident) {
  const std::string who(caller);
  count(all_, Key(), {now, who, incident}, true);
  if (who.empty()) return;
  const Key key(who, "");
  if (Gate* const own = part(key, now)) count(*own, key, {now, who, incident}, false);
}

void Breaker::tool_failed(SteadyTime now, std::string_view caller, std::string_view tool) {
  const std::string who(caller), what(tool);
  const Key everybody("", what), own(who, what);
  if (Gate* const gate = part(everybody, now)) count(*gate, everybody, {now, who, 0}, true);
  if (who.empty()) return;
  if (Gate* const gate = part(own, now)) count(*gate, own, {now, who, 0}, false);
}

std::optional<SteadyTime> Breaker::next_probe() const {
  if (closed()) return std::nullopt;
  std::optional<SteadyTime> next;
  each(*this, [&](const Gate& gate, const Key&) {
    if (gate.state == State::open && (!next || gate.probe_at < *next)) next = gate.probe_at;
  });
  return next;
}

void Breaker::probing(SteadyTime now) {
  each(*this, [&](Gate& gate, const Key& key) {
    if (gate.state == State::open && gate.probe_at <= now) set(gate, key, State::half_open, now);
  });
}

void Breaker::probed(SteadyTime now, bool answered) {
  each(*this, [&](Gate& gate, const Key& key) {
    if (gate.state != State::half_open) return;
    if (!answered) gate.probe_at = now + rule_->open;
    set(gate, key, answered ? State::closed : State::open, now);
  });
  sweep(now);
}

void Breaker::postpone(SteadyTime until) noexcept {
  if (all_.state == State::open) all_.probe_at = std::max(all_.probe_at, until);
}

std::vector<Breaker::Part> Breaker::open_parts(SteadyTime now) const {
  std::vector<Part> open;
  each(*this, [&](const Gate& gate, const Key& key) {
    if (gate.state != State::closed) open.push_back(describe(gate, key, now));
  });
  return open;
}

}  // namespace sallyport::upstream
