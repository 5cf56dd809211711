// When a call is tried again, when not, and what its caller is told, on a clock turned by hand.
#include "layers/retry/retry.hpp"

#include "errors/text.hpp"
#include "layers/attempt/attempt.hpp"
#include "net/budget.hpp"
#include "telemetry/metrics_names.hpp"
#include "unit/layers/asked.hpp"
#include "upstream/server.hpp"

#include <deque>

#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct NoObserver final : upstream::ServerObserver {
  void state_changed(const upstream::Server&) override {}
  void listed(const upstream::Server&, bool) override {}
  void garbage(const upstream::Server&, std::string_view) override {}
  void late_answer(const upstream::Server&) override {}
  bool take_child() override { return false; }
  void give_child() override {}
};

struct Timer final : pipeline::CallTimer {
  void set_limit(milliseconds) override {}
  void progressed() override {}
  SteadyTime ends() const override { return until; }
  milliseconds given() const override { return {}; }
  SteadyTime until = SteadyTime::max();
};

Error refused() {
  return Error(Code::network_connection_failed).with_executed(Executed::no).with_phase(Phase::connect);
}
Error reset() {
  return Error(Code::network_connection_failed).with_executed(Executed::maybe).with_phase(Phase::receive);
}

class RetryTest : public ::testing::Test {
 protected:
  RetryTest() {
    asked.call.server = server;
    asked.call.timer = &timer;
    asked.call.idempotent = true;
  }
  ~RetryTest() override { EXPECT_TRUE(testing::run(loop, server->stop())); }

  // Fails with each of `failures`, then answers.
  std::unique_ptr<pipeline::Service> fails(std::deque<Error> failures) {
    return Next::make([failures](pipeline::Call& call) mutable -> Task<pipeline::Reply> {
      ++call.attempts;
      if (failures.empty()) co_return Next::nothing();
      Error error = failures.front();
      failures.pop_front();
      co_return Failure(error);
    });
  }
  std::unique_ptr<Retry> layer(std::unique_ptr<pipeline::Service> next,
                               std::vector<recovery::Rule> rules = {}) {
    return std::make_unique<Retry>(std::move(next), timers, metrics, recovery::Policy(std::move(rules)),
                                   budget, [] { return 0.5; });
  }
  Result<pipeline::Reply> call(Retry& retry) {
    testing::Started<pipeline::Reply> started(loop, retry.call(asked.call));
    for (int i = 0; i < 1000 && !started.settled(); ++i) timers.advance(milliseconds(10));
    return started.wait();
  }
  double counted(std::string_view outcome, std::string_view code = "NET_002") {
    return static_cast<double>(
        metrics.counter(telemetry::metrics::recovery, {"retry", outcome, code, "tool_call"}).value());
  }
  std::string_view outcome() const { return asked.call.recovery ? asked.call.recovery->outcome : "none"; }

  task::Loop loop;
  testing::ManualTimers timers;
  telemetry::Registry metrics;
  recovery::BudgetLimit budget;
  upstream::Settings settings;
  net::Budget memory{1u << 20};
  NoObserver observer;
  std::shared_ptr<upstream::Server> server = [this] {
    client::Target target;
    target.key = "files";
    target.command = "true";
    return std::make_shared<upstream::Server>(loop, target, settings, memory, observer);
  }();
  Timer timer;
  Asked asked{tools_call("t"), timers.now()};
};

TEST_F(RetryTest, AnAnswerIsLeftAlone) {
  const auto retry = layer(fails({}));
  EXPECT_TRUE(call(*retry));
  EXPECT_EQ(asked.call.attempts, 1);
  EXPECT_EQ(outcome(), "none");
}

TEST_F(RetryTest, WhatDidNotRunIsTriedAgain) {
  asked.call.idempotent = false;
  const auto retry = layer(fails({refused(), refused()}));
  EXPECT_TRUE(call(*retry));
  EXPECT_EQ(asked.call.attempts, 3);
  EXPECT_EQ(outcome(), "recovered");
  EXPECT_EQ(counted("recovered"), 1);
}

