#include "errors/text.hpp"

#include "errors/catalog.hpp"
#include "golden.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view ref = "7f3a0000000000000000000000000001";

Error with_every_slot(Code code) {
  return Error(code)
      .with_slot(Slot::server, "files")
      .with_slot(Slot::tool, "files__read_file")
      .with_slot(Slot::suggestion, "files__read_files")
      .with_slot(Slot::seconds, 55)
      .with_slot(Slot::limit, 64)
      .with_slot(Slot::attempts, 3)
      .with_slot(Slot::pointer, "/path")
      .with_slot(Slot::constraint, "must be a string")
      .with_slot(Slot::method, "tools/call")
      .with_slot(Slot::version, "2025-11-25");
}

// Every code with nothing known, with everything known, and as its transient or lasting self.
TEST(RenderText, SaysForEveryCodeWhatTheGoldenFileSays) {
  std::string all;
  for (const CatalogRow& row : catalog()) {
    all += std::string(row.wire_name) + " " + std::string(row.full_name) + "\n";
    all +=
        "  bare:      " + render_text(Error(row.code), ref, {.idempotent = false, .tool_call = true}) + "\n";
    all +=
        "  filled:    " + render_text(with_every_slot(row.code).with_executed(Executed::no), ref, {}) + "\n";
    all += "  wait:      " +
           render_text(Error(row.code).with_executed(Executed::no).with_retry_after(11'001ms), ref, {}) +
           "\n";
    all += "  ran:       " + render_text(Error(row.code).with_executed(Executed::yes), ref, {}) + "\n";
    all += "  not a call: " + render_text(Error(row.code), ref, {.idempotent = true, .tool_call = false}) +
           "\n\n";
  }
  testing::expect_golden("tests/golden/errors_texts.txt", all);
}

TEST(RenderText, KeepsTheOrder) {
  const Error error = Error(Code::network_timeout)
                          .with_slot(Slot::server, "weather")
                          .with_slot(Slot::seconds, 5)
                          .with_executed(Executed::no)
                          .with_retry_after(12s);
  EXPECT_EQ(render_text(error, "7f3a", {}),
            "Server 'weather' did not answer within 5 s. It did not run. Wait 12 s, then call again. "
            "(NET_001, ref 7f3a)");
}

TEST(RenderText, NeverCallsForARepeatOfWhatMayHaveRun) {
  const Error error = Error(Code::tool_timeout).with_retry_after(12s);
  for (const Executed executed : {Executed::maybe, Executed::yes}) {
    Error copy = error;
    copy.with_executed(executed);
    const std::string text = render_text(copy, ref, {.idempotent = false, .tool_call = true});
    EXPECT_EQ(text.find("call again"), text.npos) << text;
    EXPECT_NE(text.find("check before you repeat it"), text.npos) << text;
    EXPECT_NE(
        render_text(copy, ref, {.idempotent = true, .tool_call = true}).find("Wait 12 s, then call again."),
        text.npos);
  }
}

TEST(RenderText, SpeaksOfRunningOnlyWhereSomethingCouldRun) {
  for (const CatalogRow& row : catalog()) {
    const std::string text = render_text(Error(row.code), ref, {.idempotent = true, .tool_call = false});
    EXPECT_EQ(text.find(" run."), text.npos) << text;
    EXPECT_EQ(text.find("may have run"), text.npos) << text;
  }
}

TEST(RenderText, ShowsADeniedToolExactlyAsAnUnknownOne) {
  const auto text = [](Code code) {
    return render_text(Error(code).with_slot(Slot::tool, "files__delete").with_executed(Executed::no), ref,
                       {});
  };
  EXPECT_EQ(text(Code::policy_tool_denied), text(Code::tool_not_found));
  EXPECT_EQ(shown_row(Error(Code::policy_tool_denied)).wire_name, "TOOL_002");
}

TEST(RenderText, EscapesWhatFillsASlot) {
  const Error error = Error(Code::tool_server_unavailable).with_slot(Slot::server, "a\nb\x1b[0m[{tool}]");
  EXPECT_TRUE(render_text(error, ref, {}).starts_with("Server 'a\\nb\\x1b[0m[{tool}]' is not available."));
}

TEST(RenderText, LeavesOutWhatIsNotKnown) {
  EXPECT_TRUE(render_text(Error(Code::tool_server_unavailable).with_slot(Slot::server, ""), ref, {})
                  .starts_with("The server of this tool is not available."));
  EXPECT_TRUE(render_text(Error(Code::tool_server_unavailable).with_attempts(1), ref, {})
                  .starts_with("The server of this tool is not available."));
  EXPECT_TRUE(render_text(Error(Code::tool_server_unavailable).with_attempts(3), ref, {})
                  .starts_with("The server of this tool is not available after 3 attempts."));
  EXPECT_TRUE(render_text(Error(Code::proto_cancelled), "", {}).ends_with(" (PROTO_013)"));
}

TEST(RenderText, NeverHoldsDeveloperTextExtrasOrNotes) {
  for (const CatalogRow& row : catalog()) {
    const Error error = with_every_slot(row.code)
                            .with_developer_message("canary-1")
                            .with_extra("canary-2", std::string("canary-3"))
                            .with_spec_data(R"({"canary":4})")
                            .with_cause(Error(Code::network_dns_error).with_developer_message("canary-5"))
                            .note("canary-6");
    EXPECT_EQ(render_text(error, ref, {}).find("canary"), std::string::npos) << row.wire_name;
  }
}

TEST(CallCanRetry, NeedsATransientFailureAndACallThatMayBeRepeated) {
  const auto can = [](bool transient, Executed executed, bool idempotent) {
    return call_can_retry(Error(Code::network_timeout).with_can_retry(transient).with_executed(executed),
                          idempotent);
  };
  EXPECT_TRUE(can(true, Executed::no, false));
  EXPECT_TRUE(can(true, Executed::maybe, true));
  EXPECT_TRUE(can(true, Executed::yes, true));
  EXPECT_FALSE(can(true, Executed::maybe, false));
  EXPECT_FALSE(can(true, Executed::yes, false));
  EXPECT_FALSE(can(false, Executed::no, true));
  EXPECT_FALSE(call_can_retry(Error(Code::network_timeout), false))
      << "whoever says nothing has not said `no`";
}

TEST(RetryAfterSeconds, RoundsUp) {
  const auto seconds = [](std::chrono::milliseconds delay) {
    return retry_after_seconds(Error(Code::limit_rate_limited).with_retry_after(delay));
  };
  EXPECT_EQ(seconds(0ms), 0);
  EXPECT_EQ(seconds(1ms), 1);
  EXPECT_EQ(seconds(1000ms), 1);
  EXPECT_EQ(seconds(1001ms), 2);
  EXPECT_EQ(seconds(-5ms), 0);
  EXPECT_EQ(retry_after_seconds(Error(Code::limit_rate_limited)), std::nullopt);
}

}  // namespace
}  // namespace sallyport
