#include "admin/overview.hpp"

#include "admin/call_json.hpp"
#include "base/dates.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <ranges>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace sallyport::admin {
namespace {

namespace json = boost::json;

json::value millis(std::optional<std::chrono::microseconds> latency) {
  if (!latency) return nullptr;
  return static_cast<double>(latency->count()) / 1000;
}

// "p50", "p90", "p99", "max", in milliseconds; null without calls.
void add_latency(json::object& object, const LatencyHistogram& latency) {
  object["p50"] = millis(latency.quantile(0.5));
  object["p90"] = millis(latency.quantile(0.9));
  object["p99"] = millis(latency.quantile(0.99));
  object["max"] = latency.count() > 0 ? millis(latency.max()) : json::value();
}

json::object rate_json(const CallStats& stats, SteadyTime now) {
  json::array calls;
  json::array failed;
  for (const CallStats::Rate& rate : stats.rate(now)) {
    calls.push_back(rate.calls);
    failed.push_back(rate.failed);
  }
  return {{"stepSeconds", 1}, {"calls", std::move(calls)}, {"failed", std::move(failed)}};
}

json::object latency_json(const CallStats& stats, SteadyTime now) {
  json::array p50;
  json::array p95;
  for (const CallStats::Latency& latency : stats.latency(now)) {
    p50.push_back(millis(latency.p50));
    p95.push_back(millis(latency.p95));
  }
  return {{"stepSeconds", CallStats::slice.count()}, {"p50", std::move(p50)}, {"p95", std::move(p95)}};
}

// The counts that are not 0, the greatest first.
template <class Enum, class Name, std::size_t size>
json::array counts_json(const std::array<std::uint32_t, size>& counts, std::string_view key, Name name) {
  std::vector<std::pair<std::uint32_t, Enum>> sorted;
  for (std::size_t i = 0; i < size; ++i) {
    if (counts[i] > 0) sorted.emplace_back(counts[i], static_cast<Enum>(i));
  }
  std::ranges::sort(sorted, [](const auto& a, const auto& b) {
    return std::pair(b.first, a.second) < std::pair(a.first, b.second);
  });
  json::array array;
  for (const auto& [count, value] : sorted) {
    array.push_back(json::object{{key, json_text(name(value))}, {"count", count}});
  }
  return array;
}

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value() : json::value(json_text(text));
}

json::object target_json(const CallStats::Target& target) {
  json::object object;
  object["method"] = text_or_null(protocol::name(target.method));
  object["server"] = text_or_null(target.server);
  object["target"] = text_or_null(target.name);
  object["calls"] = target.total.calls;
  object["failed"] = target.total.failed;
  add_latency(object, target.latency);
  return object;
}

json::object window_json(const CallStats::Window& window, std::chrono::seconds span) {
  json::object object;
  object["seconds"] = span.count();
  object["calls"] = window.calls;
  object["failed"] = window.failed;
  add_latency(object, window.latency);
  object["byCode"] = counts_json<Code>(window.by_code, "code", [](Code code) { return wire_name(code); });
  object["byKind"] = counts_json<Kind>(window.by_kind, "kind", [](Kind kind) { return name(kind); });
  json::array strategies;
  for (std::size_t i = 0; i < CallStats::strategies; ++i) {
    const CallStats::Recovery& recovery = window.by_strategy[i];
    if (recovery.tried == 0) continue;
    strategies.push_back({{"strategy", json_text(name(static_cast<Strategy>(i)))},
                          {"tried", recovery.tried},
                          {"recovered", recovery.recovered}});
  }
  object["byStrategy"] = std::move(strategies);
  json::array targets;
  for (const CallStats::Target& target : window.targets) targets.push_back(target_json(target));
  object["byTarget"] = std::move(targets);
  return object;
}

// The newest first, as a webhook gets them.
json::array alerts_json(const alerts::Alerts& alerts) {
  json::array array;
  for (const alerts::Alert& alert : alerts.recent() | std::views::reverse)
    array.push_back(json::parse(alert_json(alert)));
  return array;
}

json::object servers_json(const upstream::Fleet& fleet) {
  json::object states{{"idle", 0}, {"starting", 0}, {"up", 0}, {"down", 0}, {"disabled", 0}};
  std::uint64_t in_flight = 0;
  for (const auto& member : fleet.current()->members()) {
    const upstream::Server* const server = member->server().get();
    json::value& state = states[upstream::name(server->state())];
    state = (state.is_number() ? state.to_number<std::int64_t>() : 0) + 1;
    in_flight += server->in_flight();
  }
  states["inFlight"] = in_flight;
  return states;
}

}  // namespace

std::string overview_json(const Running& running, const upstream::Fleet& fleet, const alerts::Alerts& alerts,
                          const CallStats& stats, SteadyTime now, std::chrono::seconds window) {
  json::object object;
  object["version"] = SALLYPORT_VERSION;
  object["run"] = running.run;
  object["started"] = format_rfc3339(running.started);
  object["now"] = format_rfc3339_millis(running.now);
  object["draining"] = running.draining;
  json::array urls;
  for (const std::string& url : running.mcp_urls) urls.push_back(json_text(url));
  object["mcp"] = std::move(urls);
  const CallStats::Totals& totals = stats.totals();
  object["reload"] = reload_json(running.reload);
  object["totals"] = {{"requests", totals.requests}, {"calls", totals.calls}, {"failed", totals.failed}};
  object["servers"] = servers_json(fleet);
  object["rate"] = rate_json(stats, now);
  object["latency"] = latency_json(stats, now);
  object["alerts"] = alerts_json(alerts);
  object["window"] = window_json(stats.window(now, window), window);
  return json::serialize(object) + "\n";
}

}  // namespace sallyport::admin
