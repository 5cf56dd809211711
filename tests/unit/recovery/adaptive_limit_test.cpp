// A limit that follows what a server can take, against an injected clock.
#include "recovery/adaptive_limit.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::recovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t most = 64;
const SteadyTime start = SteadyTime(std::chrono::hours(1));

TEST(AdaptiveLimit, IsWhatItsUserAllowsUntilAnOverload) {
  AdaptiveLimit limit;
  EXPECT_EQ(limit.limit(most), most);
  for (std::uint32_t i = 1; i < 1000; ++i) EXPECT_FALSE(limit.answered(i % most, most));
  EXPECT_EQ(limit.limit(most), most);
  EXPECT_EQ(limit.limit(2), 2U);
}

TEST(AdaptiveLimit, AnOverloadCutsWhatWasInFlight) {
  AdaptiveLimit limit;
  EXPECT_TRUE(limit.overloaded(20, most, start));
  EXPECT_EQ(limit.limit(most), 14U);
  EXPECT_FALSE(limit.overloaded(20, most, start + milliseconds(999))) << "the same burst";
  EXPECT_TRUE(limit.overloaded(14, most, start + seconds(1)));
  EXPECT_EQ(limit.limit(most), 9U);
}

TEST(AdaptiveLimit, NeverFallsBelowItsFloor) {
  AdaptiveLimit limit;
  for (int i = 0; i < 100; ++i) limit.overloaded(1, most, start + seconds(i));
  EXPECT_EQ(limit.limit(most), AdaptiveLimit::floor);
  EXPECT_EQ(limit.limit(2), 2U) << "but its user's word stands above";
}

TEST(AdaptiveLimit, GrowsWhileItIsUsedAndNotOtherwise) {
  AdaptiveLimit limit;
  limit.overloaded(20, most, start);
  for (int i = 0; i < 10'000; ++i) limit.answered(2, most);
  EXPECT_EQ(limit.limit(most), 14U) << "two calls at a time prove nothing";
  int answers = 0;
  while (limit.limit(most) < most && answers < 100'000) {
    limit.answered(limit.limit(most), most);
    ++answers;
  }
  EXPECT_FALSE(limit.reduced());
  EXPECT_LT(answers, 3000);
}

// Whatever happens: the limit stays within its bounds, an answer never lowers it, an overload never raises
// it, and it is cut at most once in `hold`.
RC_GTEST_PROP(AdaptiveLimit, StaysWithinItsBounds, ()) {
  const auto allowed = *rc::gen::inRange<std::uint32_t>(1, 200);
  AdaptiveLimit limit;
  SteadyTime now = start;
  SteadyTime last_cut{};
  for (const auto& [overload, in_flight, wait] :
       *rc::gen::container<std::vector<std::tuple<bool, std::uint32_t, int>>>(rc::gen::tuple(
           rc::gen::arbitrary<bool>(), rc::gen::inRange<std::uint32_t>(0, 300), rc::gen::inRange(0, 800)))) {
    now += milliseconds(wait);
    const std::uint32_t before = limit.limit(allowed);
    const bool changed =
        overload ? limit.overloaded(in_flight, allowed, now) : limit.answered(in_flight, allowed);
    const std::uint32_t after = limit.limit(allowed);
    RC_ASSERT(changed == (before != after));
    RC_ASSERT(after <= allowed);
    RC_ASSERT(after >= std::min(allowed, AdaptiveLimit::floor));
    if (overload) RC_ASSERT(after <= before);
    if (!overload) RC_ASSERT(after >= before);
    if (overload && changed) {
      RC_ASSERT(last_cut == SteadyTime{} || now - last_cut >= AdaptiveLimit::hold || before == allowed);
      last_cut = now;
    }
  }
}

// A server that takes so many at a time and refuses the others: the limit ends up near it.
RC_GTEST_PROP(AdaptiveLimit, FindsWhatTheServerTakes, ()) {
  const auto takes = *rc::gen::inRange<std::uint32_t>(AdaptiveLimit::floor, 60);
  AdaptiveLimit limit;
  SteadyTime now = start;
  std::uint64_t sum = 0;
  constexpr int rounds = 2000;
  for (int round = 0; round < 2 * rounds; ++round) {
    now += milliseconds(100);
    const std::uint32_t in_flight = limit.limit(most);
    for (std::uint32_t i = 0; i < in_flight; ++i) {
      if (i < takes)
        limit.answered(in_flight, most);
      else
        limit.overloaded(in_flight, most, now);
    }
    if (round >= rounds) sum += limit.limit(most);
  }
  const double mean = static_cast<double>(sum) / rounds;
  RC_ASSERT(mean >= std::max<double>(AdaptiveLimit::floor, 0.5 * takes));
  RC_ASSERT(mean <= 1.8 * takes + 4);
}

}  // namespace
}  // namespace sallyport::recovery
