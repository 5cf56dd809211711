// The queue towards a collector: its bounds, its batches, its pauses, and its end, on a clock turned by hand.
#include "telemetry/otlp_sender.hpp"

#include "support/run_task.hpp"
#include "telemetry/metrics_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::telemetry {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

// Answers as told; without an answer it lets the report wait.
class FakeCollector final : public OtlpCollector {
 public:
  explicit FakeCollector(task::Loop& loop) : asked_(loop) {}
  Task<std::uint64_t> send(Signal, std::string_view report) override {
    const std::size_t from = report.find("\"spans\":[") + 9;
    reports.emplace_back(report.substr(from, report.rfind("]}]}]}") - from));
    while (silent) CO_TRY(co_await asked_.wait());
    if (error) co_return Failure(*error);
    co_return rejected;
  }
  void speak() {
    silent = false;
    asked_.set();
  }
  std::vector<std::string> reports;
  bool silent = false;
  std::optional<Error> error;
  std::uint64_t rejected = 0;

 private:
  task::Event asked_;
};

struct OtlpSenderTest : ::testing::Test {
  void advance(milliseconds by) {
    clock.advance(by);
    loop.timers().fire();
    settle();
  }
  void settle() {
    while (testing::step(loop)) {
    }
  }
  void add(int from, int to) {
    for (int i = from; i < to; ++i) sender.add(std::to_string(i));
    settle();
  }
  std::uint64_t dropped(std::string_view reason) {
    return metrics.counter(metrics::telemetry_dropped, {"traces", reason}).value();
  }
  std::uint64_t exported() { return metrics.counter(metrics::telemetry_exported, {"traces"}).value(); }
  std::uint64_t failures(std::string_view code) {
    return metrics.counter(metrics::telemetry_failures, {"traces", code}).value();
  }
  ~OtlpSenderTest() override { (void)testing::run(loop, sender.finish(loop.now())); }

  ManualClock clock;
  task::Loop loop{clock};
  Registry metrics;
  FakeCollector collector{loop};
  OtlpSender sender{loop,    collector,
                    metrics, Signal::traces,
                    {},      {.records = 8, .bytes = 100, .batch_records = 4, .batch_bytes = 50}};
};

Error passing() {
  return Error(Code::telemetry_export_failed).with_can_retry(true);
}

TEST_F(OtlpSenderTest, WaitsForOthersAndSendsThemTogether) {
  add(1, 3);
  advance(milliseconds(999));
  EXPECT_TRUE(collector.reports.empty());
  advance(milliseconds(1));
  EXPECT_THAT(collector.reports, ElementsAre("1,2"));
  EXPECT_EQ(exported(), 2U);
  advance(milliseconds(5000));
  EXPECT_EQ(collector.reports.size(), 1U) << "nothing is sent where there is nothing";
}

TEST_F(OtlpSenderTest, AFullBatchGoesAtOnceAndNeverFromWithinAdd) {
  for (int i = 0; i < 5; ++i) sender.add(std::to_string(i));
  EXPECT_TRUE(collector.reports.empty());
  advance(milliseconds(0));
  EXPECT_THAT(collector.reports, ElementsAre("0,1,2,3"));
  advance(milliseconds(1000));
  EXPECT_THAT(collector.reports, ElementsAre("0,1,2,3", "4"));
}

TEST_F(OtlpSenderTest, KeepsTheNewestWithinItsBounds) {
  collector.silent = true;
  add(0, 4);
  advance(milliseconds(0));
  add(4, 20);
  EXPECT_EQ(sender.waiting(), 8U);
  EXPECT_EQ(dropped("queue_full"), 8U);
  sender.add(std::string(95, 'x'));
  EXPECT_LE(sender.waiting_bytes(), 100U);
  EXPECT_EQ(dropped("queue_full"), 14U);
  sender.add(std::string(101, 'y'));
  EXPECT_EQ(sender.waiting(), 0U) << "what is too large for the queue is not kept";
  collector.speak();
  settle();
  EXPECT_EQ(exported(), 4U);
}

