// Groups, gather and single flights: who owns what runs, and that nothing outlives its owner.
#include "task/group.hpp"

#include "counted.hpp"
#include "support/run_task.hpp"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::task {
namespace {

using testing::Counted;
using testing::run;
using testing::Started;

Task<void> hold(Event& event) {
  const Counted here;
  co_return co_await event.wait();
}

TEST(Group, CancelEndsAllAndJoinWaitsForThem) {
  Loop loop;
  Event never(loop);
  Group group(loop);
  for (int i = 0; i < 100; ++i) group.spawn(hold(never));
  EXPECT_EQ(group.size(), 100u);
  EXPECT_EQ(Counted::live, 100);
  Started<void> joined(loop, group.join());
  EXPECT_FALSE(joined.settled());
  group.cancel(CancelReason::shutdown);
  EXPECT_TRUE(joined.settled()->has_value());
  EXPECT_EQ(group.size(), 0u);
  EXPECT_EQ(Counted::live, 0);
}

TEST(Group, JoinOfAnEmptyOneDoesNotWait) {
  Loop loop;
  Group group(loop);
  EXPECT_TRUE(run(loop, group.join()));
}

TEST(Group, ACancelledJoinLeavesTheTasksRunning) {
  Loop loop;
  Event event(loop);
  Group group(loop);
  group.spawn(hold(event));
  {
    Started<void> joined(loop, group.join());
    joined.cancel();
    EXPECT_EQ(joined.settled()->error().code(), Code::proto_cancelled);
  }
  EXPECT_EQ(group.size(), 1u);
  event.set();
  loop.poll();
  EXPECT_EQ(group.size(), 0u);
}

TEST(Group, TellsOfFailuresButNotOfCancellations) {
  Loop loop;
  Event never(loop);
  std::vector<Code> told;
  Group group(loop, [&](const Error& error) { told.push_back(error.code()); });
  group.spawn([]() -> Task<void> { co_return fail(Error(Code::tool_not_found)); }());
  group.spawn(hold(never));
  group.cancel(CancelReason::client);
  loop.poll();
  EXPECT_EQ(told, (std::vector{Code::tool_not_found}));
}

// Ends at once when its scope is cancelled, from inside cancel(), and spawns another as it goes.
class Impatient final : public Wait {
 public:
  Result<void> await_resume() {
    if (interrupted()) return fail(scope_error());
    return {};
  }

 private:
  bool begin() override { return true; }
  void interrupt() noexcept override {
    mark_interrupted();
    resume();
  }
};

Task<void> respawning(Group& group, int generations) {
  const Counted here;
  const auto ended = co_await Impatient();
  if (generations > 0) group.spawn(respawning(group, generations - 1));
  co_return ended;
}

TEST(Group, CancelReachesWhatEndsAndSpawnsWhileItRuns) {
  Loop loop;
  Event never(loop);
  Group group(loop);
  for (int i = 0; i < 10; ++i) {
    group.spawn(respawning(group, 3));
    group.spawn(hold(never));
  }
  group.cancel(CancelReason::client);
  loop.poll();
  EXPECT_EQ(group.size(), 0u);
  EXPECT_EQ(Counted::live, 0);
}

TEST(Group, CancelsThoseSpawnedBetweenTwoCancellations) {
  Loop loop;
  Event never(loop);
  Group group(loop);
  const auto clean_up = [&]() -> Task<void> {
    (void)co_await never.wait();
    Scope own;
    co_return co_await hold(never).in(own);  // goes on in spite of the cancellation
  };
  group.spawn(clean_up());
  group.cancel(CancelReason::client);
  loop.poll();
  group.spawn(hold(never));
  group.cancel(CancelReason::client);
  loop.poll();
  EXPECT_EQ(group.size(), 1u);
  never.set();
  loop.poll();
  EXPECT_EQ(group.size(), 0u);
}

// A task whose own scope somebody cancelled does not hide the others.
TEST(Group, CancelReachesTasksThatStandBesideOneCancelledByItself) {
  Loop loop;
  Event never(loop);
  Group group(loop);
  Scope* scope = nullptr;
  const auto stubborn = [&]() -> Task<void> {
    scope = &(co_await current_scope());
    Scope own;
    (void)co_await hold(never).in(own);
    co_return ok();
  };
  group.spawn(hold(never));
  group.spawn(stubborn());
  scope->cancel(CancelReason::client);
  group.cancel(CancelReason::shutdown);
  loop.poll();
  EXPECT_EQ(group.size(), 1u);
  never.set();
  loop.poll();
}

Task<int> after(Event& event, Result<int> result) {
  const Counted here;
  CO_TRY(co_await event.wait());
  co_return result;
}

template <class... Tasks>
std::vector<Task<int>> tasks(Tasks... all) {
  std::vector<Task<int>> list;
  (list.push_back(std::move(all)), ...);
  return list;
}

TEST(Gather, KeepsTheOrderOfTheTasksAndEachOutcome) {
  Loop loop;
  Event first(loop), second(loop);
  Started<std::vector<Result<int>>> all(
      loop, gather(loop, tasks(after(first, 1), after(second, fail(Error(Code::tool_not_found))),
                               after(first, 3))));
  second.set();
  EXPECT_FALSE(all.settled()) << "one failure ends nothing";
  first.set();
  const auto& results = all.settled()->value();
  ASSERT_EQ(results.size(), 3u);
  EXPECT_EQ(results[0].value(), 1);
  EXPECT_EQ(results[1].error().code(), Code::tool_not_found);
  EXPECT_EQ(results[2].value(), 3);
}

TEST(Gather, OfNothingOrOfWhatDoesNotWaitReturnsAtOnce) {
  Loop loop;
  EXPECT_TRUE(run(loop, gather<int>(loop, {})).value().empty());
  const auto immediate = [](int n) -> Task<int> { co_return n; };
  EXPECT_EQ(run(loop, gather(loop, tasks(immediate(4), immediate(5)))).value()[1].value(), 5);
}

// Ends only some turns of the loop after it was told to.
Task<int> slow_to_end(Event& event, Loop& loop, CancelReason& reason) {
  const Counted here;
  (void)co_await event.wait();
  reason = (co_await current_scope()).reason();
  Scope own;
  const auto clean_up = [](Loop& l) -> Task<int> {
    co_return CO_TRY(co_await offload(l, []() -> Result<int> { return 1; }));
  };
  co_return co_await clean_up(loop).in(own);
}

TEST(Gather, ACancelledOneReturnsOnlyWhenAllThatItStartedHasEnded) {
  Loop loop;
  Event never(loop);
  CancelReason reason = CancelReason::client;
  {
    Started<std::vector<Result<int>>> all(
        loop, gather(loop, tasks(slow_to_end(never, loop, reason), after(never, 2))));
    EXPECT_EQ(Counted::live, 2);
    all.cancel(CancelReason::shutdown);
    const auto results = all.wait();
    EXPECT_EQ(Counted::live, 0);
    EXPECT_EQ(results.value()[0].value(), 1);
    EXPECT_EQ(results.value()[1].error().code(), Code::proto_cancelled);
  }
  EXPECT_EQ(reason, CancelReason::shutdown) << "the reason goes along";
}

TEST(Gather, InACancelledScopeEverythingEndsAtOnce) {
  Loop loop;
  Event never(loop);
  const auto body = [&]() -> Task<std::vector<Result<int>>> {
    (co_await current_scope()).cancel(CancelReason::client);
    co_return co_await gather(loop, tasks(after(never, 1)));
  };
  EXPECT_EQ(run(loop, body()).value()[0].error().code(), Code::proto_cancelled);
}

struct Flights {
  explicit Flights(Loop& loop) : gate(loop), group(loop), flight(group) {}

