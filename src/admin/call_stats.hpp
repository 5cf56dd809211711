// Calls per second, latency and failures by code, kind and tool over the last minutes, in memory that does
// not grow.
#pragma once

#include "admin/latency_histogram.hpp"
#include "admin/slices.hpp"
#include "errors/catalog.hpp"
#include "errors/code.hpp"
#include "errors/kind.hpp"
#include "telemetry/call_record.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::admin {

// A request that has a server do something, or read something of it: what people mean by a call. Lists,
// handshakes and pings are not.
bool is_call(protocol::Method method) noexcept;

// Ended with an error that its caller did not ask for: a cancelled call did not fail.
bool failed(const telemetry::Outcome& outcome) noexcept;

// Time comes with each question, by the steady clock: nothing here reads a clock.
class CallStats {
 public:
  static constexpr std::size_t seconds_kept = 300;  // calls per second, second by second
  static constexpr std::chrono::seconds slice{15};  // all else
  static constexpr std::size_t slices_kept = 60;    // a quarter of an hour
  static constexpr std::size_t max_targets = 200;   // what comes after them counts as one other

  void add(const telemetry::CallRecord& record, SteadyTime now);

  struct Rate {
    std::uint32_t calls = 0;
    std::uint32_t failed = 0;
  };
  // The last `seconds_kept` seconds, oldest first, the one under way included.
  std::vector<Rate> rate(SteadyTime now) const;

  struct Latency {
    std::optional<std::chrono::microseconds> p50;
    std::optional<std::chrono::microseconds> p95;
  };
  // The last `slices_kept` slices, oldest first.
  std::vector<Latency> latency(SteadyTime now) const;

  struct Target {
    protocol::Method method = protocol::Method::unknown;
    std::string server;  // empty: none was found
    std::string name;    // of a tool or prompt that its server lists; empty for others
    Rate total{};
    LatencyHistogram latency{};
  };
  // Calls that a strategy was tried for, and how many of them it helped.
  struct Recovery {
    std::uint32_t tried = 0;
    std::uint32_t recovered = 0;
  };
  static constexpr std::size_t strategies = static_cast<std::size_t>(Strategy::ignore) + 1;
  using Recoveries = std::array<Recovery, strategies>;

  struct Window {
    std::uint64_t calls = 0;
    std::uint64_t failed = 0;
    LatencyHistogram latency;
    std::array<std::uint32_t, code_count> by_code{};
    std::array<std::uint32_t, kind_count> by_kind{};
    Recoveries by_strategy{};
    std::vector<Target> targets;  // the busiest first, those without a call left out
  };
  // What ended within the last `span`, in whole slices; the one under way included.
  Window window(SteadyTime now, std::chrono::seconds span) const;

  struct Totals {
    std::uint64_t requests = 0;  // all, lists and handshakes included
    std::uint64_t calls = 0;
    std::uint64_t failed = 0;
  };
  const Totals& totals() const noexcept { return totals_; }  // since the start

 private:
  struct Slice {
    Rate total;
    LatencyHistogram latency;
    std::array<std::uint32_t, code_count> by_code{};
    std::array<std::uint32_t, kind_count> by_kind{};
    Recoveries by_strategy{};
  };
  struct TargetSlice {
    Rate total;
    LatencyHistogram latency;
  };
  struct TargetKey {
    protocol::Method method;
    std::string_view server;
    std::string_view name;
    friend auto operator<=>(const TargetKey&, const TargetKey&) = default;
  };
  struct Counted {
    std::string server;
    std::string name;
    SteadyTime last{};
    Slices<TargetSlice, slices_kept> slices{slice};
  };

  Counted& counted(const telemetry::CallRecord& record, SteadyTime now);
  bool make_room(SteadyTime now);

  Totals totals_;
  Slices<Rate, seconds_kept> seconds_{std::chrono::seconds(1)};
  std::unique_ptr<Slices<Slice, slices_kept>> slices_ = std::make_unique<Slices<Slice, slices_kept>>(slice);
  std::map<TargetKey, std::unique_ptr<Counted>> targets_;  // the keys' texts are those of the values
  SteadyTime look_again_{};                                // for room
};

}  // namespace sallyport::admin
