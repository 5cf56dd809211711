#include "admin/latency_histogram.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace sallyport::admin {
namespace {

using std::chrono::microseconds;

TEST(LatencyHistogram, EmptyHasNoQuantile) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_FALSE(histogram.quantile(0.5));
}

TEST(LatencyHistogram, OneLatencyIsEveryQuantile) {
  LatencyHistogram histogram;
  histogram.add(microseconds(1500));
  for (const double share : {0.0, 0.5, 0.99, 1.0}) {
    ASSERT_TRUE(histogram.quantile(share));
    EXPECT_LE(*histogram.quantile(share), microseconds(1500));
    EXPECT_GE(*histogram.quantile(share), microseconds(1250)) << share;
  }
  EXPECT_EQ(histogram.max(), microseconds(1500));
}

// Evenly spread latencies: each quantile is known.
TEST(LatencyHistogram, QuantilesAreRightToATenth) {
  LatencyHistogram histogram;
  for (int us = 1; us <= 100000; ++us) histogram.add(microseconds(us));
  for (const double share : {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99}) {
    const auto estimate = static_cast<double>(histogram.quantile(share)->count());
    EXPECT_NEAR(estimate / (share * 100000), 1, 0.1) << share;
  }
  EXPECT_EQ(histogram.quantile(1), microseconds(100000));
}

TEST(LatencyHistogram, ExtremesHaveABucket) {
  LatencyHistogram histogram;
  histogram.add(microseconds(0));
  histogram.add(microseconds(-5));
  histogram.add(std::chrono::hours(48));
  EXPECT_EQ(histogram.count(), 3u);
  EXPECT_LT(*histogram.quantile(0.5), microseconds(64));
  EXPECT_EQ(histogram.quantile(1), std::chrono::hours(48));
}

TEST(LatencyHistogram, AddingOneToAnotherIsAddingItsLatencies) {
  LatencyHistogram one, other, both;
  for (int us = 100; us < 200000; us += 37) {
    (us % 2 == 0 ? one : other).add(microseconds(us));
    both.add(microseconds(us));
  }
  one.add(other);
  EXPECT_EQ(one.count(), both.count());
  EXPECT_EQ(one.max(), both.max());
  for (const double share : {0.1, 0.5, 0.99}) EXPECT_EQ(one.quantile(share), both.quantile(share));
}

}  // namespace
}  // namespace sallyport::admin
