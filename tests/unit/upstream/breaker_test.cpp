// When a server is left alone and when it is called again, on a clock that stands still.
#include "upstream/breaker.hpp"

#include <random>

#include <gtest/gtest.h>

namespace sallyport::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using State = Breaker::State;
using Scope = Breaker::Scope;

class BreakerTest : public ::testing::Test {
 protected:
  // One of `steps`: a caller's failure, "-" for nobody's, "." for a second that passes.
  void play(std::initializer_list<std::string_view> steps) {
    for (const std::string_view step : steps) {
      if (step == ".") {
        clock.advance(seconds(1));
      } else {
        breaker.failed(clock.now(), step == "-" ? "" : step);
      }
    }
  }
  bool passes(std::string_view caller, std::string_view tool = "t") {
    return !breaker.refusal(clock.now(), caller, tool);
  }
  void probe(bool answered) {
    clock.advance(*breaker.next_probe() - clock.now());
    breaker.probing(clock.now());
    breaker.probed(clock.now(), answered);
  }

  ManualClock clock;
  BreakerRule rule;
  Breaker breaker{rule};
};

TEST_F(BreakerTest, OpensForAllAtTheThresholdAndNotBefore) {
  play({"-", "-", "-", "-"});
  EXPECT_TRUE(breaker.closed());
  EXPECT_TRUE(passes("a"));
  play({"-"});
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_FALSE(passes("a"));
  const auto refusal = breaker.refusal(clock.now(), "a", "t");
  EXPECT_EQ(refusal->scope, Scope::server);
  EXPECT_EQ(refusal->retry_after, seconds(10));
  clock.advance(milliseconds(3500));
  EXPECT_EQ(breaker.refusal(clock.now(), "a", "t")->retry_after, milliseconds(6500)) << "to the next probe";
}

TEST_F(BreakerTest, WhatIsOlderThanTheWindowCountsNoMore) {
  play({"-", "-", "-", "-"});
  clock.advance(rule.window);
  play({"-", "-", "-", "-"});
  EXPECT_TRUE(breaker.closed());
  play({"-"});
  EXPECT_FALSE(breaker.closed());
}

TEST_F(BreakerTest, OneCallerGivesAtMostHalfOfTheThreshold) {
  play({"a", "a", "a", "a"});
  EXPECT_TRUE(breaker.closed());
  play({"a", "a", "a", "a", "a", "a"});
  EXPECT_EQ(breaker.state(), State::closed);
  EXPECT_FALSE(passes("a")) << "alone it opens for this caller";
  EXPECT_TRUE(passes("b"));
  EXPECT_EQ(breaker.refusal(clock.now(), "a", "t")->scope, Scope::caller);
  play({"b", "b"});
  EXPECT_EQ(breaker.state(), State::closed) << "two and two";
  play({"c"});
  EXPECT_EQ(breaker.state(), State::open) << "and one";
  EXPECT_FALSE(passes("d"));
}

TEST_F(BreakerTest, OneIncidentIsOneFailureAndOfTheUsualSuspect) {
  breaker.failed(clock.now(), "bad", 1);
  breaker.failed(clock.now(), "bad", 2);
  for (std::uint64_t incident = 3; incident < 40; ++incident) {
    // Somebody else's call is always under way when the process ends, and is seen to end first.
    breaker.failed(clock.now(), "good" + std::to_string(incident), incident);
    breaker.failed(clock.now(), "bad", incident);
  }
  EXPECT_EQ(breaker.state(), State::closed);
  EXPECT_TRUE(passes("good3"));
  EXPECT_FALSE(passes("bad"));
}

