// The access log: what a line says, what it never says, and what happens when nobody takes it.
#include "telemetry/access_log.hpp"

#include "json/scanner.hpp"
#include "support/manual_timers.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::telemetry {
namespace {

using ::testing::HasSubstr;

CallRecord record() {
  CallRecord made;
  made.started = SystemTime(std::chrono::milliseconds(1'700'000'000'007));
  made.took = std::chrono::microseconds(1234);
  made.method = protocol::Method::tools_call;
  made.principal = "anonymous";
  made.source = "127.0.0.1";
  made.server = "files";
  made.target = "read";
  made.outcome.executed = Executed::yes;
  made.outcome.response_bytes = 20;
  made.request_bytes = 10;
  return made;
}

TEST(AccessLine, Text) {
  std::string line;
  append_access_line(line, record(), false, "info");
  EXPECT_EQ(line,
            "2023-11-14T22:13:20.008Z info    call method=tools/call principal=anonymous source=127.0.0.1 "
            "server=files tool=read code=ok executed=yes ms=1.234 in=10 out=20 "
            "correlation=00000000000000000000000000000000\n");
}

TEST(AccessLine, JsonIsOneValueOnOneLineWhateverTheNames) {
  CallRecord hostile = record();
  hostile.target = "a\"b\n\x1b[31m\xe2\x80\xa8\xff";
  hostile.outcome.code = Code::tool_timeout;
  hostile.outcome.kind = Kind::network_transport_runtime_timeout;
  hostile.trace = begin_trace(std::nullopt, false);
  for (const bool json : {true, false}) {
    std::string line;
    append_access_line(line, hostile, json, "info");
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
    if (json) EXPECT_TRUE(json::scan(std::string_view(line).substr(0, line.size() - 1)));
    EXPECT_THAT(line, HasSubstr(hostile.trace.id.hex()));
    EXPECT_THAT(line, HasSubstr("TOOL_004"));
  }
}

struct AccessLogTest : ::testing::Test {
  AccessLog::Write taking() {
    return [this](std::string_view lines) {
      ++writes;
      const std::size_t take = stuck ? 0 : lines.size();
      written += lines.substr(0, take);
      return take;
    };
  }
  std::uint64_t dropped() { return metrics.counter(metrics::access_lines_dropped).value(); }
  testing::ManualTimers timers;
  Registry metrics;
  std::string written;
  int writes = 0;
  bool stuck = false;
};

TEST_F(AccessLogTest, WritesInBatches) {
  AccessLog access(timers, metrics, taking());
  for (int i = 0; i < 10; ++i) access.call_finished(record());
  EXPECT_EQ(writes, 0);
  timers.advance(AccessLog::delay);
  EXPECT_EQ(writes, 1);
  EXPECT_EQ(std::ranges::count(written, '\n'), 10);
  for (int i = 0; i < 1000; ++i) access.call_finished(record());
  EXPECT_GT(writes, 5);
}

TEST_F(AccessLogTest, OtherRequestsAreForDebug) {
  AccessLog access(timers, metrics, taking());
  CallRecord list = record();
  list.method = protocol::Method::tools_list;
  access.call_finished(list);
  access.flush();
  EXPECT_EQ(written, "");
}

TEST_F(AccessLogTest, WhatNobodyTakesIsBoundedAndCounted) {
  stuck = true;
  AccessLog access(timers, metrics, taking());
  for (int i = 0; i < 5000; ++i) access.call_finished(record());
  EXPECT_GT(dropped(), 1000u);
  EXPECT_LT(writes, 10) << "who is stuck is not asked again for every line";
  stuck = false;
  timers.advance(AccessLog::delay);
  EXPECT_LE(written.size(), AccessLog::max_buffered);
  EXPECT_EQ(static_cast<std::uint64_t>(std::ranges::count(written, '\n')) + dropped(), 5000u);
}

TEST_F(AccessLogTest, WritesWhatIsLeftAtItsEnd) {
  {
    AccessLog access(timers, metrics, taking());
    access.call_finished(record());
  }
  EXPECT_EQ(std::ranges::count(written, '\n'), 1);
}

}  // namespace
}  // namespace sallyport::telemetry
