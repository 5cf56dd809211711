#include "admin/call_stats.hpp"

#include "recovery/outcome.hpp"

#include <algorithm>
#include <tuple>

namespace sallyport::admin {
namespace {

std::chrono::microseconds micros(std::chrono::steady_clock::duration took) {
  return std::chrono::duration_cast<std::chrono::microseconds>(took);
}

void count(CallStats::Rate& rate, bool bad) {
  ++rate.calls;
  if (bad) ++rate.failed;
}

}  // namespace

bool is_call(protocol::Method method) noexcept {
  using protocol::Method;
  return method == Method::tools_call || method == Method::prompts_get || method == Method::resources_read ||
         method == Method::completion_complete;
}

bool failed(const telemetry::Outcome& outcome) noexcept {
  return outcome.code.has_value() && *outcome.code != Code::proto_cancelled;
}

void CallStats::add(const telemetry::CallRecord& record, SteadyTime now) {
  ++totals_.requests;
  if (!is_call(record.method)) return;
  const bool bad = failed(record.outcome);
  const auto took = micros(record.took);
  ++totals_.calls;
  if (bad) ++totals_.failed;
  count(seconds_.now(now), bad);
  Slice& here = slices_->now(now);
  count(here.total, bad);
  here.latency.add(took);
  if (record.outcome.code) {
    ++here.by_code[static_cast<std::size_t>(*record.outcome.code)];
    if (record.outcome.kind) ++here.by_kind[static_cast<std::size_t>(*record.outcome.kind)];
  }
  if (record.recovery) {
    Recovery& made = here.by_strategy[static_cast<std::size_t>(record.recovery->strategy)];
    ++made.tried;
    if (record.recovery->outcome == recovery::name(recovery::Outcome::recovered)) ++made.recovered;
  }
  TargetSlice& target = counted(record, now).slices.now(now);
  count(target.total, bad);
  target.latency.add(took);
}

// A name that no server lists was chosen by a caller: it is not worth a place.
CallStats::Counted& CallStats::counted(const telemetry::CallRecord& record, SteadyTime now) {
  TargetKey key{record.method, record.server, record.listed ? record.target : std::string_view()};
  auto found = targets_.find(key);
  if (found == targets_.end() && targets_.size() >= max_targets && !make_room(now)) {
    key = {protocol::Method::unknown, {}, {}};
    found = targets_.find(key);
  }
  if (found == targets_.end()) {
    auto made = std::make_unique<Counted>();
    made->server = key.server;
    made->name = key.name;
    const TargetKey own{key.method, made->server, made->name};
    found = targets_.emplace(own, std::move(made)).first;
  }
  found->second->last = now;
  return *found->second;
}

// Forgets a target that no window shows any more; looks for one once a slice.
bool CallStats::make_room(SteadyTime now) {
  if (now < look_again_) return false;
  look_again_ = now + slice;
  const auto oldest =
      std::ranges::min_element(targets_, {}, [](const auto& entry) { return entry.second->last; });
  if (oldest == targets_.end() || now - oldest->second->last <= slice * slices_kept) return false;
  targets_.erase(oldest);
  return true;
}

std::vector<CallStats::Rate> CallStats::rate(SteadyTime now) const {
  std::vector<Rate> rates;
  rates.reserve(seconds_kept);
  seconds_.last(now, seconds_kept, [&](const Rate* rate) { rates.push_back(rate ? *rate : Rate{}); });
  return rates;
}

std::vector<CallStats::Latency> CallStats::latency(SteadyTime now) const {
  std::vector<Latency> latencies;
  latencies.reserve(slices_kept);
  slices_->last(now, slices_kept, [&](const Slice* here) {
    latencies.push_back(here ? Latency{here->latency.quantile(0.5), here->latency.quantile(0.95)}
                             : Latency{});
  });
  return latencies;
}

CallStats::Window CallStats::window(SteadyTime now, std::chrono::seconds span) const {
  const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(span / slice, 1));
  const std::size_t slices = std::min(wanted, slices_kept);
  Window window;
  slices_->last(now, slices, [&](const Slice* here) {
    if (!here) return;
    window.calls += here->total.calls;
    window.failed += here->total.failed;
    window.latency.add(here->latency);
    for (std::size_t i = 0; i < code_count; ++i) window.by_code[i] += here->by_code[i];
    for (std::size_t i = 0; i < kind_count; ++i) window.by_kind[i] += here->by_kind[i];
    for (std::size_t i = 0; i < strategies; ++i) {
      window.by_strategy[i].tried += here->by_strategy[i].tried;
      window.by_strategy[i].recovered += here->by_strategy[i].recovered;
    }
  });
  for (const auto& [key, counted] : targets_) {
    Target target{.method = key.method, .server = counted->server, .name = counted->name};
    counted->slices.last(now, slices, [&](const TargetSlice* here) {
      if (!here) return;
      target.total.calls += here->total.calls;
      target.total.failed += here->total.failed;
      target.latency.add(here->latency);
    });
    if (target.total.calls > 0) window.targets.push_back(std::move(target));
  }
  std::ranges::sort(window.targets, [](const Target& a, const Target& b) {
    return std::tie(b.total.calls, a.server, a.name) < std::tie(a.total.calls, b.server, b.name);
  });
  return window;
}

}  // namespace sallyport::admin
