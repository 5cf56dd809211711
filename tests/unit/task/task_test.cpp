// Tasks by themselves: values, errors, exceptions, frames, and chains of them that do not grow the stack.
#include "task/task.hpp"

#include "counted.hpp"
#include "support/run_task.hpp"

#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace sallyport::task {
namespace {

using testing::Counted;
using testing::run;

Task<int> immediate(int value) {
  co_return value;
}

Task<int> throwing(std::function<void()> thrower) {
  thrower();
  co_return 1;
}

TEST(Task, ReturnsItsValue) {
  Loop loop;
  EXPECT_EQ(run(loop, immediate(7)).value(), 7);
}

TEST(Task, ReturnsAMoveOnlyValue) {
  Loop loop;
  const auto make = []() -> Task<std::unique_ptr<std::string>> {
    co_return std::make_unique<std::string>("here");
  };
  EXPECT_EQ(*run(loop, make()).value(), "here");
}

TEST(Task, LeavesWithTheErrorOfWhatItAwaits) {
  Loop loop;
  bool went_on = false;
  const auto failing = []() -> Task<int> { co_return fail(Error(Code::tool_not_found)); };
  const auto outer = [&]() -> Task<int> {
    const int value = CO_TRY(co_await failing());
    went_on = true;
    co_return value;
  };
  EXPECT_EQ(run(loop, outer()).error().code(), Code::tool_not_found);
  EXPECT_FALSE(went_on);
}

TEST(Task, AnExceptionBecomesAnError) {
  Loop loop;
  const auto bad = run(loop, throwing([] { throw std::runtime_error("the library's words"); }));
  EXPECT_EQ(bad.error().code(), Code::system_internal_error);
  EXPECT_EQ(bad.error().developer_message(), "the library's words");
  EXPECT_EQ(run(loop, throwing([] { throw std::bad_alloc(); })).error().code(),
            Code::system_resource_exhausted);
  EXPECT_EQ(run(loop, throwing([] { throw 5; })).error().code(), Code::system_internal_error);
}

TEST(Task, AnExceptionAfterAWaitBecomesAnErrorToo) {
  Loop loop;
  const auto late = [&]() -> Task<int> {
    (void)co_await immediate(1);
    throw std::runtime_error("late");
  };
  EXPECT_EQ(run(loop, late()).error().code(), Code::system_internal_error);
}

TEST(Task, DoesNotStartByItself) {
  bool started = false;
  const auto body = [&](Counted) -> Task<void> {
    started = true;
    co_return ok();
  };
  {
    Task<void> never = body(Counted());
    EXPECT_EQ(Counted::live, 1);
  }
  EXPECT_FALSE(started);
  EXPECT_EQ(Counted::live, 0);
}

TEST(Task, AMovedToTaskFreesWhatItHeld) {
  const auto body = [](Counted) -> Task<void> { co_return ok(); };
  Task<void> one = body(Counted());
  one = body(Counted());
  EXPECT_EQ(Counted::live, 1);
  Task<void> two = std::move(one);
  EXPECT_EQ(Counted::live, 1);
}

// Symmetric transfer: neither awaiting nor returning leaves a frame on the stack.
TEST(Task, AMillionAwaitsInALoopNeedNoStack) {
  Loop loop;
  const auto sum = []() -> Task<long> {
    long total = 0;
    for (int i = 0; i < 1'000'000; ++i) total += CO_TRY(co_await immediate(1));
    co_return total;
  };
  EXPECT_EQ(run(loop, sum()).value(), 1'000'000);
}

Task<int> nested(int depth) {
  const Counted here;
  if (depth == 0) co_return 0;
  co_return 1 + CO_TRY(co_await nested(depth - 1));
}

TEST(Task, ADeepChainNeedsNoStackAndIsFreed) {
  Loop loop;
  EXPECT_EQ(run(loop, nested(100'000)).value(), 100'000);
  EXPECT_EQ(Counted::live, 0);
}

TEST(Task, RunsInTheScopeOfItsAwaiterUnlessToldOtherwise) {
  Loop loop;
  const auto where = []() -> Task<Scope*> { co_return &(co_await current_scope()); };
  const auto body = [&]() -> Task<void> {
    Scope& mine = co_await current_scope();
    EXPECT_EQ(CO_TRY(co_await where()), &mine);
    Scope other;
    EXPECT_EQ(CO_TRY(co_await where().in(other)), &other);
    co_return ok();
  };
  EXPECT_TRUE(run(loop, body()));
}

TEST(Scope, ANestedOneIsCancelledWithItsParentAndForItsReason) {
  Scope parent;
  Scope child(parent);
  parent.cancel(CancelReason::shutdown);
  EXPECT_TRUE(child.cancelled());
  EXPECT_EQ(child.reason(), CancelReason::shutdown);
  parent.cancel(CancelReason::client);
  EXPECT_EQ(parent.reason(), CancelReason::shutdown);
}

TEST(Scope, ANestedOneDoesNotCancelItsParent) {
  Scope parent;
  {
    Scope child(parent);
    child.cancel(CancelReason::deadline);
  }
  EXPECT_FALSE(parent.cancelled());
  parent.cancel(CancelReason::client);  // nothing of the child is left in it
}

TEST(Scope, OneMadeInACancelledParentIsCancelled) {
  Scope parent;
  parent.cancel(CancelReason::client);
  const Scope child(parent);
  EXPECT_TRUE(child.cancelled());
}

}  // namespace
}  // namespace sallyport::task