  Task<int> fly() {
    ++started;
    const int number = started;
    CO_TRY(co_await gate.wait());
    co_return number;
  }
  Task<int> join() {
    return flight.run([this] { return fly(); });
  }

  Event gate;
  Group group;
  SingleFlight<int> flight;
  int started = 0;
};

TEST(SingleFlight, JoinersShareOneRun) {
  Loop loop;
  Flights flights(loop);
  Started<int> one(loop, flights.join());
  Started<int> two(loop, flights.join());
  EXPECT_TRUE(flights.flight.flying());
  flights.gate.set();
  EXPECT_EQ(one.settled()->value(), 1);
  EXPECT_EQ(two.settled()->value(), 1);
  EXPECT_FALSE(flights.flight.flying());
  EXPECT_EQ(flights.started, 1);
}

TEST(SingleFlight, JoinersShareAFailure) {
  Loop loop;
  Flights flights(loop);
  Started<int> one(loop, flights.join());
  Started<int> two(loop, flights.join());
  flights.group.cancel(CancelReason::shutdown);
  EXPECT_EQ(one.settled()->error().code(), Code::proto_cancelled);
  EXPECT_EQ(two.settled()->error().code(), Code::proto_cancelled);
}

TEST(SingleFlight, ACancelledInitiatorDoesNotCancelTheFlight) {
  Loop loop;
  Flights flights(loop);
  Started<int> initiator(loop, flights.join());
  Started<int> joiner(loop, flights.join());
  initiator.cancel();
  EXPECT_EQ(initiator.settled()->error().code(), Code::proto_cancelled);
  flights.gate.set();
  EXPECT_EQ(joiner.settled()->value(), 1);
}

TEST(SingleFlight, GoesOnWithNobodyWaiting) {
  Loop loop;
  Flights flights(loop);
  {
    Started<int> initiator(loop, flights.join());
    initiator.cancel();
  }
  EXPECT_TRUE(flights.flight.flying());
  Started<int> late(loop, flights.join());
  flights.gate.set();
  EXPECT_EQ(late.settled()->value(), 1);
}

TEST(SingleFlight, AfterTheLandingTheNextCallerStartsAnother) {
  Loop loop;
  Flights flights(loop);
  Started<int> one(loop, flights.join());
  flights.gate.set();
  // The flight lands, but who waits for it has not been resumed yet: its result is not for those who come
  // now.
  while (flights.flight.flying()) ASSERT_TRUE(testing::step(loop));
  Started<int> two(loop, flights.join());
  EXPECT_EQ(one.settled()->value(), 1);
  EXPECT_FALSE(two.settled());
  flights.gate.set();
  EXPECT_EQ(two.settled()->value(), 2);
}

TEST(SingleFlight, OneThatDoesNotWaitLandsAtOnce) {
  Loop loop;
  Group group(loop);
  SingleFlight<int> flight(group);
  const auto immediate = []() -> Task<int> { co_return 9; };
  EXPECT_EQ(run(loop, flight.run(immediate)).value(), 9);
}

}  // namespace
}  // namespace sallyport::task
