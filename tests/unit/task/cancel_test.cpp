// A piece of work with every kind of wait in it, cut short at every point: it ends, in time, and leaves
// nothing.
#include "counted.hpp"
#include "support/manual_timers.hpp"
#include "support/run_task.hpp"
#include "task/group.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::task {
namespace {

using std::chrono::milliseconds;
using testing::Counted;
using testing::ManualTimers;
using testing::Started;

// Everything that the work waits for; turn() lets it go on by one wait.
struct World {
  ~World() { flights.cancel(CancelReason::shutdown), settle(); }

  void settle() {
    loop.poll();
    timers.advance(milliseconds(0));
    loop.poll();
  }
  void turn() {
    if (testing::step(loop)) return;
    timers.advance(milliseconds(1));
    event.set();
    slot.fill(2);
  }

  Loop loop;
  ManualTimers timers;
  Event event{loop};
  Slot<int> slot{loop};
  Group flights{loop};
  SingleFlight<int> flight{flights};
};

Task<int> wait_once(World& world) {
  const Counted here;
  CO_TRY(co_await world.event.wait());
  co_return 1;
}

Task<int> sleep_a_little(World& world) {
  const Counted here;
  CO_TRY(co_await Sleep(world.timers, world.timers.now() + milliseconds(3)));
  co_return 1;
}

Task<int> work(World& world) {
  const Counted here;
  int total = CO_TRY(co_await wait_once(world));
  total += CO_TRY(co_await sleep_a_little(world));
  total += CO_TRY(co_await world.slot.take());
  std::vector<Task<int>> both;
  both.push_back(wait_once(world));
  both.push_back(sleep_a_little(world));
  for (auto& result : CO_TRY(co_await gather(world.loop, std::move(both))))
    total += CO_TRY(std::move(result));
  total += CO_TRY(co_await world.flight.run([&world] { return sleep_a_little(world); }));
  total += CO_TRY(co_await with_deadline(world.timers, world.timers.now() + std::chrono::hours(1),
                                         wait_once(world), [](const Error& error) { return error; }));
  co_return total;
}
constexpr int whole = 8;

TEST(CancelAnywhere, EndsAndLeavesNothing) {
  bool finished = false;
  int cancelled_runs = 0;
  for (int at = 0; !finished; ++at) {
    ASSERT_LT(at, 1000);
    {
      World world;
      Started<int> running(world.loop, work(world));
      for (int i = 0; i < at && !running.done(); ++i) world.turn();
      finished = running.done();
      running.cancel();
      world.settle();
      ASSERT_TRUE(running.done()) << "cancelled in turn " << at;
      const Result<int>& result = *running.settled();
      if (finished) {
        EXPECT_EQ(result.value(), whole);
      } else if (!result) {
        EXPECT_EQ(result.error().code(), Code::proto_cancelled);
        ++cancelled_runs;
      }
    }
    EXPECT_EQ(Counted::live, 0) << "cancelled in turn " << at;
  }
  EXPECT_GT(cancelled_runs, 10);
}

Task<int> limited(World& world, SteadyTime when) {
  return with_deadline(world.timers, when, work(world),
                       [](const Error&) { return Error(Code::tool_timeout); });
}

TEST(DeadlineAnywhere, EndsWithItsOwnErrorAndLeavesNothing) {
  bool finished = false;
  for (int at = 0; !finished; ++at) {
    ASSERT_LT(at, 1000);
    {
      World world;
      Started<int> running(world.loop, limited(world, world.timers.now() + milliseconds(at)));
      for (int i = 0; i < 1000 && !running.done(); ++i) world.turn();
      ASSERT_TRUE(running.done()) << at << " ms";
      const Result<int>& result = *running.settled();
      finished = result.has_value();
      if (finished)
        EXPECT_EQ(*result, whole);
      else
        EXPECT_EQ(result.error().code(), Code::tool_timeout) << at << " ms";
      world.flights.cancel(CancelReason::shutdown);
      world.settle();
    }
    EXPECT_EQ(Counted::live, 0) << at << " ms";
  }
}

Task<int> expiring(Timers& timers, SteadyTime when, Task<int> task, Code code) {
  return with_deadline(timers, when, std::move(task), [code](const Error& error) {
    EXPECT_EQ(error.code(), Code::proto_cancelled);
    return Error(code).with_cause(error);
  });
}

Result<int> nested(milliseconds outer, milliseconds inner) {
  World world;
  const SteadyTime start = world.timers.now();
  const auto never = [](World& w) -> Task<int> {
    Event unset(w.loop);
    CO_TRY(co_await unset.wait());
    co_return 1;
  };
  Started<int> running(world.loop,
                       expiring(world.timers, start + outer,
                                expiring(world.timers, start + inner, never(world), Code::tool_timeout),
                                Code::guardrail_timeout));
  world.timers.advance(milliseconds(100));
  return *running.settled();
}

TEST(NestedDeadlines, TheOneThatExpiresFirstSpeaks) {
  EXPECT_EQ(nested(milliseconds(10), milliseconds(20)).error().code(), Code::guardrail_timeout);
  EXPECT_EQ(nested(milliseconds(20), milliseconds(10)).error().code(), Code::tool_timeout);
}

TEST(NestedDeadlines, ACancellationFromOutsideIsNeithers) {
  World world;
  const SteadyTime later = world.timers.now() + milliseconds(10);
  Started<int> running(
      world.loop,
      expiring(world.timers, later, expiring(world.timers, later, wait_once(world), Code::tool_timeout),
               Code::guardrail_timeout));
  running.cancel();
  EXPECT_EQ(running.settled()->error().code(), Code::proto_cancelled);
}

TEST(Deadline, OneThatPassesWhileACancellationIsUnderWayChangesNothing) {
  World world;
  Started<int> running(world.loop, expiring(world.timers, world.timers.now() + milliseconds(1),
                                            wait_once(world), Code::tool_timeout));
  running.cancel();
  world.timers.advance(milliseconds(5));
  EXPECT_EQ(running.settled()->error().code(), Code::proto_cancelled);
}

TEST(Deadline, AValueThatArrivesTogetherWithItIsKept) {
  World world;
  Started<int> running(world.loop, expiring(world.timers, world.timers.now() + milliseconds(1),
                                            world.slot.take(), Code::tool_timeout));
  world.slot.fill(6);
  world.timers.advance(milliseconds(1));
  EXPECT_EQ(running.settled()->value(), 6);
}

TEST(Deadline, AValueThatArrivesBehindItIsNot) {
  World world;
  Started<int> running(world.loop, expiring(world.timers, world.timers.now() + milliseconds(1),
                                            world.slot.take(), Code::tool_timeout));
  world.timers.advance(milliseconds(1));
  world.slot.fill(6);
  EXPECT_EQ(running.settled()->error().code(), Code::tool_timeout);
}

TEST(Deadline, AnErrorOfTheTaskIsItsOwn) {
  World world;
  const auto failing = [](World& w) -> Task<int> {
    (void)co_await w.event.wait();  // hears of the deadline, and fails for another reason
    co_return fail(Error(Code::tool_not_found));
  };
  Started<int> running(world.loop, expiring(world.timers, world.timers.now() + milliseconds(1),
                                            failing(world), Code::tool_timeout));
  world.timers.advance(milliseconds(1));
  EXPECT_EQ(running.settled()->error().code(), Code::tool_not_found);
}

}  // namespace
}  // namespace sallyport::task
