// Token buckets and the layer that asks them, on a clock turned by hand.
#include "layers/rate/rate.hpp"

#include "unit/layers/asked.hpp"

#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(TokenBuckets, SpendsAtOnceAndGetsBackEvenly) {
  ManualClock clock;
  TokenBuckets buckets({.count = 4, .per = seconds(1)});
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(buckets.take("a", clock.now())) << i;
  EXPECT_EQ(buckets.take("a", clock.now()), milliseconds(250));
  EXPECT_FALSE(buckets.take("b", clock.now())) << "each key has its own";
  clock.advance(milliseconds(100));
  EXPECT_EQ(buckets.take("a", clock.now()), milliseconds(150)) << "a refusal costs nothing";
  clock.advance(milliseconds(150));
  EXPECT_FALSE(buckets.take("a", clock.now()));
  EXPECT_TRUE(buckets.take("a", clock.now()));
}

TEST(TokenBuckets, NeverHoldsMoreThanItsCount) {
  ManualClock clock;
  TokenBuckets buckets({.count = 2, .per = seconds(1)});
  EXPECT_FALSE(buckets.take("a", clock.now()));
  clock.advance(std::chrono::hours(24));
  EXPECT_FALSE(buckets.take("a", clock.now()));
  EXPECT_FALSE(buckets.take("a", clock.now()));
  EXPECT_TRUE(buckets.take("a", clock.now()));
}

TEST(TokenBuckets, TheWaitThatItNamesIsEnough) {
  for (const RateLimit limit : {RateLimit{3, seconds(1)}, RateLimit{7, seconds(60)},
                                RateLimit{1, milliseconds(3)}, RateLimit{1000000, seconds(1)}}) {
    ManualClock clock;
    TokenBuckets buckets(limit);
    for (std::uint64_t i = 0; i < limit.count; ++i) ASSERT_FALSE(buckets.take("a", clock.now()));
    const auto wait = buckets.take("a", clock.now());
    ASSERT_TRUE(wait);
    EXPECT_GT(*wait, milliseconds(0));
    clock.advance(*wait);
    EXPECT_FALSE(buckets.take("a", clock.now())) << limit.count;
  }
}

TEST(TokenBuckets, ForgetsWhoWasSeenLeastRecently) {
  const ManualClock clock;
  TokenBuckets buckets({.count = 1, .per = seconds(1)}, 2);
  EXPECT_FALSE(buckets.take("a", clock.now()));
  EXPECT_FALSE(buckets.take("b", clock.now()));
  EXPECT_TRUE(buckets.take("a", clock.now())) << "seen again";
  EXPECT_FALSE(buckets.take("c", clock.now()));
  EXPECT_TRUE(buckets.take("a", clock.now())) << "a stays";
  EXPECT_FALSE(buckets.take("b", clock.now())) << "b was forgotten, and c goes for it";
  EXPECT_FALSE(buckets.take("c", clock.now()));
}

struct RateTest : ::testing::Test {
  Result<pipeline::Reply> ask(Rate& rate, std::string_view name, std::string_view source,
                              std::string text = tools_call("t")) {
    Asked asked(std::move(text));
    asked.principal = {std::string(name), std::string(source)};
    return testing::run(loop, rate.call(asked.call));
  }
  task::Loop loop;
  testing::ManualTimers timers;
  int through = 0;
  TokenBuckets one{RateLimit{1, seconds(1)}};
};

TEST_F(RateTest, RefusesWithTheTimeToWait) {
  Rate rate(Next::counting(through), timers, &one, false);
  EXPECT_TRUE(ask(rate, "ann", "1"));
  const auto refused = ask(rate, "ann", "2");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::limit_rate_limited);
  EXPECT_EQ(refused.error().executed(), Executed::no);
  EXPECT_EQ(refused.error().retry_after(), milliseconds(1000));
  EXPECT_TRUE(ask(rate, "bob", "2"));
  timers.advance(seconds(1));
  EXPECT_TRUE(ask(rate, "ann", "1"));
  EXPECT_EQ(through, 3);
}

TEST_F(RateTest, CallersMayBeToldApartByTheirAddress) {
  Rate rate(Next::counting(through), timers, &one, true);
  EXPECT_TRUE(ask(rate, "ann", "1"));
  EXPECT_TRUE(ask(rate, "ann", "2"));
  EXPECT_FALSE(ask(rate, "bob", "2"));
}

TEST_F(RateTest, WhatWasSpentOutlivesTheLayer) {
  Rate before(Next::counting(through), timers, &one, false);
  EXPECT_TRUE(ask(before, "ann", "1"));
  one.set_limit({2, seconds(1)});
  Rate after(Next::counting(through), timers, &one, false);
  EXPECT_FALSE(ask(after, "ann", "1"));
  timers.advance(seconds(1));
  EXPECT_TRUE(ask(after, "ann", "1"));
  EXPECT_TRUE(ask(after, "ann", "1"));
}

TEST_F(RateTest, PingIsFreeAndSoIsEverythingWithoutALimit) {
  const std::string ping = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  Rate limited(Next::counting(through), timers, &one, false);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask(limited, "ann", "1", ping));
  EXPECT_TRUE(ask(limited, "ann", "1"));
  Rate free(Next::counting(through), timers, nullptr, false);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask(free, "ann", "1"));
}

}  // namespace
}  // namespace sallyport::layers
