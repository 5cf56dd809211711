// What is heard between start and finish, from whichever thread, and that nothing is heard before and after.
#include "telemetry/otlp_export.hpp"

#include "support/run_task.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"

#include <map>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::telemetry {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

using Reports = std::map<Signal, std::string>;

class Keeping final : public OtlpCollector {
 public:
  explicit Keeping(Reports& reports) : reports_(&reports) {}
  Task<std::uint64_t> send(Signal signal, std::string_view report) override {
    (*reports_)[signal] += report;
    co_return 0U;
  }

 private:
  Reports* reports_;
};

struct OtlpExportTest : ::testing::Test {
  OtlpExportTest() {
    log::configure({.sink = [](std::string_view) {}});
  }
  ~OtlpExportTest() override {
    finish();
    log::configure({});
  }
  void advance(milliseconds by) {
    clock.advance(by);
    loop.timers().fire();
    while (testing::step(loop)) {
    }
  }
  void finish() { (void)testing::run(loop, exporter.finish(loop.now() + milliseconds(100))); }
  static CallRecord call() {
    CallRecord made;
    made.method = protocol::Method::tools_call;
    made.trace = begin_trace(std::nullopt, false);
    return made;
  }

  ManualClock clock;
  task::Loop loop{clock};
  Registry metrics;
  CallHub hub;
  Reports reports;
  OtlpExport exporter{loop, metrics, std::make_unique<Keeping>(reports), {.interval = milliseconds(5000)}};
};

TEST_F(OtlpExportTest, HearsBetweenStartAndFinishOnly) {
  log::info("before");
  EXPECT_FALSE(hub.listening());
  exporter.start(hub);
  EXPECT_TRUE(hub.tracing());
  log::info("during");
  log::debug("too small");
  hub.finished(call());
  advance(milliseconds(1000));
  EXPECT_THAT(reports[Signal::logs], HasSubstr("during"));
  EXPECT_THAT(reports[Signal::logs], Not(HasSubstr("before")));
  EXPECT_THAT(reports[Signal::logs], Not(HasSubstr("too small")));
  EXPECT_THAT(reports[Signal::traces], HasSubstr("tools/call"));
  finish();
  EXPECT_FALSE(hub.listening());
  EXPECT_FALSE(hub.tracing());
  log::info("after");
  advance(milliseconds(60'000));
  EXPECT_THAT(reports[Signal::logs], Not(HasSubstr("after")));
}

TEST_F(OtlpExportTest, LinesOfOtherThreadsComeToTheLoop) {
  exporter.start(hub);
  std::jthread([] {
    for (int i = 0; i < 300; ++i) log::info("elsewhere", {{"count", i}});
  }).join();
  advance(milliseconds(0));
  advance(milliseconds(5000));
  EXPECT_THAT(reports[Signal::logs], HasSubstr(R"("key":"sallyport.count","value":{"intValue":"255"})"));
  EXPECT_THAT(reports[Signal::logs], Not(HasSubstr(R"("intValue":"256")"))) << "at most so many on their way";
  EXPECT_EQ(metrics.counter(metrics::telemetry_dropped, {"logs", "queue_full"}).value(), 44U);
}

TEST_F(OtlpExportTest, LinesOnTheirWayWhenItEndsAreDropped) {
  exporter.start(hub);
  std::jthread([] { log::info("elsewhere"); }).join();
  finish();
  advance(milliseconds(1000));
}

TEST_F(OtlpExportTest, MetricsGoOnTheirIntervalAndAtTheEnd) {
  exporter.start(hub);
  metrics.counter(metrics::calls, {"s", "t", "ok"}).increment(7);
  advance(milliseconds(4999));
  EXPECT_EQ(reports[Signal::metrics], "");
  advance(milliseconds(1));
  advance(milliseconds(1000));
  EXPECT_THAT(reports[Signal::metrics], HasSubstr(R"("asInt":"7")"));
  metrics.counter(metrics::calls, {"s", "t", "ok"}).increment();
  finish();
  EXPECT_THAT(reports[Signal::metrics], HasSubstr(R"("asInt":"8")"));
}

TEST_F(OtlpExportTest, ACallersDecisionNotToRecordHoldsForSpansAndNotForFailures) {
  exporter.start(hub);
  const Error error(Code::tool_timeout);
  CallRecord unsampled = call();
  unsampled.trace.sampled = false;
  unsampled.error = &error;
  hub.finished(unsampled);
  CallRecord older = call();
  older.trace = {};
  hub.finished(older);
  advance(milliseconds(1000));
  EXPECT_EQ(reports[Signal::traces], "");
  EXPECT_THAT(reports[Signal::logs], HasSubstr("a call failed"));
}

}  // namespace
}  // namespace sallyport::telemetry
