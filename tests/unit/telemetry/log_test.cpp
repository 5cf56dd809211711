#include "telemetry/log.hpp"

#include "base/secret.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sallyport {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

static_assert(!std::is_convertible_v<Secret, log::Value>, "a secret must not be loggable");

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { log::configure({}); }

  void configure(log::Format format, log::Level level = log::Level::info) {
    log::configure({.level = level,
                    .format = format,
                    .sink = [this](std::string_view line) { lines_.emplace_back(line); },
                    .clock = &clock_});
  }

  std::string only_line() {
    EXPECT_EQ(lines_.size(), 1u);
    return lines_.empty() ? "" : lines_.back();
  }

  boost::json::object only_object() { return boost::json::parse(only_line()).as_object(); }

  ManualClock clock_{SystemTime(std::chrono::milliseconds(1'700'000'000'042) - std::chrono::hours(1))};
  std::vector<std::string> lines_;
};

Error sample_error() {
  return Error(Code::network_connection_failed)
      .with_executed(Executed::no)
      .with_phase(Phase::connect)
      .with_developer_message("refused by the peer")
      .note("while listing tools");
}

TEST_F(LogTest, WritesTextForPeople) {
  configure(log::Format::text);
  log::info("server started",
            {{"server", "files"}, {"pid", 42}, {"seconds", 1.5}, {"trusted", false}, {"what", "two words"}});
  EXPECT_EQ(only_line(),
            "2023-11-14T22:13:20.042Z info    server started server=files pid=42 seconds=1.5 trusted=false "
            "what=\"two words\"\n");
}

TEST_F(LogTest, WritesOneLineOfJsonForMachines) {
  configure(log::Format::json);
  log::warn("server \"x\" stopped", {{"n", std::uint64_t{18446744073709551615u}},
                                     {"i", std::numeric_limits<std::int64_t>::min()},
                                     {"d", 0.25},
                                     {"b", true},
                                     {"s", "a\nb\t\\"}});
  EXPECT_EQ(only_line(),
            R"({"time":"2023-11-14T22:13:20.042Z","level":"warn","message":"server \"x\" stopped",)"
            R"("n":18446744073709551615,"i":-9223372036854775808,"d":0.25,"b":true,"s":"a\nb\u0009\\"})"
            "\n");
  EXPECT_EQ(only_object().at("s").as_string(), "a\nb\t\\");
}

TEST_F(LogTest, NumbersThatJsonDoesNotHaveAreNull) {
  configure(log::Format::json);
  log::info("x", {{"a", std::nan("")}, {"b", std::numeric_limits<double>::infinity()}});
  EXPECT_TRUE(only_object().at("a").is_null());
  EXPECT_TRUE(only_object().at("b").is_null());
}

TEST_F(LogTest, AnyTextGivesOneValidLine) {
  configure(log::Format::json);
  EXPECT_TRUE(rc::check([this](const std::string& text) {
    lines_.clear();
    log::info("x", {{"text", text}});
    RC_ASSERT(lines_.size() == 1);
    RC_ASSERT(lines_[0].find('\n') == lines_[0].size() - 1);
    RC_ASSERT(boost::json::parse(lines_[0]).at("message").as_string() == "x");
  }));
  configure(log::Format::text);
  EXPECT_TRUE(rc::check([this](const std::string& text) {
    lines_.clear();
    log::info("x", {{"text", text}});
    RC_ASSERT(lines_.size() == 1);
    for (std::size_t i = 0; i + 1 < lines_[0].size(); ++i) {
      RC_ASSERT(static_cast<unsigned char>(lines_[0][i]) >= 0x20);
    }
  }));
}

TEST_F(LogTest, NothingSteersATerminal) {
  configure(log::Format::text);
  log::info("a\x1b[2Jb", {{"k", "\r\n2023-11-14 error forged\xE2\x80\xAE \"quoted\""}});
  EXPECT_EQ(only_line(),
            "2023-11-14T22:13:20.042Z info    a\\x1b[2Jb k=\"\\r\\n2023-11-14 error forged\\u{202e} "
            "\\\"quoted\\\"\"\n");
}

