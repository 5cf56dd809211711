// When a server that failed is tried again, on a clock that stands still.
#include "upstream/backoff.hpp"

#include <gtest/gtest.h>

namespace sallyport::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Backoff, AtOnceThenDoubledUpToAMinute) {
  const ManualClock clock;
  Backoff backoff;
  for (const int delay : {0, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000}) {
    EXPECT_EQ(backoff.down(clock.now(), 0), milliseconds(delay));
  }
}

TEST(Backoff, NeverGivesUpAndNeverOverflows) {
  const ManualClock clock;
  Backoff backoff;
  for (int i = 0; i < 1000; ++i) EXPECT_LE(backoff.down(clock.now(), 0.999), seconds(72));
  EXPECT_EQ(backoff.down(clock.now(), 0), seconds(60));
}

TEST(Backoff, RandomAddsUpToAFifth) {
  const ManualClock clock;
  for (const auto& [random, delay] : {std::pair{0.0, 250}, {0.5, 275}, {0.9999, 299}}) {
    Backoff backoff;
    EXPECT_EQ(backoff.down(clock.now(), random), milliseconds(0)) << "there is nothing to spread yet";
    EXPECT_EQ(backoff.down(clock.now(), random), milliseconds(delay));
  }
}

TEST(Backoff, AGoodTimeForgivesAndAShortOneDoesNot) {
  ManualClock clock;
  Backoff backoff;
  for (int i = 0; i < 3; ++i) (void)backoff.down(clock.now(), 0);
  backoff.up(clock.now());
  clock.advance(milliseconds(9999));
  EXPECT_EQ(backoff.down(clock.now(), 0), milliseconds(1000));
  backoff.up(clock.now());
  clock.advance(milliseconds(10000));
  EXPECT_EQ(backoff.down(clock.now(), 0), milliseconds(0));
  EXPECT_EQ(backoff.failures(), 1u);
  clock.advance(seconds(3600));
  EXPECT_EQ(backoff.down(clock.now(), 0), milliseconds(250)) << "a time that it was down is no good time";
}

}  // namespace
}  // namespace sallyport::upstream
