// How many retries calls pay for, when, and how long what they paid is kept.
#include "recovery/budget.hpp"

#include <gtest/gtest.h>

namespace sallyport::recovery {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class BudgetTest : public ::testing::Test {
 protected:
  void offer(int calls) {
    for (int i = 0; i < calls; ++i) budget.offered(now);
  }
  int take_all() {
    int taken = 0;
    while (budget.take(now)) ++taken;
    return taken;
  }

  Budget budget;
  SteadyTime now{hours(1)};
};

TEST_F(BudgetTest, AShareOfTheCallsAndTheFloor) {
  int taken = 0;
  for (int i = 0; i < 1000; ++i) {
    offer(1);
    taken += take_all();
  }
  EXPECT_EQ(taken, 200 + 10);
}

TEST_F(BudgetTest, ManyFailuresAtOnceFindWhatManyCallsPaidFor) {
  for (int i = 0; i < 5; ++i) {
    offer(4000);
    now += seconds(1);
  }
  EXPECT_EQ(take_all(), 4000 + 10);
}

TEST_F(BudgetTest, TheFloorComesBackWithTime) {
  EXPECT_EQ(take_all(), 10);
  now += seconds(1);
  EXPECT_EQ(take_all(), 1);
  now += hours(1);
  EXPECT_EQ(take_all(), 10) << "no more than the floor is saved up";
}

TEST_F(BudgetTest, ALongQuietTimeIsNoLeaveForAStorm) {
  for (int minute = 0; minute < 60; ++minute) {
    offer(10'000);
    now += std::chrono::minutes(1);
  }
  EXPECT_EQ(take_all(), 10) << "the last call was a minute ago";
  offer(100);
  EXPECT_EQ(take_all(), 20);
}

TEST_F(BudgetTest, WhatCallsPutInIsGoneAfterTheWindow) {
  offer(100);
  now += Budget::window - seconds(1);
  EXPECT_TRUE(budget.take(now));
  now += seconds(1);
  EXPECT_EQ(take_all(), 10);
}

TEST_F(BudgetTest, TheOldestIsTakenFirst) {
  offer(50);  // ten
  now += seconds(5);
  offer(50);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(budget.take(now));
  now += seconds(5);
  EXPECT_EQ(take_all(), 10 + 10) << "those of the first ones are spent, not lost";
}

TEST_F(BudgetTest, NoneIsNone) {
  budget.set_limit({.share = 0, .floor = 0});
  offer(100);
  EXPECT_EQ(take_all(), 0);
}

TEST_F(BudgetTest, NeverMoreThanTheShareOfAllCallsAndTheFloor) {
  budget.set_limit({.share = 0.1, .floor = 0});
  std::uint64_t calls = 0, taken = 0;
  for (std::uint64_t step = 0; step < 10'000; ++step) {
    const auto burst = static_cast<int>(step * 7919 % 23);
    offer(burst);
    calls += static_cast<std::uint64_t>(burst);
    now += milliseconds(step * 104'729 % 1700);
    if (step % 3 == 0) taken += static_cast<std::uint64_t>(take_all());
    ASSERT_LE(static_cast<double>(taken), 0.1 * static_cast<double>(calls) + 1e-6);
  }
  EXPECT_GT(taken, 0U);
}

}  // namespace
}  // namespace sallyport::recovery