TEST_F(LogTest, LongTextsAreClipped) {
  configure(log::Format::json);
  log::info("x", {{"text", std::string(100'000, 'x')}});
  EXPECT_LT(only_line().size(), 2000u);
}

TEST_F(LogTest, LevelsThatAreOffAreNotWritten) {
  using log::Level;
  for (const Level threshold :
       {Level::trace, Level::debug, Level::info, Level::warn, Level::error, Level::off}) {
    configure(log::Format::text, threshold);
    lines_.clear();
    log::debug("d");
    log::info("i");
    log::warn("w");
    log::error("e");
    const auto first = std::max(0, static_cast<int>(threshold) - 1);
    EXPECT_EQ(lines_.size(), static_cast<std::size_t>(std::max(0, 4 - first))) << log::name(threshold);
  }
  EXPECT_FALSE(log::enabled(Level::error));
}

TEST_F(LogTest, AnErrorShowsItsFacts) {
  configure(log::Format::json);
  log::warn("list failed", {{"error", sample_error()}});
  const boost::json::object error = only_object().at("error").as_object();
  EXPECT_EQ(error.at("code").as_string(), "NET_002");
  EXPECT_EQ(error.at("kind").as_string(), "NETWORK_TRANSPORT_RUNTIME_UNREACHABLE");
  EXPECT_EQ(error.at("executed").as_string(), "no");
  EXPECT_EQ(error.at("phase").as_string(), "connect");
  const boost::json::array& notes = error.at("notes").as_array();
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_THAT(std::string(notes[1].as_string()), StartsWith("while listing tools (log_test.cpp:"));
  EXPECT_FALSE(error.contains("developer_message"));
}

TEST_F(LogTest, AnErrorShowsItsFactsAsText) {
  configure(log::Format::text);
  log::warn("list failed", {{"error", sample_error()}});
  EXPECT_THAT(only_line(), HasSubstr(" error=NET_002 kind=NETWORK_TRANSPORT_RUNTIME_UNREACHABLE executed=no "
                                     "phase=connect notes=\"log_test.cpp:"));
  EXPECT_THAT(only_line(), HasSubstr(" < while listing tools (log_test.cpp:"));
  EXPECT_THAT(only_line(), Not(HasSubstr("refused by the peer")));
}

TEST_F(LogTest, DeveloperTextIsShownAtDebugOnly) {
  for (const log::Format format : {log::Format::text, log::Format::json}) {
    for (const log::Level level : {log::Level::info, log::Level::debug}) {
      configure(format, level);
      lines_.clear();
      log::error("failed", {{"error", sample_error()}});
      EXPECT_EQ(only_line().find("refused by the peer") != std::string::npos, level == log::Level::debug);
    }
  }
}

TEST_F(LogTest, LevelAndFormatMayChangeWhileItWrites) {
  configure(log::Format::json);
  log::adjust(log::Level::warn, log::Format::text);
  log::info("not written");
  log::warn("as text");
  EXPECT_THAT(only_line(), HasSubstr("warning as text"));
  EXPECT_FALSE(log::writes_json());
  lines_.clear();
  log::adjust(log::Level::info, log::Format::automatic);
  log::info("as JSON");
  EXPECT_EQ(only_object().at("message"), "as JSON");
}

TEST_F(LogTest, AutomaticIsJsonWhereNobodyLooks) {
  configure(log::Format::automatic);
  log::info("x");
  EXPECT_THAT(only_line(), StartsWith("{"));
}

TEST(LogNames, ReadBack) {
  using log::Format;
  using log::Level;
  for (const Level level : {Level::trace, Level::debug, Level::info, Level::warn, Level::error, Level::off}) {
    EXPECT_EQ(log::parse_level(log::name(level)), level);
  }
  EXPECT_EQ(log::parse_level("warning"), std::nullopt);
  EXPECT_EQ(log::parse_format("auto"), Format::automatic);
  EXPECT_EQ(log::parse_format("text"), Format::text);
  EXPECT_EQ(log::parse_format("json"), Format::json);
  EXPECT_EQ(log::parse_format("xml"), std::nullopt);
}

TEST(LogLimiter, LetsOneThroughInAPeriodAndCountsTheRest) {
  ManualClock clock;
  log::Limiter limiter(std::chrono::seconds(10));
  EXPECT_EQ(limiter.pass(clock.now()), 0u);
  EXPECT_EQ(limiter.pass(clock.now()), std::nullopt);
  clock.advance(std::chrono::seconds(9));
  EXPECT_EQ(limiter.pass(clock.now()), std::nullopt);
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(limiter.pass(clock.now()), 2u);
  clock.advance(std::chrono::seconds(10));
  EXPECT_EQ(limiter.pass(clock.now()), 0u);
}

}  // namespace
}  // namespace sallyport