TEST_F(BreakerTest, AToolThatHangsOpensItselfAlone) {
  for (const std::string_view caller : {"a", "a", "b", "b", "c"}) {
    EXPECT_TRUE(passes("d", "slow"));
    breaker.tool_failed(clock.now(), caller, "slow");
  }
  EXPECT_EQ(breaker.state(), State::closed);
  EXPECT_FALSE(passes("d", "slow"));
  EXPECT_EQ(breaker.refusal(clock.now(), "d", "slow")->scope, Scope::tool);
  EXPECT_TRUE(passes("d", "fast"));
  EXPECT_TRUE(passes("a", "fast"));
}

TEST_F(BreakerTest, OneCallersTimeOutsCloseTheToolToNobodyElse) {
  for (int i = 0; i < 20; ++i) breaker.tool_failed(clock.now(), "a", "slow");
  EXPECT_FALSE(passes("a", "slow"));
  EXPECT_EQ(breaker.refusal(clock.now(), "a", "slow")->scope, Scope::caller_tool);
  EXPECT_TRUE(passes("a", "fast"));
  EXPECT_TRUE(passes("b", "slow"));
}

TEST_F(BreakerTest, AProbeClosesOrWaitsOnceMore) {
  play({"-", "-", "-", "-", "-"});
  clock.advance(seconds(10));
  EXPECT_FALSE(passes("a")) << "no call is a probe";
  breaker.probing(clock.now());
  EXPECT_EQ(breaker.state(), State::half_open);
  EXPECT_FALSE(passes("a"));
  EXPECT_FALSE(breaker.next_probe()) << "one at a time";
  breaker.probed(clock.now(), false);
  EXPECT_EQ(breaker.state(), State::open);
  EXPECT_EQ(breaker.refusal(clock.now(), "a", "t")->retry_after, seconds(10));
  probe(true);
  EXPECT_TRUE(breaker.closed());
  EXPECT_TRUE(passes("a"));
  play({"-", "-", "-", "-"});
  EXPECT_TRUE(breaker.closed()) << "what was before is forgiven";
}

TEST_F(BreakerTest, AProbeIsForThePartsWhoseTimeHasCome) {
  for (int i = 0; i < 5; ++i) play({"a"});
  clock.advance(seconds(4));
  for (int i = 0; i < 5; ++i) play({"b"});
  EXPECT_FALSE(passes("b"));
  probe(true);
  EXPECT_TRUE(passes("a"));
  EXPECT_FALSE(passes("b"));
  probe(true);
  EXPECT_TRUE(passes("b"));
  EXPECT_TRUE(breaker.open_parts(clock.now()).empty());
}

TEST_F(BreakerTest, APostponedProbeIsWhatCallersAreTold) {
  play({"-", "-", "-", "-", "-"});
  breaker.postpone(clock.now() + seconds(32));
  EXPECT_EQ(breaker.refusal(clock.now(), "a", "t")->retry_after, seconds(32));
  breaker.postpone(clock.now() + seconds(1));
  EXPECT_EQ(breaker.refusal(clock.now(), "a", "t")->retry_after, seconds(32));
}

TEST_F(BreakerTest, SaysWhatChanged) {
  play({"-", "-", "-", "-", "-"});
  probe(true);
  const auto changes = breaker.take_changes();
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].state, State::open);
  EXPECT_EQ(changes[1].state, State::half_open);
  EXPECT_EQ(changes[2].state, State::closed);
  EXPECT_TRUE(breaker.take_changes().empty());
}

TEST_F(BreakerTest, KeepsABoundedNumberOfPartsHoweverManyCallersFail) {
  for (int i = 0; i < 5; ++i) play({"known"});
  for (int i = 0; i < 5000; ++i) {
    breaker.failed(clock.now(), "caller" + std::to_string(i), 77);  // one incident: the server stays closed
    breaker.tool_failed(clock.now(), "x", "tool" + std::to_string(i));
  }
  EXPECT_FALSE(passes("known")) << "what is open makes no room";
  EXPECT_EQ(breaker.state(), State::closed);
  EXPECT_LE(breaker.open_parts(clock.now()).size(), Breaker::max_parts);
}

