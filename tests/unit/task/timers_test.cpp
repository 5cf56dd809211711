// The heap of timers against a plain list, and what a timer may do while it fires.
#include "task/timers.hpp"

#include "support/manual_timers.hpp"

#include <array>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::task {
namespace {

using std::chrono::milliseconds;
using testing::ManualTimers;

TEST(Timers, FireInTheOrderOfTheirTimes) {
  ManualTimers timers;
  std::vector<int> fired;
  const SteadyTime start = timers.now();
  Timer late(timers, start + milliseconds(30), [&] { fired.push_back(3); });
  Timer early(timers, start + milliseconds(10), [&] { fired.push_back(1); });
  Timer middle(timers, start + milliseconds(20), [&] { fired.push_back(2); });
  timers.advance(milliseconds(9));
  EXPECT_TRUE(fired.empty());
  timers.advance(milliseconds(11));
  EXPECT_EQ(fired, (std::vector{1, 2}));
  EXPECT_FALSE(early.active());
  EXPECT_TRUE(late.active());
  timers.advance(milliseconds(100));
  EXPECT_EQ(fired, (std::vector{1, 2, 3}));
  EXPECT_EQ(timers.size(), 0u);
}

TEST(Timers, ADestroyedOneNeverFires) {
  ManualTimers timers;
  int fired = 0;
  {
    const Timer gone(timers, timers.now(), [&] { ++fired; });
  }
  timers.advance(milliseconds(1));
  EXPECT_EQ(fired, 0);
}

TEST(Timers, OneMayDestroyItselfAndAnotherWhileItFires) {
  ManualTimers timers;
  int fired = 0;
  std::unique_ptr<Timer> first, second;
  first = std::make_unique<Timer>(timers, timers.now(), [&] {
    ++fired;
    second.reset();
    first.reset();
  });
  second = std::make_unique<Timer>(timers, timers.now() + milliseconds(1), [&] { ++fired; });
  timers.advance(milliseconds(5));
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(timers.size(), 0u);
}

// Else one that restarts itself for "now" keeps the loop from everything else.
TEST(Timers, OneThatRestartsItselfForNowLetsTheCallEnd) {
  ManualTimers timers;
  int fired = 0;
  Timer again(timers);
  std::move_only_function<void()> restart;
  const auto start = [&](auto& self) -> void {
    again.start(timers.now(), [&] {
      ++fired;
      self(self);
    });
  };
  start(start);
  timers.fire();
  EXPECT_EQ(fired, 1);
  timers.fire();
  EXPECT_EQ(fired, 2);
}

TEST(Timers, ExtendingOneThatIsNotSetDoesNothing) {
  ManualTimers timers;
  Timer timer(timers);
  timer.extend(timers.now() + milliseconds(1));
  EXPECT_FALSE(timer.active());
  EXPECT_EQ(timers.size(), 0u);
}

TEST(Timers, AreArmedForTheEarliest) {
  ManualTimers timers;
  const SteadyTime start = timers.now();
  Timer late(timers, start + milliseconds(30), [] {});
  EXPECT_EQ(timers.armed(), start + milliseconds(30));
  Timer early(timers, start + milliseconds(10), [] {});
  EXPECT_EQ(timers.armed(), start + milliseconds(10));
  Timer middle(timers, start + milliseconds(20), [] {});
  EXPECT_EQ(timers.armed(), start + milliseconds(10));
  timers.advance(milliseconds(10));
  EXPECT_EQ(timers.armed(), start + milliseconds(20));
}

// Any sequence of operations: what fires, and when, is what a list that is searched from end to end would
// say.
RC_GTEST_PROP(TimersProperty, EqualAModel, ()) {
  constexpr std::size_t count = 12;
  ManualTimers timers;
  std::vector<std::unique_ptr<Timer>> real;
  for (std::size_t i = 0; i < count; ++i) real.push_back(std::make_unique<Timer>(timers));
  std::map<std::size_t, SteadyTime> model;
  std::multiset<SteadyTime> fired;
  SteadyTime last_fired{};

  const auto steps = *rc::gen::inRange<std::size_t>(1, 200);
  for (std::size_t n = 0; n < steps; ++n) {
    const auto which = *rc::gen::inRange<std::size_t>(0, count);
    const SteadyTime when = timers.now() + milliseconds(*rc::gen::inRange(-3, 40));
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        real[which]->start(when, [&, when_set = &real[which]] {
          RC_ASSERT((*when_set)->when() >= last_fired);
          last_fired = (*when_set)->when();
          fired.insert(last_fired);
        });
        model[which] = when;
        break;
      case 1:
        real[which]->cancel();
        model.erase(which);
        break;
      case 2:
        real[which]->extend(when);
        if (model.contains(which)) model[which] = when;
        break;
      default: {
        last_fired = SteadyTime{};
        fired.clear();
        timers.advance(milliseconds(*rc::gen::inRange(0, 15)));
        std::multiset<SteadyTime> expected;
        std::erase_if(model, [&](const auto& entry) {
          const bool due = entry.second <= timers.now();
          if (due) expected.insert(entry.second);
          return due;
        });
        RC_ASSERT(fired == expected);
      }
    }
    RC_ASSERT(timers.size() == model.size());
    for (std::size_t i = 0; i < count; ++i) RC_ASSERT(real[i]->active() == model.contains(i));
  }
}

}  // namespace
}  // namespace sallyport::task
