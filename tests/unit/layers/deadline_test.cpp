// What a call's time running out means to its caller, and who may lengthen it, on a clock turned by hand.
#include "layers/deadline/deadline.hpp"

#include "telemetry/metrics_names.hpp"
#include "unit/layers/asked.hpp"

#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class DeadlineTest : public ::testing::Test {
 protected:
  // A call that waits for `answer`, and when it is cut short says whether it ran.
  std::unique_ptr<Deadline> layer(Executed executed = Executed::maybe) {
    auto next = Next::make([this, executed](pipeline::Call& call) -> Task<pipeline::Reply> {
      timer = call.timer;
      const Result<void> waited = co_await answer.wait();
      if (waited) co_return Next::nothing();
      co_return Failure(Error(waited.error()).with_executed(executed).with_phase(Phase::wait));
    });
    return std::make_unique<Deadline>(std::move(next), timers, metrics, seconds(10), seconds(60));
  }
  // One whose every failure a rule escalates; what is below fails so.
  std::unique_ptr<Deadline> escalating(const Error& error) {
    recovery::Rule rule;
    rule.strategy = Strategy::escalate;
    auto next = Next::make([error](pipeline::Call&) -> Task<pipeline::Reply> { co_return Failure(error); });
    return std::make_unique<Deadline>(std::move(next), timers, metrics, seconds(10), seconds(60),
                                      recovery::Policy({rule}));
  }
  testing::Started<pipeline::Reply> start(Deadline& deadline) { return {loop, deadline.call(asked.call)}; }

  task::Loop loop;
  testing::ManualTimers timers;
  telemetry::Registry metrics;
  task::Event answer{loop};
  Asked asked{tools_call("t"), timers.now()};
  pipeline::CallTimer* timer = nullptr;
};

TEST_F(DeadlineTest, AnAnswerInTimePasses) {
  const auto deadline = layer();
  auto call = start(*deadline);
  timers.advance(milliseconds(9999));
  EXPECT_FALSE(call.settled());
  answer.set();
  EXPECT_TRUE(call.wait());
  EXPECT_EQ(asked.call.timer, nullptr) << "nobody may turn a timer that is gone";
  EXPECT_EQ(timers.size(), 0u);
}

TEST_F(DeadlineTest, WhatIsEscalatedSaysSo) {
  const auto deadline = escalating(Error(Code::tool_server_unavailable));
  EXPECT_FALSE(start(*deadline).wait());
  ASSERT_TRUE(asked.call.recovery);
  EXPECT_EQ(asked.call.recovery->strategy, Strategy::escalate);
  EXPECT_EQ(asked.call.recovery->outcome, "alerted");
  EXPECT_EQ(
      metrics.counter(telemetry::metrics::recovery, {"escalate", "alerted", "TOOL_006", "tool_call"}).value(),
      1u);
}

TEST_F(DeadlineTest, NobodyIsToldOfWhatCallersCanCause) {
  for (const Code code : {Code::tool_not_found, Code::limit_concurrency, Code::proto_invalid_params}) {
    const auto deadline = escalating(Error(code));
    EXPECT_FALSE(start(*deadline).wait());
    EXPECT_FALSE(asked.call.recovery) << wire_name(code);
  }
}

TEST_F(DeadlineTest, WhatMayHaveRunIsATimeoutOfTheTool) {
  const auto deadline = layer(Executed::maybe);
  auto call = start(*deadline);
  timers.advance(seconds(10));
  const auto reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Code::tool_timeout);
  EXPECT_EQ(reply.error().executed(), Executed::maybe);
  EXPECT_EQ(reply.error().phase(), Phase::wait);
  ASSERT_TRUE(reply.error().slot(Slot::seconds));
  EXPECT_EQ(std::get<std::int64_t>(*reply.error().slot(Slot::seconds)), 10);
}

TEST_F(DeadlineTest, WhatDidNotRunIsATimeoutOfTheNetwork) {
  const auto deadline = layer(Executed::no);
  auto call = start(*deadline);
  timers.advance(seconds(10));
  const auto reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Code::network_timeout);
  EXPECT_EQ(reply.error().executed(), Executed::no);
}

TEST_F(DeadlineTest, ALimitOfTheToolReplacesTheGeneralOne) {
  const auto deadline = layer();
  auto call = start(*deadline);
  timers.advance(seconds(2));
  timer->set_limit(seconds(3));
  timers.advance(milliseconds(999));
  EXPECT_FALSE(call.settled());
  timers.advance(milliseconds(1));
  const auto reply = call.wait();
  ASSERT_FALSE(reply) << "counted from the start of the call";
  EXPECT_EQ(std::get<std::int64_t>(*reply.error().slot(Slot::seconds)), 3);
}

TEST_F(DeadlineTest, ProgressLengthensUpToTheLongest) {
  const auto deadline = layer();
  auto call = start(*deadline);
  for (int i = 0; i < 11; ++i) {
    timers.advance(seconds(5));
    timer->progressed();
    EXPECT_FALSE(call.settled()) << i;
  }
  timers.advance(milliseconds(4999));  // 59.999 s
  timer->progressed();
  EXPECT_FALSE(call.settled());
  timers.advance(milliseconds(1));
  const auto reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Code::tool_timeout);
  EXPECT_EQ(std::get<std::int64_t>(*reply.error().slot(Slot::seconds)), 60);
}

TEST_F(DeadlineTest, ProgressNeverShortens) {
  const auto deadline = layer();
  auto call = start(*deadline);
  timer->set_limit(seconds(300));  // the operator's word goes beyond `tool_max`
  timer->progressed();
  timers.advance(seconds(299));
  EXPECT_FALSE(call.settled());
  timers.advance(seconds(1));
  EXPECT_FALSE(call.wait());
}

TEST_F(DeadlineTest, WhenMostOfTheTimeIsGoneItSaysSoWhileTheCallGoesOn) {
  const auto steps = [this](std::string_view step) {
    return metrics.counter(telemetry::metrics::timeout_steps, {telemetry::Registry::other, step}).value();
  };
  const auto deadline = layer();
  auto call = start(*deadline);
  timers.advance(milliseconds(7999));
  EXPECT_EQ(steps("warned"), 0u);
  timers.advance(milliseconds(1));
  EXPECT_EQ(steps("warned"), 1u);
  EXPECT_FALSE(call.settled());
  timer->progressed();  // it has until 18 s now
  timers.advance(seconds(9));
  EXPECT_FALSE(call.settled());
  EXPECT_EQ(steps("warned"), 1u) << "once a call";
  EXPECT_EQ(steps("cancelled"), 0u);
  timers.advance(seconds(1));
  const auto reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Code::tool_timeout);
  EXPECT_EQ(steps("cancelled"), 1u);
}

TEST_F(DeadlineTest, ACallerThatLeavesIsNoTimeout) {
  const auto deadline = layer();
  auto call = start(*deadline);
  call.cancel();
  const auto reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), Code::proto_cancelled);
}

TEST_F(DeadlineTest, ATimeThatIsUpAlreadyEndsTheCall) {
  timers.clock().advance(seconds(11));  // it waited elsewhere
  const auto deadline = layer();
  auto call = start(*deadline);
  timers.advance(seconds(0));
  EXPECT_FALSE(call.wait());
}

}  // namespace
}  // namespace sallyport::layers