TEST_F(OtlpSenderTest, AfterAFailureThatPassesTheSameGoesAgainAfterAPause) {
  collector.error = passing();
  add(0, 2);
  advance(milliseconds(1000));
  ASSERT_EQ(collector.reports.size(), 1U);
  EXPECT_EQ(failures("TELEM_002"), 1U);
  EXPECT_EQ(metrics.counter(metrics::recovery, {"ignore", "ignored", "TELEM_002", "telemetry"}).value(), 1U);
  add(2, 9);
  advance(milliseconds(499));
  EXPECT_EQ(collector.reports.size(), 1U) << "a full batch does not shorten a pause";
  advance(milliseconds(501));
  EXPECT_EQ(collector.reports.size(), 2U) << "a pause is at most as long as it says";
  advance(milliseconds(999));
  EXPECT_EQ(collector.reports.size(), 2U) << "twice as long";
  collector.error.reset();
  advance(milliseconds(1001));
  EXPECT_EQ(collector.reports.size(), 4U);
  EXPECT_EQ(collector.reports[2], "1,2,3,4") << "in order; the oldest gave way";
  EXPECT_EQ(dropped("queue_full"), 1U);
  advance(milliseconds(1000));
  EXPECT_EQ(exported(), 8U);
}

TEST_F(OtlpSenderTest, PausesHaveALongest) {
  collector.error = passing();
  add(0, 1);
  for (int i = 0; i < 20; ++i) advance(milliseconds(60'000));
  EXPECT_EQ(collector.reports.size(), 20U);
}

TEST_F(OtlpSenderTest, ACollectorSaysWhenAtTheSoonest) {
  collector.error = passing().with_retry_after(std::chrono::minutes(5));
  add(0, 1);
  advance(milliseconds(1000));
  collector.error.reset();
  advance(std::chrono::minutes(5) - milliseconds(1));
  EXPECT_EQ(collector.reports.size(), 1U);
  advance(milliseconds(1));
  EXPECT_EQ(collector.reports.size(), 2U);
}

TEST_F(OtlpSenderTest, WhatIsRefusedIsLost) {
  collector.error = Error(Code::telemetry_config_error).with_can_retry(false);
  add(0, 2);
  advance(milliseconds(1000));
  EXPECT_EQ(sender.waiting(), 0U);
  EXPECT_EQ(dropped("refused"), 2U);
  collector.error.reset();
  add(2, 3);
  advance(milliseconds(1000));
  EXPECT_THAT(collector.reports, ElementsAre("0,1", "2"));
}

TEST_F(OtlpSenderTest, CountsWhatWasRejectedAndBelievesNoMore) {
  collector.rejected = 1;
  add(0, 3);
  advance(milliseconds(1000));
  EXPECT_EQ(exported(), 2U);
  EXPECT_EQ(dropped("rejected"), 1U);
  collector.rejected = UINT64_MAX;
  add(3, 5);
  advance(milliseconds(1000));
  EXPECT_EQ(exported(), 2U);
  EXPECT_EQ(dropped("rejected"), 3U);
}

TEST_F(OtlpSenderTest, ALaterStateTakesThePlaceOfAnEarlierOne) {
  collector.error = passing();
  sender.replace({"a", "b"});
  sender.replace({"c"});
  EXPECT_EQ(dropped("superseded"), 2U);
  advance(milliseconds(1000));
  EXPECT_THAT(collector.reports, ElementsAre("c"));
}

TEST_F(OtlpSenderTest, TheEndSendsEverythingThatWaits) {
  add(0, 7);
  ASSERT_TRUE(testing::run(loop, sender.finish(loop.now() + milliseconds(100))));
  EXPECT_THAT(collector.reports, ElementsAre("0,1,2,3", "4,5,6"));
  sender.add("late");
  EXPECT_EQ(dropped("shutdown"), 1U);
}

TEST_F(OtlpSenderTest, TheEndTriesOnceInAPauseToo) {
  collector.error = passing();
  add(0, 7);
  advance(milliseconds(0));
  ASSERT_TRUE(testing::run(loop, sender.finish(loop.now() + milliseconds(100))));
  EXPECT_EQ(collector.reports.size(), 2U);
  EXPECT_EQ(dropped("shutdown"), 7U);
}

TEST_F(OtlpSenderTest, TheEndIsBounded) {
  collector.silent = true;
  add(0, 7);
  testing::Started<void> ending(loop, sender.finish(loop.now() + milliseconds(100)));
  advance(milliseconds(99));
  EXPECT_FALSE(ending.settled());
  advance(milliseconds(1));
  settle();
  EXPECT_TRUE(ending.settled());
  EXPECT_EQ(dropped("shutdown"), 7U);
}

}  // namespace
}  // namespace sallyport::telemetry