TEST_F(RetryTest, WhatMayHaveRunIsTriedAgainOnlyIfItMayBeRepeated) {
  const auto retry = layer(fails({reset()}));
  EXPECT_TRUE(call(*retry));
  EXPECT_EQ(asked.call.attempts, 2);

  Asked other{tools_call("t"), timers.now()};
  other.call.server = server;
  const auto strict = layer(fails({reset()}));
  testing::Started<pipeline::Reply> started(loop, strict->call(other.call));
  ASSERT_TRUE(started.settled()) << "there is nothing to wait for";
  const auto reply = started.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(other.call.attempts, 1);
  EXPECT_EQ(reply.error().code(), Code::network_connection_failed);
  EXPECT_EQ(reply.error().executed(), Executed::maybe);
  EXPECT_FALSE(call_can_retry(reply.error(), false));
  ASSERT_TRUE(other.call.recovery);
  EXPECT_EQ(other.call.recovery->outcome, "not_repeatable");
}

TEST_F(RetryTest, TheLastFailureSaysHowOftenItWasTriedAndWhetherAnyOfThemRan) {
  const auto retry = layer(fails({reset(), refused(), refused(), refused()}));
  const auto reply = call(*retry);
  ASSERT_FALSE(reply);
  EXPECT_EQ(asked.call.attempts, 3);
  EXPECT_EQ(reply.error().attempts(), 3);
  EXPECT_EQ(reply.error().executed(), Executed::maybe) << "the first attempt may have run";
  EXPECT_EQ(outcome(), "gave_up");
  EXPECT_EQ(asked.call.recovery->attempts, 3);
  EXPECT_EQ(counted("gave_up"), 1);
}

TEST_F(RetryTest, AnAmbiguousEndAfterARetryIsNotRepeated) {
  asked.call.idempotent = false;
  const auto retry = layer(fails({refused(), reset(), refused()}));
  const auto reply = call(*retry);
  ASSERT_FALSE(reply);
  EXPECT_EQ(asked.call.attempts, 2);
  EXPECT_EQ(reply.error().executed(), Executed::maybe);
  EXPECT_EQ(outcome(), "not_repeatable");
}

TEST_F(RetryTest, ARuleSaysHowOften) {
  recovery::Rule rule;
  rule.match.code = "NET_*";
  rule.strategy = Strategy::retry;
  rule.attempts = 5;
  const auto retry = layer(fails({refused(), refused(), refused(), refused()}), {rule});
  EXPECT_TRUE(call(*retry));
  EXPECT_EQ(asked.call.attempts, 5);
  rule.strategy = Strategy::fail_closed;
  const auto closed = layer(fails({refused()}), {rule});
  asked.call.attempts = 0;
  EXPECT_FALSE(call(*closed));
  EXPECT_EQ(asked.call.attempts, 1);
}

TEST_F(RetryTest, WhatARuleEscalatesIsNotTriedAgain) {
  recovery::Rule rule;
  rule.match.code = "*";
  rule.strategy = Strategy::escalate;
  const auto retry = layer(fails({refused()}), {rule});
  EXPECT_FALSE(call(*retry));
  EXPECT_EQ(asked.call.attempts, 1);
}

TEST_F(RetryTest, WaitsAsLongAsTheServerAskedFor) {
  const auto retry = layer(fails({reset().with_retry_after(seconds(5))}));
  testing::Started<pipeline::Reply> started(loop, retry->call(asked.call));
  EXPECT_FALSE(started.settled());
  timers.advance(seconds(5));
  EXPECT_FALSE(started.settled()) << "and up to a fifth more";
  timers.advance(milliseconds(500));
  EXPECT_TRUE(started.wait());
}

