// Of the same alert the first passes, and the window's end tells how many more there were.
#include "alerts/gate.hpp"

#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::alerts {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using enum Gate::Verdict;

const SteadyTime start = SteadyTime(std::chrono::hours(1));
const SystemTime date = SystemTime(seconds(1'700'000'000));

Alert alert(std::string server, Code code = Code::tool_server_unavailable, SystemTime at = date) {
  Alert made;
  made.code = code;
  made.server = std::move(server);
  made.first = made.last = at;
  return made;
}

TEST(Gate, TheFirstPassesAndTheOthersAreCounted) {
  Gate gate;
  EXPECT_EQ(gate.offer(alert("a"), start), pass);
  EXPECT_EQ(gate.offer(alert("a", Code::tool_server_unavailable, date + seconds(1)), start), counted);
  EXPECT_EQ(gate.offer(alert("a", Code::tool_server_unavailable, date + seconds(9)), start), counted);
  EXPECT_EQ(gate.offer(alert("b"), start), pass) << "another server";
  EXPECT_EQ(gate.offer(alert("a", Code::tool_timeout), start), pass) << "another code";
  EXPECT_EQ(gate.next(), start + minutes(5));
  EXPECT_TRUE(gate.end_windows(start + minutes(5) - seconds(1)).empty());
  const auto told = gate.end_windows(start + minutes(5));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(told[0].repeated);
  EXPECT_EQ(told[0].count, 2U);
  EXPECT_EQ(told[0].first, date + seconds(1));
  EXPECT_EQ(told[0].last, date + seconds(9));
}

TEST(Gate, AWindowInWhichNothingCameIsTheLast) {
  Gate gate;
  EXPECT_EQ(gate.offer(alert("a"), start), pass);
  EXPECT_EQ(gate.offer(alert("a"), start), counted);
  EXPECT_EQ(gate.end_windows(start + minutes(5)).size(), 1U);
  EXPECT_EQ(gate.offer(alert("a"), start + minutes(6)), counted) << "it goes on: one count a window";
  EXPECT_EQ(gate.end_windows(start + minutes(10)).size(), 1U);
  EXPECT_TRUE(gate.end_windows(start + minutes(15)).empty());
  EXPECT_EQ(gate.next(), std::nullopt);
  EXPECT_EQ(gate.offer(alert("a"), start + minutes(16)), pass);
}

TEST(Gate, HasRoomForSoMany) {
  Gate gate;
  for (std::size_t i = 0; i < Gate::max_open; ++i)
    ASSERT_EQ(gate.offer(alert(std::to_string(i)), start), pass);
  EXPECT_EQ(gate.offer(alert("one more"), start), no_room);
  EXPECT_EQ(gate.offer(alert("0"), start), counted);
  EXPECT_EQ(gate.end_all().size(), 1U);
  EXPECT_EQ(gate.open(), 0U);
}

// Whatever comes whenever: every failure is told of exactly once, and per server there is at most one alert a
// window besides its count.
RC_GTEST_PROP(Gate, TellsOfEachFailureOnce, ()) {
  Gate gate;
  gate.set_window(seconds(60));
  std::map<std::string, std::uint64_t> offered;
  std::map<std::string, std::uint64_t> told;
  SteadyTime now = start;
  const auto tell = [&](const std::vector<Alert>& alerts) {
    for (const Alert& each : alerts) told[each.server] += each.count;
  };
  for (const auto& [server, wait] : *rc::gen::container<std::vector<std::pair<int, int>>>(
           rc::gen::pair(rc::gen::inRange(0, 3), rc::gen::inRange(0, 90)))) {
    now += seconds(wait);
    tell(gate.end_windows(now));
    const std::string key = std::to_string(server);
    ++offered[key];
    if (gate.offer(alert(key), now) == pass) ++told[key];
  }
  tell(gate.end_all());
  RC_ASSERT(offered == told);
}

}  // namespace
}  // namespace sallyport::alerts
