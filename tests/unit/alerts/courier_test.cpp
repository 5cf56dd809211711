// The way to one receiver: attempts, pauses, bounds, and its end, on a clock turned by hand.
#include "alerts/courier.hpp"

#include "support/run_task.hpp"
#include "telemetry/metrics_names.hpp"

#include <gtest/gtest.h>

namespace sallyport::alerts {
namespace {

using std::chrono::seconds;

// Answers as told; while it is silent it lets the alert wait.
class FakeSink final : public Sink {
 public:
  explicit FakeSink(task::Loop& loop) : asked_(loop) {}
  Task<void> send(const Alert& alert) override {
    ++attempts;
    while (silent) CO_TRY(co_await asked_.wait());
    if (error) co_return Failure(*error);
    servers.push_back(alert.server);
    co_return ok();
  }
  void speak() {
    silent = false;
    asked_.set();
  }
  std::vector<std::string> servers;
  int attempts = 0;
  bool silent = false;
  std::optional<Error> error;

 private:
  task::Event asked_;
};

struct CourierTest : ::testing::Test {
  CourierTest() { courier.set_sink(sink); }
  ~CourierTest() override {
    sink->speak();
    EXPECT_TRUE(testing::run(loop, courier.finish(loop.now() + seconds(1))));
  }

  void settle() {
    while (testing::step(loop)) {
    }
  }
  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    loop.timers().fire();
    settle();
  }
  void add(std::string server) {
    Alert alert;
    alert.server = std::move(server);
    courier.add(alert);
    settle();
  }
  std::uint64_t count(std::string_view outcome) {
    return metrics.counter(telemetry::metrics::alerts, {"fake", outcome}).value();
  }

  ManualClock clock;
  task::Loop loop{clock};
  telemetry::Registry metrics;
  std::shared_ptr<FakeSink> sink = std::make_shared<FakeSink>(loop);
  Courier courier{loop, metrics, "fake"};
};

TEST_F(CourierTest, SendsAtOnce) {
  add("a");
  add("b");
  EXPECT_EQ(sink->servers, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(count("sent"), 2U);
}

TEST_F(CourierTest, TriesAFailureThatPassesAgainAndThenGivesUp) {
  sink->error = Error(Code::network_connection_failed).with_can_retry(true);
  add("a");
  EXPECT_EQ(sink->attempts, 1);
  advance(Courier::first_pause / 2);
  EXPECT_EQ(sink->attempts, 1) << "not before its pause";
  for (int i = 0; i < 10; ++i) advance(seconds(10));
  EXPECT_EQ(sink->attempts, Courier::attempts);
  EXPECT_EQ(count("failed"), 1U);
  sink->error.reset();
  add("b");
  EXPECT_EQ(count("sent"), 1U);
}

TEST_F(CourierTest, TriesOnceWhatDoesNotPass) {
  sink->error = Error(Code::network_protocol_error).with_can_retry(false);
  add("a");
  EXPECT_EQ(sink->attempts, 1);
  EXPECT_EQ(count("failed"), 1U);
}

TEST_F(CourierTest, OneThatDoesNotAnswerCostsABoundedQueue) {
  sink->silent = true;
  for (std::size_t i = 0; i < Courier::max_waiting + 10; ++i) add("a");
  EXPECT_EQ(courier.waiting(), Courier::max_waiting);
  EXPECT_EQ(count("dropped"), 9U) << "one of them is on its way";
}

TEST_F(CourierTest, WithoutAReceiverNothingIsCounted) {
  courier.set_sink(nullptr);
  add("a");
  EXPECT_EQ(count("sent") + count("dropped") + count("failed"), 0U);
}

TEST_F(CourierTest, WhatWaitsForAReceiverThatGoesIsDropped) {
  sink->silent = true;
  for (int i = 0; i < 3; ++i) add("a");
  courier.set_sink(nullptr);
  EXPECT_EQ(count("dropped"), 2U);
}

TEST_F(CourierTest, AtTheEndWhatIsLeftIsSentWithoutPauses) {
  sink->error = Error(Code::network_connection_failed).with_can_retry(true);
  add("a");
  add("b");
  sink->error.reset();
  EXPECT_TRUE(testing::run(loop, courier.finish(loop.now() + seconds(60))));
  EXPECT_EQ(count("sent"), 2U);
}

}  // namespace
}  // namespace sallyport::alerts
