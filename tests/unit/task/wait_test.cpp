// Events, slots, sleeps and offloaded work, alone and when they are cancelled.
#include "task/wait.hpp"

#include "counted.hpp"
#include "support/manual_timers.hpp"
#include "support/run_task.hpp"

#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::task {
namespace {

using std::chrono::milliseconds;
using testing::Counted;
using testing::ManualTimers;
using testing::run;
using testing::Started;

Task<void> wait_for(Event& event, std::vector<int>& order, int number) {
  CO_TRY(co_await event.wait());
  order.push_back(number);
  co_return ok();
}

TEST(Event, WakesAllWhoWaitInTheOrderInWhichTheyCame) {
  Loop loop;
  Event event(loop);
  std::vector<int> order;
  Started<void> one(loop, wait_for(event, order, 1));
  Started<void> two(loop, wait_for(event, order, 2));
  Started<void> three(loop, wait_for(event, order, 3));
  loop.poll();
  EXPECT_EQ(event.waiters(), 3u);
  event.set();
  EXPECT_TRUE(order.empty()) << "nobody runs inside set()";
  loop.poll();
  EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

TEST(Event, IsNotRemembered) {
  Loop loop;
  Event event(loop);
  event.set();
  std::vector<int> order;
  Started<void> late(loop, wait_for(event, order, 1));
  EXPECT_FALSE(late.settled());
  event.set();
  EXPECT_TRUE(late.settled());
}

// One that waits again at once does not see the same set() twice, so the others get their turn.
TEST(Event, AWaiterThatComesBackWaitsForTheNext) {
  Loop loop;
  Event event(loop);
  int turns = 0;
  const auto greedy = [&]() -> Task<void> {
    for (;;) {
      CO_TRY(co_await event.wait());
      ++turns;
    }
  };
  Started<void> running(loop, greedy());
  for (int i = 1; i <= 3; ++i) {
    event.set();
    loop.poll();
    EXPECT_EQ(turns, i);
  }
}

TEST(Event, ACancelledWaiterLeavesTheOthers) {
  Loop loop;
  Event event(loop);
  std::vector<int> order;
  Started<void> one(loop, wait_for(event, order, 1));
  Started<void> two(loop, wait_for(event, order, 2));
  one.cancel();
  ASSERT_TRUE(one.settled());
  EXPECT_EQ(one.settled()->error().code(), Code::proto_cancelled);
  event.set();
  loop.poll();
  EXPECT_EQ(order, (std::vector{2}));
}

TEST(Event, MayGoOnceItsWaitersAreWoken) {
  Loop loop;
  auto event = std::make_unique<Event>(loop);
  std::vector<int> order;
  Started<void> waiter(loop, wait_for(*event, order, 1));
  event->set();
  event.reset();
  EXPECT_TRUE(waiter.settled().value());
}

TEST(Wait, DoesNotBeginInACancelledScope) {
  Loop loop;
  Event event(loop);
  const auto body = [&]() -> Task<void> {
    Scope scope;
    scope.cancel(CancelReason::client);
    std::vector<int> order;
    const auto result = co_await wait_for(event, order, 1).in(scope);
    EXPECT_EQ(result.error().code(), Code::proto_cancelled);
    EXPECT_EQ(event.waiters(), 0u);
    co_return ok();
  };
  EXPECT_TRUE(run(loop, body()));
}

TEST(Slot, BringsTheFirstValueOnly) {
  Loop loop;
  Slot<std::string> slot(loop);
  Started<std::string> taker(loop, slot.take());
  EXPECT_FALSE(taker.settled());
  slot.fill(std::string("first"));
  slot.fill(fail(Error(Code::tool_not_found)));
  EXPECT_EQ(taker.settled()->value(), "first");
}

TEST(Slot, FilledBeforeItIsAskedForIsTakenAtOnce) {
  Loop loop;
  Slot<int> slot(loop);
  slot.fill(4);
  EXPECT_EQ(run(loop, slot.take()).value(), 4);
}

TEST(Slot, AValueThatCameBeforeTheCancellationIsKept) {
  Loop loop;
  Slot<int> slot(loop);
  Started<int> taker(loop, slot.take());
  slot.fill(4);
  taker.cancel();
  EXPECT_EQ(taker.settled()->value(), 4);
}

TEST(Slot, AValueThatCameAfterTheCancellationIsLeftThere) {
  Loop loop;
  Slot<int> slot(loop);
  Started<int> taker(loop, slot.take());
  taker.cancel();
  slot.fill(4);
  EXPECT_EQ(taker.settled()->error().code(), Code::proto_cancelled);
  EXPECT_EQ(run(loop, slot.take()).value(), 4);
}

Task<void> sleep_until(Timers& timers, SteadyTime when) {
  co_return co_await Sleep(timers, when);
}

TEST(Sleep, EndsAtItsTime) {
  Loop loop;
  ManualTimers timers;
  Started<void> sleeper(loop, sleep_until(timers, timers.now() + milliseconds(10)));
  timers.advance(milliseconds(9));
  EXPECT_FALSE(sleeper.settled());
  timers.advance(milliseconds(1));
  EXPECT_TRUE(sleeper.settled()->has_value());
}

TEST(Sleep, UntilATimeThatHasPassedDoesNotWait) {
  Loop loop;
  ManualTimers timers;
  EXPECT_TRUE(run(loop, sleep_until(timers, timers.now())));
  EXPECT_EQ(timers.size(), 0u);
}

TEST(Sleep, ACancelledOneEndsWithTheNextTurnOfTheTimers) {
  Loop loop;
  ManualTimers timers;
  Started<void> sleeper(loop, sleep_until(timers, timers.now() + std::chrono::hours(1)));
  sleeper.cancel();
  EXPECT_FALSE(sleeper.settled()) << "never from inside cancel()";
  timers.advance(milliseconds(0));
  EXPECT_EQ(sleeper.settled()->error().code(), Code::proto_cancelled);
  EXPECT_EQ(timers.size(), 0u);
}

TEST(Loop, TimersFireByTheInjectedClock) {
  ManualClock clock;
  Loop loop(clock);
  Started<void> sleeper(loop, sleep_until(loop.timers(), loop.now() + std::chrono::hours(100)));
  EXPECT_FALSE(sleeper.settled());
  clock.advance(std::chrono::hours(100));
  loop.timers().fire();
  EXPECT_TRUE(sleeper.settled()->has_value());
}

TEST(Loop, TimersFireByThemselves) {
  Loop loop;
  EXPECT_TRUE(run(loop, sleep_until(loop.timers(), loop.now() + milliseconds(1))));
}

// A timer for later is armed already when one for sooner comes.
TEST(Loop, AnEarlierTimerIsNotHeldUpByALaterOne) {
  Loop loop;
  Timer late(loop.timers(), loop.now() + std::chrono::hours(1), [] {});
  EXPECT_TRUE(run(loop, sleep_until(loop.timers(), loop.now() + milliseconds(1))));
}

TEST(Offload, BringsTheResultBack) {
  Loop loop;
  EXPECT_EQ(run(loop, offload(loop, []() -> Result<int> { return 5; })).value(), 5);
  EXPECT_EQ(run(loop, offload(loop, []() -> Result<int> { return fail(Error(Code::tool_not_found)); }))
                .error()
                .code(),
            Code::tool_not_found);
}

TEST(Offload, AnExceptionIsAnError) {
  Loop loop;
  const auto thrown = run(loop, offload(loop, []() -> Result<int> { throw std::runtime_error("library"); }));
  EXPECT_EQ(thrown.error().code(), Code::system_internal_error);
}

// Holds the only worker until it is let go.
class BusyWorker {
 public:
  explicit BusyWorker(Loop& loop) {
    EXPECT_TRUE(loop.work([gates = gates_] {
      gates->busy.count_down();
      gates->free.wait();
    }));
    gates_->busy.wait();
  }
  ~BusyWorker() { release(); }
  void release() {
    if (!std::exchange(released_, true)) gates_->free.count_down();
  }

 private:
  struct Gates {
    std::latch busy{1};
    std::latch free{1};
  };
  std::shared_ptr<Gates> gates_ = std::make_shared<Gates>();  // the worker may still look at them
  bool released_ = false;
};

TEST(Offload, ACancelledCallerLeavesAtOnceAndTheLateAnswerIsDropped) {
  auto loop = std::make_unique<Loop>(system_clock(), 1);
  auto worker = std::make_unique<BusyWorker>(*loop);
  auto shared = std::make_shared<int>(1);
  {
    Started<int> caller(*loop, offload(*loop, [shared]() -> Result<int> { return *shared; }));
    EXPECT_FALSE(caller.settled());
    caller.cancel();
    EXPECT_EQ(caller.settled()->error().code(), Code::proto_cancelled);
  }
  worker->release();
  EXPECT_TRUE(testing::run_until(*loop, [&] { return shared.use_count() == 1; }));
}

TEST(Offload, TheLoopMayGoBeforeTheAnswerComes) {
  auto shared = std::make_shared<int>(1);
  {
    Loop loop(system_clock(), 1);
    BusyWorker worker(loop);
    Started<int> caller(loop, offload(loop, [shared]() -> Result<int> { return *shared; }));
    caller.cancel();
    loop.poll();
  }
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(Offload, AFullQueueIsAnErrorAndNothingRan) {
  Loop loop(system_clock(), 1);
  BusyWorker worker(loop);
  std::size_t taken = 0;
  while (loop.work([] {})) ++taken;
  EXPECT_GE(taken, 100u);
  bool ran = false;
  const auto refused = run(loop, offload(loop, [&]() -> Result<int> {
                             ran = true;
                             return 1;
                           }));
  EXPECT_EQ(refused.error().code(), Code::system_resource_exhausted);
  EXPECT_EQ(refused.error().executed(), Executed::no);
  EXPECT_FALSE(ran);
}

TEST(Offload, ManyAtOnceAllComeBack) {
  Loop loop;
  std::vector<std::unique_ptr<Started<int>>> all;
  for (int i = 0; i < 500; ++i)
    all.push_back(std::make_unique<Started<int>>(loop, offload(loop, [i]() -> Result<int> { return i; })));
  for (int i = 0; i < 500; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)]->wait().value(), i);
}

}  // namespace
}  // namespace sallyport::task