// A server that fails one call in ten, and nobody knows which: it is used, however busy it is. One in three
// of a busy one too; and it is left alone soon when all of its calls begin to fail.
TEST_F(BreakerTest, WhatAServerAnswersMakesUpForWhatItFails) {
  std::minstd_rand random(7);
  std::uniform_real_distribution<double> share(0, 1);
  const auto call = [&](double fails) {
    clock.advance(milliseconds(2));
    if (share(random) < fails) {
      breaker.failed(clock.now(), "a");
    } else {
      breaker.answered(clock.now(), "a", "t");
    }
  };
  for (int i = 0; i < 100000; ++i) {
    call(0.1);
    ASSERT_TRUE(breaker.closed()) << "at call " << i;
  }
  for (int i = 0; i < 100000; ++i) {
    call(0.3);
    ASSERT_TRUE(breaker.closed()) << "one in three, at call " << i;
  }
  for (int i = 0; i < 20; ++i) call(1);
  EXPECT_FALSE(passes("a")) << "four times the rule's failures are enough for the busiest";
}

TEST_F(BreakerTest, AQuietServerThatDiesIsLeftAloneAtTheRulesFailures) {
  for (int i = 0; i < 50; ++i) breaker.answered(clock.now(), "a", "t");
  play({"a", "b", "a", "b"});
  EXPECT_TRUE(breaker.closed());
  play({"c"});
  EXPECT_EQ(breaker.state(), State::open);
}

TEST_F(BreakerTest, HalfOfItsCallsIsTooMany) {
  int calls = 0;
  std::minstd_rand random(11);
  for (; breaker.closed() && calls < 20000; ++calls) {
    clock.advance(milliseconds(5));
    if (random() % 20 < 11) {
      breaker.failed(clock.now(), "a");
    } else {
      breaker.answered(clock.now(), "a", "t");
    }
  }
  EXPECT_FALSE(passes("a"));
  EXPECT_LT(calls, 2000);
}

TEST_F(BreakerTest, AnEndOfTheProcessIsNotMadeUpFor) {
  for (std::uint64_t incident = 1; incident <= 4; ++incident) {
    breaker.failed(clock.now(), "", incident);
    for (int i = 0; i < 5; ++i) breaker.answered(clock.now(), "a", "t");
  }
  EXPECT_TRUE(breaker.closed());
  breaker.failed(clock.now(), "", 5);
  EXPECT_EQ(breaker.state(), State::open)
      << "it cuts short the calls of all, whatever is answered in between";
}

TEST_F(BreakerTest, AnAnswerOfTheToolMakesUpForItsTimeOuts) {
  for (int i = 0; i < 40; ++i) {
    breaker.tool_failed(clock.now(), "a", "slow");
    breaker.answered(clock.now(), "b", "fast");
    breaker.answered(clock.now(), "a", "slow");
  }
  EXPECT_TRUE(passes("a", "slow"));
  for (int i = 0; i < 8; ++i) {
    breaker.tool_failed(clock.now(), "a", "slow");
    breaker.answered(clock.now(), "a", "fast");
  }
  EXPECT_FALSE(passes("a", "slow")) << "what another tool answers says nothing of this one";
  EXPECT_TRUE(passes("a", "fast"));
}

TEST_F(BreakerTest, WhatIsMadeUpForIsForgottenAfterAWindow) {
  play({"a"});
  breaker.answered(clock.now(), "a", "t");
  clock.advance(rule.window);
  breaker.answered(clock.now(), "a", "t");
  EXPECT_TRUE(breaker.open_parts(clock.now()).empty());
  play({"a", "a", "a", "a", "a"});
  EXPECT_FALSE(passes("a"));
}

TEST_F(BreakerTest, ARuleThatIsChangedHoldsFromThen) {
  play({"-", "-", "-"});
  rule.failures = 4;
  play({"-"});
  EXPECT_EQ(breaker.state(), State::open);
}

}  // namespace
}  // namespace sallyport::upstream
