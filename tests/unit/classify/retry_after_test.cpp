#include "classify/retry_after.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sallyport::classify {
namespace {

using std::chrono::milliseconds;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Tue, 14 Nov 2023 22:13:20 GMT
constexpr SystemTime now{std::chrono::seconds(1'700'000'000)};

struct Case {
  std::vector<HeaderField> headers;
  std::optional<milliseconds> delay;
};

std::string describe(const std::vector<HeaderField>& headers) {
  std::string text;
  for (const HeaderField& field : headers) text.append(field.name).append(": ").append(field.value) += '\n';
  return text;
}

TEST(RetryAfter, ReadsEveryForm) {
  const std::vector<Case> cases = {
      {{}, std::nullopt},
      {{{"retry-after", "0"}}, 0ms},
      {{{"retry-after", "120"}}, 120s},
      {{{"Retry-After", " 1.5 "}}, 1500ms},
      {{{"RETRY-AFTER", "0.25"}}, 250ms},
      {{{"retry-after", "007"}}, 7s},
      // Unusable.
      {{{"retry-after", ""}}, std::nullopt},
      {{{"retry-after", "-5"}}, std::nullopt},
      {{{"retry-after", "+5"}}, std::nullopt},
      {{{"retry-after", "1e3"}}, std::nullopt},
      {{{"retry-after", "inf"}}, std::nullopt},
      {{{"retry-after", "0x10"}}, std::nullopt},
      {{{"retry-after", "1.2.3"}}, std::nullopt},
      {{{"retry-after", ".5"}}, std::nullopt},
      {{{"retry-after", "5 seconds"}}, std::nullopt},
      {{{"retry-after", std::string_view("99999999999999999999999999999999999999999")}}, std::nullopt},
      // Dates, in three forms; the past is now.
      {{{"retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"}}, 30s},
      {{{"retry-after", "Tuesday, 14-Nov-23 22:13:50 GMT"}}, 30s},
      {{{"retry-after", "Tue Nov 14 22:13:50 2023"}}, 30s},
      {{{"retry-after", "Tue, 14 Nov 2023 22:13:00 GMT"}}, 0ms},
      {{{"retry-after", "Tue, 14 Nov 2023 22:13:50 EST"}}, std::nullopt},
      // A date counts from the reply's own.
      {{{"retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"}, {"Date", "Tue, 14 Nov 2023 22:13:40 GMT"}}, 10s},
      {{{"retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"}, {"Date", "yesterday"}}, 30s},
      {{{"retry-after", "5"}, {"Date", "Tue, 14 Nov 2023 22:00:00 GMT"}}, 5s},
      // Moments since 1970, in seconds and milliseconds, whatever the header.
      {{{"x-ratelimit-reset", "1700000060"}}, 60s},
      {{{"retry-after", "1700000060"}}, 60s},
      {{{"retry-after", "1700000060500"}}, 60500ms},
      {{{"retry-after-ms", "1700000060"}}, 60s},
      {{{"x-ratelimit-reset", "1699999999"}}, 0ms},
      {{{"x-ratelimit-reset-ms", "1700000060000"}}, 60s},
      {{{"x-ratelimit-reset", "1700000060"}, {"date", "Tue, 14 Nov 2023 22:13:50 GMT"}}, 30s},
      // One below: still a number of seconds.
      {{{"retry-after", "1000000000"}}, 24h},
      // Clamped.
      {{{"retry-after", "86400"}}, 24h},
      {{{"retry-after", "86401"}}, 24h},
      {{{"retry-after", "Fri, 31 Dec 9999 23:59:59 GMT"}}, 24h},
      {{{"retry-after", "999999999999999999999999"}}, 24h},
      // The first usable in the order of the list, not of the reply.
      {{{"retry-after", "9"}, {"retry-after-ms", "1500"}}, 1500ms},
      {{{"retry-after", "9"}, {"retry-after-ms", "-1"}}, 9s},
      {{{"ratelimit-reset", "3"}, {"x-rate-limit-reset", "4"}}, 4s},
      {{{"x-rate-limit-reset", "4"}, {"x-ratelimit-reset", "5"}}, 5s},
      {{{"x-ratelimit-reset-ms", "60"}, {"retry-after", "60"}}, 60s},
      {{{"x-ratelimit-reset-ms", "60"}}, 60ms},
      {{{"ratelimit-reset", "3"}}, 3s},
      {{{"retry-after", "soon"}, {"retry-after", "8"}}, 8s},
      // The draft's structured field: the longest among the quotas that are used up.
      {{{"RateLimit", R"("default";r=0;t=12)"}}, 12s},
      {{{"RateLimit", R"("burst";r=0;t=12, "day";r=0;t=3600, "hour";r=5;t=9000)"}}, 3600s},
      {{{"RateLimit", R"("a,b;r=0;t=99";r=0;t=7)"}}, 7s},
      {{{"RateLimit", R"("a\"b;r=1" ; r=0 ; t=7)"}}, 7s},
      {{{"RateLimit", R"("default";r=5;t=12)"}}, std::nullopt},
      {{{"RateLimit", R"("default";r=0)"}}, std::nullopt},
      {{{"RateLimit", R"("default";r=5;t=12)"}, {"ratelimit-reset", "3"}}, 3s},
      {{{"RateLimit", "limit=100, remaining=0, reset=50"}}, 50s},
      {{{"RateLimit", "limit=100,remaining=7,reset=50"}}, std::nullopt},
      {{{"RateLimit", "limit=100, reset=50"}}, 50s},
      {{{"RateLimit", R"(")"}}, std::nullopt},
      {{{"RateLimit", "\"\\"}}, std::nullopt},
      {{{"ratelimit-policy", R"("default";q=100;w=60)"}}, std::nullopt},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(retry_after(each.headers, now), each.delay) << describe(each.headers);
  }
}

TEST(RetryAfter, SaysWhereItComesFromAndWhetherItWasClamped) {
  const std::vector<HeaderField> headers = {{"Retry-After", "86401"}};
  const auto after = read_retry_after(headers, now);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->source, "retry-after");
  EXPECT_TRUE(after->clamped);
  const std::vector<HeaderField> longest = {{"X-RateLimit-Reset", "86400"}};
  EXPECT_EQ(read_retry_after(longest, now)->source, "x-ratelimit-reset");
  EXPECT_FALSE(read_retry_after(longest, now)->clamped);
}

rc::Gen<std::string> header_value() {
  return rc::gen::oneOf(
      rc::gen::string<std::string>(),
      rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [](std::uint64_t n) { return std::to_string(n); }),
      rc::gen::map(rc::gen::arbitrary<double>(), [](double n) { return std::to_string(n); }),
      rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                       "\"a\"", ";", "r=0", "t=", "5", ",", "remaining=0", "reset=", "-", "1e9", " ", "\\",
                       "GMT", "Sun, ", "06", "Nov", "1994", ":", "99")),
                   [](const std::vector<std::string>& parts) {
                     std::string text;
                     for (const std::string& part : parts) text += part;
                     return text;
                   }));
}

TEST(RetryAfter, IsNeverNegativeAndNeverOverTheClamp) {
  EXPECT_TRUE(rc::check([] {
    const auto name =
        *rc::gen::element<std::string>("retry-after-ms", "retry-after", "ratelimit", "x-ratelimit-reset",
                                       "x-rate-limit-reset", "ratelimit-reset", "x-ratelimit-reset-ms");
    const auto value = *header_value();
    const auto date = *header_value();
    const auto seconds = *rc::gen::inRange<std::int64_t>(-4'000'000'000, 8'000'000'000);
    const std::vector<HeaderField> headers = {{name, value}, {"date", date}};
    const auto delay = retry_after(headers, SystemTime(std::chrono::seconds(seconds)));
    RC_PRE(delay.has_value());
    RC_ASSERT(*delay >= 0ms);
    RC_ASSERT(*delay <= longest_retry_after);
  }));
}

std::optional<std::int64_t> date(std::string_view text, SystemTime at = now) {
  const auto parsed = parse_http_date(text, at);
  return parsed ? std::optional(parsed->time_since_epoch().count()) : std::nullopt;
}

TEST(HttpDate, ReadsTheThreeForms) {
  EXPECT_EQ(date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  EXPECT_EQ(date("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
  EXPECT_EQ(date("Sun Nov  6 08:49:37 1994"), 784111777);
  EXPECT_EQ(date("Thu Nov 16 08:49:37 2023"), 1700124577);
  EXPECT_EQ(date("Sat, 29 Feb 2020 00:00:00 GMT"), 1582934400);
  EXPECT_EQ(date("Sat, 31 Dec 2016 23:59:60 GMT"), 1483228800);  // a leap second
}

TEST(HttpDate, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 29 Feb 2023 00:00:00 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT", "Day, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994", "1994-11-06T08:49:37Z"}) {
    EXPECT_EQ(date(text), std::nullopt) << text;
  }
}

TEST(HttpDate, TwoDigitYearsAreTheLatestNotOver50YearsAhead) {
  EXPECT_EQ(date("Sunday, 06-Nov-94 08:49:37 GMT"), date("Sun, 06 Nov 1994 08:49:37 GMT"));
  EXPECT_EQ(date("Sunday, 06-Nov-72 08:49:37 GMT"), date("Sun, 06 Nov 2072 08:49:37 GMT"));
  EXPECT_EQ(date("Sunday, 06-Nov-75 08:49:37 GMT"), date("Sun, 06 Nov 1975 08:49:37 GMT"));
  const SystemTime in_2099{std::chrono::seconds(4'080'000'000)};
  EXPECT_EQ(date("Sunday, 06-Nov-05 08:49:37 GMT", in_2099), date("Fri, 06 Nov 2105 08:49:37 GMT"));
  // 2000 has a 29 February, 1900 and 2100 have none.
  EXPECT_EQ(date("Tuesday, 29-Feb-00 00:00:00 GMT"), date("Tue, 29 Feb 2000 00:00:00 GMT"));
}

}  // namespace
}  // namespace sallyport::classify
