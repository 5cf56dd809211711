#include "recovery/plan.hpp"

#include <gtest/gtest.h>

namespace sallyport::recovery {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds minute{60000};

Error refused() {
  return Error(Code::network_connection_failed).with_executed(Executed::no);
}

TEST(Plan, TellsTheLongestPausesOfARetry) {
  const Plan planned = plan(Policy(), refused(), {}, minute);
  EXPECT_EQ(planned.strategy, Strategy::retry);
  EXPECT_EQ(planned.attempts, 3U);
  EXPECT_EQ(planned.delays, (std::vector<milliseconds>{milliseconds(100), milliseconds(200)}));
  EXPECT_EQ(planned.why, "the catalogue's default");
}

TEST(Plan, FollowsARule) {
  Rule rule;
  rule.match.code = "NET_*";
  rule.strategy = Strategy::retry;
  rule.attempts = 5;
  rule.base = milliseconds(500);
  rule.max = milliseconds(1500);
  const Policy policy({rule});
  const Plan planned = plan(policy, refused(), {}, minute);
  EXPECT_EQ(planned.delays, (std::vector<milliseconds>{milliseconds(500), milliseconds(1000),
                                                       milliseconds(1500), milliseconds(1500)}));
  EXPECT_EQ(planned.why, "a rule of `recovery` says so");
}

TEST(Plan, WaitsAsLongAsItIsAskedTo) {
  const Error later = refused().with_retry_after(milliseconds(20000));
  EXPECT_EQ(plan(Policy(), later, {}, minute).delays,
            (std::vector<milliseconds>{milliseconds(20000), milliseconds(20000)}));
}

TEST(Plan, APauseThatDoesNotFitIsNotMade) {
  const Error later = refused().with_retry_after(milliseconds(40000));
  const Plan one = plan(Policy(), later, {}, minute);
  EXPECT_EQ(one.attempts, 2U);
  const Plan none = plan(Policy(), refused().with_retry_after(minute), {}, minute);
  EXPECT_EQ(none.strategy, Strategy::fail_closed);
  EXPECT_EQ(none.attempts, 1U);
  EXPECT_TRUE(none.delays.empty());
  EXPECT_EQ(none.why, "the pause does not fit the call's time");
}

TEST(Plan, WhatMayHaveRunIsNotRepeated) {
  const Error reset = Error(Code::network_connection_failed).with_executed(Executed::maybe);
  EXPECT_EQ(plan(Policy(), reset, {}, minute).attempts, 1U);
  EXPECT_EQ(plan(Policy(), reset, {}, minute).strategy, Strategy::fail_closed);
  EXPECT_EQ(plan(Policy(), reset, {.idempotent = true}, minute).attempts, 3U);
}

}  // namespace
}  // namespace sallyport::recovery
