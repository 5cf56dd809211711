// Counts failures in sliding windows, by code, and says which are too many; and which caller causes too many
// of those that callers can cause at will. Pure: the clock is the caller's.
#pragma once

#include "base/clock.hpp"
#include "errors/catalog.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport::alerts {

struct Thresholds {
  std::chrono::milliseconds window{std::chrono::minutes(5)};
  std::array<std::uint32_t, 4> by_severity{50, 10, 5, 1};  // low to critical; 0: never

  std::uint32_t of(Code code) const noexcept {
    return by_severity[static_cast<std::size_t>(row(code).severity)];
  }
  bool operator==(const Thresholds&) const = default;
};

class Monitor {
 public:
  // A window is so many slices: what is older than it counts for a sixtieth of it longer at most, and what is
  // younger always counts.
  static constexpr std::size_t slices = 60;
  // Pairs of a caller and a code that are told apart; those that come when all are taken are one caller.
  static constexpr std::size_t max_callers = 1000;

  void set(const Thresholds& thresholds);  // forgets what was counted if they are different
  const Thresholds& thresholds() const noexcept { return thresholds_; }

  // A failure that a server or the gateway is to blame for. How many of this code the window holds, and since
  // when about, if they reach the threshold of its severity.
  struct TooMany {
    std::uint64_t count = 0;
    std::chrono::nanoseconds since{};  // before now
  };
  std::optional<TooMany> failed(Code code, SteadyTime now);
  std::uint64_t count(Code code, SteadyTime now) const;

  // A failure that this caller can cause at will: true when they reach the threshold, once in a window.
  bool caused(std::string_view caller, Code code, SteadyTime now);
  std::size_t callers() const noexcept { return callers_.size(); }

 private:
  struct Slice {
    std::int64_t tick = -1;
    std::uint64_t count = 0;
  };
  using Ring = std::array<Slice, slices + 1>;
  struct Caller {
    SteadyTime began{};
    std::uint64_t count = 0;
  };
  using CallerKey = std::pair<std::string, Code>;

  std::chrono::nanoseconds width() const noexcept;
  std::int64_t tick_of(SteadyTime now) const noexcept;
  TooMany held(const Ring& ring, SteadyTime now) const;
  Caller& caller(std::string_view name, Code code, SteadyTime now);
  void forget_callers(SteadyTime now);

  Thresholds thresholds_;
  std::array<std::unique_ptr<Ring>, code_count> rings_;
  std::map<CallerKey, Caller> callers_;
  SteadyTime look_again_{};  // for callers to forget
};

}  // namespace sallyport::alerts
