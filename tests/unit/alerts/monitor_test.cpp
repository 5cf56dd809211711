// Thresholds over sliding windows, and the alarms of single callers, against an injected clock.
#include "alerts/monitor.hpp"

#include <algorithm>
#include <deque>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::alerts {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const SteadyTime start = SteadyTime(std::chrono::hours(1));

Thresholds thresholds(milliseconds window, std::uint32_t low, std::uint32_t medium, std::uint32_t high,
                      std::uint32_t critical) {
  return {window, {low, medium, high, critical}};
}

TEST(Monitor, TheThresholdIsThatOfTheCodesSeverity) {
  Monitor monitor;
  EXPECT_EQ(row(Code::system_internal_error).severity, Severity::critical);
  EXPECT_EQ(row(Code::config_invalid).severity, Severity::high);
  EXPECT_EQ(monitor.failed(Code::system_internal_error, start)->count, 1U);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(monitor.failed(Code::config_invalid, start));
  EXPECT_EQ(monitor.failed(Code::config_invalid, start)->count, 5U);
  EXPECT_EQ(monitor.failed(Code::config_invalid, start)->count, 6U) << "it is still too many";
}

TEST(Monitor, AWindowSlides) {
  Monitor monitor;
  const Code code = Code::config_invalid;
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(monitor.failed(code, start + minutes(i)));
  EXPECT_FALSE(monitor.failed(code, start + minutes(6))) << "the first is too old";
  EXPECT_FALSE(monitor.failed(code, start + minutes(6) + seconds(30))) << "and so is the second";
  EXPECT_TRUE(monitor.failed(code, start + minutes(6) + seconds(40)));
}

TEST(Monitor, ItSaysSinceWhen) {
  Monitor monitor;
  const Code code = Code::config_invalid;
  for (int i = 0; i < 4; ++i) (void)monitor.failed(code, start + seconds(10 * i));
  const auto too_many = monitor.failed(code, start + seconds(40));
  ASSERT_TRUE(too_many);
  EXPECT_EQ(too_many->since, seconds(40));
}

TEST(Monitor, WithoutAThresholdNoNumberIsTooMany) {
  Monitor monitor;
  monitor.set(thresholds(minutes(5), 0, 0, 0, 0));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(monitor.failed(Code::system_internal_error, start));
  EXPECT_FALSE(monitor.caused("one", Code::tool_not_found, start));
}

TEST(Monitor, OtherThresholdsBeginAnew) {
  Monitor monitor;
  const Code code = Code::config_invalid;
  for (int i = 0; i < 4; ++i) (void)monitor.failed(code, start);
  monitor.set(monitor.thresholds());
  EXPECT_EQ(monitor.count(code, start), 4U);
  monitor.set(thresholds(minutes(1), 50, 10, 5, 1));
  EXPECT_EQ(monitor.count(code, start), 0U);
}

RC_GTEST_PROP(Monitor, CountsWhatIsYoungerThanTheWindowAndHardlyMore, ()) {
  const milliseconds window(*rc::gen::inRange<std::int64_t>(1000, 600'000));
  Monitor monitor;
  monitor.set(thresholds(window, 1, 1, 1, 1));
  std::deque<SteadyTime> times;
  SteadyTime now = start;
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 400))) {
    now += std::chrono::duration_cast<SteadyTime::duration>(window) * step / 1000;
    times.push_back(now);
    const auto counted = monitor.failed(Code::network_timeout, now);
    RC_ASSERT(counted);
    const auto younger_than = [&](SteadyTime::duration age) {
      return static_cast<std::uint64_t>(
          std::ranges::count_if(times, [&](SteadyTime time) { return now - time < age; }));
    };
    RC_ASSERT(counted->count >= younger_than(window));
    RC_ASSERT(counted->count <= younger_than(window + window / 30));
  }
}

TEST(Callers, OneThatCausesTooManyIsNamedOnceInAWindow) {
  Monitor monitor;
  const Code code = Code::tool_not_found;
  const auto threshold = monitor.thresholds().of(code);
  ASSERT_GT(threshold, 1U);
  for (std::uint32_t i = 1; i < threshold; ++i) EXPECT_FALSE(monitor.caused("one", code, start));
  EXPECT_FALSE(monitor.caused("other", code, start)) << "callers are counted each by himself";
  EXPECT_TRUE(monitor.caused("one", code, start));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(monitor.caused("one", code, start + minutes(1)));
  for (std::uint32_t i = 1; i < threshold; ++i) EXPECT_FALSE(monitor.caused("one", code, start + minutes(5)));
  EXPECT_TRUE(monitor.caused("one", code, start + minutes(5)));
}

TEST(Callers, AreAtMostSoMany) {
  Monitor monitor;
  for (int i = 0; i < 5000; ++i) (void)monitor.caused(std::to_string(i), Code::tool_not_found, start);
  EXPECT_LE(monitor.callers(), Monitor::max_callers + code_count);
  (void)monitor.caused("late", Code::tool_not_found, start + minutes(6));
  EXPECT_LE(monitor.callers(), 1U) << "those of an earlier window are forgotten";
}

}  // namespace
}  // namespace sallyport::alerts
