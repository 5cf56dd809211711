#include "classify/refine.hpp"

#include <array>

#include <gtest/gtest.h>

namespace sallyport::classify {
namespace {

constexpr std::array operations = {Operation::discovery, Operation::guardrail, Operation::auth,
                                   Operation::cache, Operation::telemetry};

// Whatever a failure was taken for, it is named as if its operation had been known from the start.
TEST(ForOperation, NamesWhatTheTableNames) {
  for (std::size_t i = 0; i < failure_class_count; ++i) {
    const auto failure = static_cast<FailureClass>(i);
    // These share their codes with `other`.
    if (failure == FailureClass::encoding || failure == FailureClass::misuse) continue;
    for (const Operation from : {Operation::none, Operation::tool_call}) {
      for (const Operation to : operations) {
        const Error known = make_error(failure, {.operation = to});
        const Error renamed = for_operation(make_error(failure, {.operation = from}), to);
        EXPECT_EQ(wire_name(renamed.code()), wire_name(known.code())) << name(failure) << " " << name(to);
        EXPECT_EQ(renamed.kind(), known.kind()) << name(failure);
        EXPECT_EQ(renamed.can_retry(), known.can_retry()) << name(failure);
      }
    }
  }
}

TEST(ForOperation, KeepsEverythingElse) {
  const Error error = Error(Code::tool_server_unavailable)
                          .with_status_code(503)
                          .with_retry_after(std::chrono::milliseconds(5))
                          .with_phase(Phase::receive)
                          .with_executed(Executed::no)
                          .with_developer_message("why")
                          .with_extra("jsonrpc", true);
  const Error renamed = for_operation(error, Operation::discovery);
  EXPECT_EQ(renamed.code(), Code::discovery_server_unavailable);
  EXPECT_EQ(renamed.status_code(), 503);
  EXPECT_EQ(renamed.retry_after(), std::chrono::milliseconds(5));
  EXPECT_EQ(renamed.phase(), Phase::receive);
  EXPECT_EQ(renamed.executed(), Executed::no);
  EXPECT_EQ(renamed.developer_message(), "why");
  EXPECT_EQ(renamed.extras().size(), 1U);
  ASSERT_NE(renamed.cause(), nullptr);
  EXPECT_EQ(renamed.cause()->code(), Code::tool_server_unavailable);
}

TEST(ForOperation, LeavesAloneWhatTheTableDoesNotName) {
  for (const Code code : {Code::config_invalid, Code::proto_cancelled, Code::limit_quota,
                          Code::discovery_timeout, Code::limit_result_too_large})
    EXPECT_EQ(for_operation(Error(code), Operation::discovery).code(), code);
}

TEST(OutOfTime, TellsHowFarItHadCome) {
  const Error cancelled = Error(Code::proto_cancelled).with_phase(Phase::connect).with_executed(Executed::no);
  const Error late = out_of_time(cancelled, std::chrono::milliseconds(1500));
  EXPECT_EQ(late.code(), Code::network_timeout);
  EXPECT_EQ(late.kind(), Kind::network_transport_runtime_timeout);
  EXPECT_EQ(late.phase(), Phase::connect);
  EXPECT_EQ(late.executed(), Executed::no);
  EXPECT_EQ(std::get<std::int64_t>(*late.slot(Slot::seconds)), 2);
  EXPECT_TRUE(late.can_retry());
}

}  // namespace
}  // namespace sallyport::classify
