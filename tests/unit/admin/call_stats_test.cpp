#include "admin/call_stats.hpp"

#include "unit/admin/records.hpp"

#include <numeric>
#include <string>

#include <gtest/gtest.h>

namespace sallyport::admin {
namespace {

using namespace testing;

constexpr SteadyTime start{std::chrono::hours(10)};

struct CallStatsTest : ::testing::Test {
  std::uint64_t calls_of_rate(SteadyTime now) const {
    const auto rates = stats.rate(now);
    return std::accumulate(rates.begin(), rates.end(), std::uint64_t{},
                           [](auto sum, const CallStats::Rate& rate) { return sum + rate.calls; });
  }
  CallStats stats;
};

TEST_F(CallStatsTest, NothingHasHappened) {
  EXPECT_EQ(stats.rate(start).size(), CallStats::seconds_kept);
  EXPECT_EQ(stats.latency(start).size(), CallStats::slices_kept);
  const auto window = stats.window(start, 5min);
  EXPECT_EQ(window.calls, 0u);
  EXPECT_TRUE(window.targets.empty());
  EXPECT_FALSE(window.latency.quantile(0.5));
}

TEST_F(CallStatsTest, CountsWhatWasDoneAboutFailures) {
  telemetry::CallRecord record = call();
  record.recovery = protocol::RecoveryNote{Strategy::retry, 2, "recovered"};
  stats.add(record, start);
  record.recovery->outcome = "gave_up";
  stats.add(record, start);
  const auto window = stats.window(start, 1min);
  const CallStats::Recovery& retries = window.by_strategy[static_cast<std::size_t>(Strategy::retry)];
  EXPECT_EQ(retries.tried, 2u);
  EXPECT_EQ(retries.recovered, 1u);
}

TEST_F(CallStatsTest, SecondsMoveOnAndAreForgotten) {
  stats.add(call(), start);
  stats.add(failed_call(), start);
  stats.add(call(), start + 1s);
  const auto rates = stats.rate(start + 1s);
  EXPECT_EQ(rates.back().calls, 1u);
  EXPECT_EQ(rates[rates.size() - 2].calls, 2u);
  EXPECT_EQ(rates[rates.size() - 2].failed, 1u);
  EXPECT_EQ(calls_of_rate(start + 299s), 3u);
  EXPECT_EQ(calls_of_rate(start + 300s), 1u);
  EXPECT_EQ(calls_of_rate(start + 10h), 0u);
  EXPECT_EQ(stats.totals().calls, 3u);
  EXPECT_EQ(stats.totals().failed, 1u);
}

TEST_F(CallStatsTest, WindowsSumWhatEndedWithinThem) {
  stats.add(failed_call(Code::tool_timeout), start);
  stats.add(failed_call(Code::tool_not_found), start + 2min);
  stats.add(call(), start + 2min);
  const auto minute = stats.window(start + 2min, 1min);
  EXPECT_EQ(minute.calls, 2u);
  EXPECT_EQ(minute.failed, 1u);
  EXPECT_EQ(minute.by_code[static_cast<std::size_t>(Code::tool_not_found)], 1u);
  EXPECT_EQ(minute.by_code[static_cast<std::size_t>(Code::tool_timeout)], 0u);
  const auto all = stats.window(start + 2min, 15min);
  EXPECT_EQ(all.calls, 3u);
  EXPECT_EQ(all.by_kind[static_cast<std::size_t>(row(Code::tool_timeout).kind)], 1u);
  EXPECT_EQ(stats.window(start + 16min, 15min).calls, 2u);
  EXPECT_EQ(stats.window(start + 60min, 15min).calls, 0u);
}

TEST_F(CallStatsTest, ListsAndHandshakesAreNoCalls) {
  stats.add(listing(), start);
  EXPECT_EQ(stats.totals().requests, 1u);
  EXPECT_EQ(stats.totals().calls, 0u);
  EXPECT_EQ(stats.window(start, 1min).calls, 0u);
}

TEST_F(CallStatsTest, ACancelledCallDidNotFail) {
  stats.add(failed_call(Code::proto_cancelled), start);
  const auto window = stats.window(start, 1min);
  EXPECT_EQ(window.calls, 1u);
  EXPECT_EQ(window.failed, 0u);
  EXPECT_EQ(window.by_code[static_cast<std::size_t>(Code::proto_cancelled)], 1u);
}

TEST_F(CallStatsTest, TargetsTheBusiestFirst) {
  stats.add(call("files", "read"), start);
  for (int i = 0; i < 3; ++i) stats.add(call("web", "fetch"), start);
  stats.add(failed_call(Code::tool_timeout, "web", "fetch"), start);
  const auto targets = stats.window(start, 1min).targets;
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].server, "web");
  EXPECT_EQ(targets[0].name, "fetch");
  EXPECT_EQ(targets[0].total.calls, 4u);
  EXPECT_EQ(targets[0].total.failed, 1u);
  EXPECT_EQ(targets[1].name, "read");
}

TEST_F(CallStatsTest, NamesThatCallersChooseTakeNoPlace) {
  for (int i = 0; i < 1000; ++i) {
    auto record = failed_call(Code::tool_not_found, "", "");
    const std::string name = "guess" + std::to_string(i);
    record.requested = name;
    record.listed = false;
    stats.add(record, start);
  }
  const auto targets = stats.window(start, 1min).targets;
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets[0].name, "");
  EXPECT_EQ(targets[0].total.calls, 1000u);
}

TEST_F(CallStatsTest, MoreTargetsThanThereArePlacesCountAsOneOther) {
  for (int i = 0; i < 500; ++i) {
    const std::string name = "t" + std::to_string(i);
    stats.add(call("s", name), start);
  }
  auto targets = stats.window(start, 1min).targets;
  ASSERT_EQ(targets.size(), CallStats::max_targets + 1);
  EXPECT_EQ(targets[0].method, protocol::Method::unknown) << "the other";
  EXPECT_EQ(targets[0].total.calls, 500 - CallStats::max_targets);
  EXPECT_EQ(stats.window(start, 1min).calls, 500u);
  // Those of which no window speaks any more give their places back.
  for (int i = 0; i < 3; ++i) {
    const std::string name = "late" + std::to_string(i);
    stats.add(call("s", name), start + 20min + i * 15s);
  }
  targets = stats.window(start + 21min, 15min).targets;
  ASSERT_EQ(targets.size(), 3u);
  for (const auto& target : targets) EXPECT_TRUE(target.name.starts_with("late"));
}

TEST_F(CallStatsTest, LatencySliceBySlice) {
  auto slow = call();
  slow.took = 2s;
  stats.add(call(), start);
  stats.add(slow, start + 15s);
  const auto latencies = stats.latency(start + 15s);
  EXPECT_GT(*latencies.back().p50, 1s);
  EXPECT_LT(*latencies[latencies.size() - 2].p50, 5ms);
  EXPECT_FALSE(latencies.front().p50);
}

}  // namespace
}  // namespace sallyport::admin
