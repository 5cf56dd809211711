// How many calls to one server may be tried again: a share of those that were made lately, and a few besides.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sallyport::recovery {

struct BudgetLimit {
  double share = 0.2;        // of the calls
  std::uint64_t floor = 10;  // besides, so many in each…
  std::chrono::milliseconds per{10000};

  bool operator==(const BudgetLimit&) const = default;
};

// Of one server. What the calls of the last `window` put in and nobody took is kept, however much: where many
// calls are in flight many fail at once, and a fixed bound would turn away what their number has paid for.
// What is older is gone: a long time without failures is no leave for a storm. (ADR 0018.) Pure: the clock is
// the caller's.
class Budget {
 public:
  static constexpr std::chrono::milliseconds window{10000};

  void set_limit(const BudgetLimit& limit) noexcept;
  const BudgetLimit& limit() const noexcept { return limit_; }

  // A call is made, for the first time.
  void offered(SteadyTime now) noexcept;

  // Takes one, if there is one.
  bool take(SteadyTime now) noexcept;

 private:
  static constexpr std::size_t slots = 10;
  struct Slot {
    std::uint64_t offered = 0;  // calls
    double taken = 0;           // of what they put in
  };

  Slot& slot_of(SteadyTime now) noexcept;
  double left(const Slot& slot) const noexcept;
  bool take_saved(SteadyTime now) noexcept;
  bool take_floor(SteadyTime now) noexcept;

  BudgetLimit limit_;
  std::array<Slot, slots> slots_{};  // a ring; each is for a tenth of the window
  std::int64_t newest_ = 0;          // the number of the last slot since the clock's beginning
  double floor_ = 10;
  SteadyTime filled_{};
};

}  // namespace sallyport::recovery
