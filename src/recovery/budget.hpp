// How many calls to one server may be tried again: a share of those that are made, and a few besides.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>

namespace sallyport::recovery {

struct BudgetLimit {
  double share = 0.2;        // of the calls
  std::uint64_t floor = 10;  // besides, so many in each…
  std::chrono::milliseconds per{10000};

  bool operator==(const BudgetLimit&) const = default;
};

// Of one server. What calls put in and nobody took is kept, up to `kept` retries: a long quiet time is no
// leave for a storm. Pure: the clock is the caller's.
class Budget {
 public:
  static constexpr double kept = 100;

  void set_limit(const BudgetLimit& limit) noexcept;
  const BudgetLimit& limit() const noexcept { return limit_; }

  // A call is made, for the first time.
  void offered() noexcept { ++offered_; }

  // Takes one, if there is one.
  bool take(SteadyTime now) noexcept;

 private:
  BudgetLimit limit_;
  std::uint64_t offered_ = 0;  // since `saved_` was reckoned
  double saved_ = 0;
  double floor_ = 10;
  SteadyTime filled_{};
};

}  // namespace sallyport::recovery
