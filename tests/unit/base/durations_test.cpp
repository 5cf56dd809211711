#include "base/durations.hpp"

#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, ReadsWhatPeopleWrite) {
  EXPECT_EQ(parse_duration("55s"), 55s);
  EXPECT_EQ(parse_duration("10m"), 10min);
  EXPECT_EQ(parse_duration("100ms"), 100ms);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("2d1h1m1s1ms"), 49h + 61s + 1ms);
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_duration("90m"), 90min);
}

TEST(ParseDuration, RefusesTheRest) {
  for (const std::string_view text :
       {"", "10", "s", "1.5s", "-1s", "+1s", " 1s", "1s ", "1 s", "30m1h", "1s1s", "1S", "1min",
        "9223372036854775807s", "99999999999999999999ms", "1h30"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(FormatDuration, IsShort) {
  EXPECT_EQ(format_duration(0ms), "0s");
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(1500ms), "1s500ms");
  EXPECT_EQ(format_duration(-55s), "-55s");
  EXPECT_EQ(format_duration(std::chrono::milliseconds::min()).front(), '-');
}

RC_GTEST_PROP(FormatDuration, ReadsBack, ()) {
  const auto count = *rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max());
  const std::chrono::milliseconds duration(count);
  RC_ASSERT(parse_duration(format_duration(duration)) == duration);
}

TEST(ParseSize, ReadsBytesAndBinaryUnits) {
  EXPECT_EQ(parse_size("4MiB"), 4u << 20);
  EXPECT_EQ(parse_size("64KiB"), 65536u);
  EXPECT_EQ(parse_size("10000"), 10000u);
  EXPECT_EQ(parse_size("1B"), 1u);
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
}

TEST(ParseSize, RefusesTheRest) {
  for (const std::string_view text : {"", "MiB", "-1", "1.5MiB", "4MB", "4mib", "4 MiB", "4MiB1KiB",
                                      "18446744073709551616", "16777216TiB"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(FormatSize, UsesTheGreatestUnitThatFits) {
  EXPECT_EQ(format_size(0), "0");
  EXPECT_EQ(format_size(10000), "10000");
  EXPECT_EQ(format_size(64 << 20), "64MiB");
  EXPECT_EQ(format_size(1536 << 10), "1536KiB");
}

RC_GTEST_PROP(FormatSize, ReadsBack, ()) {
  const auto shift = *rc::gen::inRange(0, 40);
  const auto size = std::uint64_t{*rc::gen::arbitrary<std::uint16_t>()} << shift;
  RC_ASSERT(parse_size(format_size(size)) == size);
}

}  // namespace
}  // namespace sallyport