TEST_F(RetryTest, ReturnsAtOnceWhenThePauseDoesNotFitTheDeadline) {
  timer.until = timers.now() + seconds(5);
  const auto retry = layer(fails({reset().with_retry_after(seconds(5))}));
  testing::Started<pipeline::Reply> started(loop, retry->call(asked.call));
  ASSERT_TRUE(started.settled());
  const auto reply = started.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().retry_after(), seconds(5));
  EXPECT_EQ(outcome(), "no_time");
}

TEST_F(RetryTest, ACallThatFoundNoBudgetSaysSo) {
  budget = {.share = 0, .floor = 1};
  const auto retry = layer(fails({refused(), refused()}));
  const auto reply = call(*retry);
  ASSERT_FALSE(reply);
  EXPECT_EQ(asked.call.attempts, 2);
  EXPECT_EQ(outcome(), "no_budget");
  EXPECT_EQ(counted("no_budget"), 1);
  protocol::FailureContext context;
  context.tools_call = true;
  context.recovery = asked.call.recovery;
  const auto failure = protocol::render(reply.error(), context);
  EXPECT_NE(failure.text.find("It was not tried again: too many calls to this server fail."),
            std::string::npos)
      << failure.text;
  EXPECT_NE(failure.object.find(R"("outcome":"no_budget")"), std::string::npos) << failure.object;
}

TEST_F(RetryTest, EndsWhenTheCallerLeaves) {
  const auto retry = layer(fails({reset(), reset()}));
  testing::Started<pipeline::Reply> started(loop, retry->call(asked.call));
  EXPECT_FALSE(started.settled());
  started.cancel();
  timers.advance(milliseconds(0));
  const auto reply = started.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Code::proto_cancelled);
  EXPECT_EQ(reply.error().executed(), Executed::maybe);
  EXPECT_EQ(asked.call.attempts, 1);
  EXPECT_EQ(outcome(), "abandoned");
}

// Half of all attempts fail: what the server has to bear stays within the calls that were made.
TEST_F(RetryTest, RetriesStayWithinTheBudget) {
  int executions = 0;
  int without = 0;
  const auto retry = layer(Next::make([&executions](pipeline::Call& call) -> Task<pipeline::Reply> {
    ++call.attempts;
    if (++executions % 2 == 0) co_return Next::nothing();
    co_return Failure(reset());
  }));
  constexpr int offered = 2000;
  const SteadyTime before = timers.now();
  for (int i = 0; i < offered; ++i) {
    Asked each{tools_call("t"), timers.now()};
    each.call.server = server;
    each.call.idempotent = true;
    testing::Started<pipeline::Reply> started(loop, retry->call(each.call));
    while (!started.settled()) timers.advance(milliseconds(1));
    if (!started.wait() && each.call.recovery && each.call.recovery->outcome == "no_budget") ++without;
  }
  const auto floors = 10 + std::chrono::ceil<seconds>(timers.now() - before).count();
  EXPECT_LE(executions, static_cast<int>(offered * 1.2) + floors);
  EXPECT_GT(executions, static_cast<int>(offered * 1.19));
  EXPECT_GT(without, 0);
}

TEST_F(RetryTest, AnAttemptThatHangsEndsInTimeForAnother) {
  recovery::Rule rule;
  rule.match.code = "*";
  rule.strategy = Strategy::retry;
  rule.attempt = seconds(2);
  task::Event never{loop};
  auto hangs_once = Next::make([&never](pipeline::Call& call) -> Task<pipeline::Reply> {
    if (++call.attempts > 1) co_return Next::nothing();
    const Result<void> waited = co_await never.wait();
    co_return Failure(Error(waited.error()).with_executed(Executed::maybe).with_phase(Phase::wait));
  });
  auto attempt = std::make_unique<Attempt>(std::move(hangs_once), timers, recovery::Policy({rule}));
  const auto retry = layer(std::move(attempt), {rule});
  EXPECT_TRUE(call(*retry));
  EXPECT_EQ(asked.call.attempts, 2);
  EXPECT_EQ(counted("recovered", "TOOL_004"), 1);
}

}  // namespace
}  // namespace sallyport::layers
