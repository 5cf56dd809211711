#include "classify/classify.hpp"

#include <array>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace sallyport::classify {
namespace {

constexpr std::array operations = {Operation::none,      Operation::tool_call, Operation::discovery,
                                   Operation::guardrail, Operation::auth,      Operation::cache,
                                   Operation::telemetry};

struct Row {
  FailureClass failure;
  std::array<std::string_view, operation_count> codes;  // in the order of `operations`
};

// The table of errors.md section 4, turned: a row a class.
constexpr std::array<Row, failure_class_count> table = {{
    {FailureClass::timeout,
     {"NET_001", "NET_001", "DISC_005", "GUARD_005", "AUTH_006", "CACHE_002", "TELEM_002"}},
    {FailureClass::connection,
     {"NET_002", "NET_002", "DISC_006", "GUARD_009", "AUTH_007", "CACHE_001", "TELEM_002"}},
    {FailureClass::tls,
     {"NET_003", "NET_003", "DISC_006", "GUARD_009", "AUTH_007", "CACHE_001", "TELEM_002"}},
    {FailureClass::dns,
     {"NET_004", "NET_004", "DISC_006", "GUARD_009", "AUTH_007", "CACHE_001", "TELEM_002"}},
    {FailureClass::unreachable,
     {"NET_005", "NET_005", "DISC_006", "GUARD_009", "AUTH_007", "CACHE_001", "TELEM_002"}},
    {FailureClass::protocol,
     {"NET_006", "NET_006", "DISC_006", "GUARD_009", "AUTH_007", "CACHE_001", "TELEM_002"}},
    {FailureClass::too_large,
     {"LIMIT_006", "LIMIT_006", "LIMIT_006", "LIMIT_006", "LIMIT_006", "CACHE_002", "TELEM_002"}},
    {FailureClass::access_denied,
     {"TOOL_005", "TOOL_005", "DISC_007", "GUARD_008", "AUTH_005", "CACHE_001", "TELEM_003"}},
    {FailureClass::rate_limited,
     {"LIMIT_002", "LIMIT_002", "DISC_002", "GUARD_006", "AUTH_005", "CACHE_002", "TELEM_002"}},
    {FailureClass::unavailable,
     {"TOOL_006", "TOOL_006", "DISC_002", "GUARD_006", "AUTH_005", "CACHE_001", "TELEM_002"}},
    {FailureClass::encoding,
     {"TOOL_001", "TOOL_001", "DISC_001", "GUARD_001", "AUTH_005", "CACHE_003", "TELEM_001"}},
    {FailureClass::misuse,
     {"TOOL_001", "TOOL_001", "DISC_001", "GUARD_001", "AUTH_005", "CACHE_002", "TELEM_001"}},
    {FailureClass::local,
     {"SYS_005", "TOOL_001", "DISC_001", "GUARD_001", "AUTH_005", "CACHE_002", "TELEM_001"}},
    {FailureClass::exhausted, {"SYS_002", "SYS_002", "SYS_002", "SYS_002", "SYS_002", "SYS_002", "SYS_002"}},
    {FailureClass::cancelled,
     {"PROTO_013", "PROTO_013", "PROTO_013", "PROTO_013", "PROTO_013", "PROTO_013", "PROTO_013"}},
    {FailureClass::other,
     {"TOOL_001", "TOOL_001", "DISC_001", "GUARD_001", "AUTH_005", "CACHE_002", "TELEM_001"}},
}};

TEST(CodeFor, FollowsTheTable) {
  std::set<FailureClass> seen;
  for (const Row& row : table) {
    seen.insert(row.failure);
    for (std::size_t i = 0; i < operations.size(); ++i) {
      EXPECT_EQ(wire_name(code_for(operations[i], row.failure, false, false)), row.codes[i])
          << name(operations[i]) << " × " << name(row.failure);
    }
  }
  EXPECT_EQ(seen.size(), failure_class_count);
}

TEST(CodeFor, ATimeoutIsTheToolsOnceTheRequestWasSent) {
  for (const Operation operation : operations) {
    const Code sent = code_for(operation, FailureClass::timeout, true, false);
    const Code unsent = code_for(operation, FailureClass::timeout, false, false);
    if (operation == Operation::tool_call) {
      EXPECT_EQ(sent, Code::tool_timeout);
    } else {
      EXPECT_EQ(sent, unsent) << name(operation);
    }
  }
}

TEST(CodeFor, MisuseThatIsWrittenInTheConfigIsTheConfigs) {
  for (const Operation operation : operations) {
    EXPECT_EQ(code_for(operation, FailureClass::misuse, false, true), Code::config_invalid);
    EXPECT_NE(code_for(operation, FailureClass::local, false, true), Code::config_invalid);
  }
}

TEST(Names, AreDistinct) {
  std::set<std::string_view> names;
  for (const Operation operation : operations) names.insert(name(operation));
  for (const Row& row : table) names.insert(name(row.failure));
  EXPECT_EQ(names.size(), operation_count + failure_class_count);
  EXPECT_EQ(name(Operation::tool_call), "tool_call");
  EXPECT_EQ(name(FailureClass::other), "other");
}

struct ExecutedCase {
  std::string_view name;
  Context context;
  std::optional<Phase> implied;
  Executed executed;
};

TEST(Executed, IsDerivedWhenNobodyKnowsBetter) {
  const std::array cases = std::to_array<ExecutedCase>({
      {"nothing known", {}, {}, Executed::maybe},
      {"given", {.executed = Executed::yes}, Phase::connect, Executed::yes},
      {"given against the phase", {.phase = Phase::wait, .executed = Executed::no}, {}, Executed::no},
      {"spawn", {.phase = Phase::spawn}, {}, Executed::no},
      {"resolve", {.phase = Phase::resolve}, {}, Executed::no},
      {"connect", {.phase = Phase::connect}, {}, Executed::no},
      {"tls", {.phase = Phase::tls}, {}, Executed::no},
      {"send", {.phase = Phase::send}, {}, Executed::maybe},
      {"wait", {.phase = Phase::wait}, {}, Executed::maybe},
      {"receive", {.phase = Phase::receive}, {}, Executed::maybe},
      {"decode", {.phase = Phase::decode}, {}, Executed::maybe},
      {"the last byte never handed over", {.phase = Phase::send, .handed_over = false}, {}, Executed::no},
      {"handed over", {.phase = Phase::send, .handed_over = true}, {}, Executed::maybe},
      {"implied", {}, Phase::connect, Executed::no},
      {"the phase given stands above", {.phase = Phase::wait}, Phase::connect, Executed::maybe},
  });
  for (const ExecutedCase& each : cases) {
    EXPECT_EQ(executed_without_answer(each.context, each.implied), each.executed) << each.name;
  }
}

TEST(MakeError, SaysWhatTheTablesAndTheCallerKnow) {
  const Error error =
      make_error(FailureClass::connection, {.operation = Operation::discovery,
                                            .phase = Phase::receive,
                                            .handed_over = true,
                                            .detail = "end of file from https://u:p@peer.example/a?token=x"});
  EXPECT_EQ(error.code(), Code::discovery_network_error);
  EXPECT_EQ(error.kind(), Kind::network_transport_runtime_unreachable);
  EXPECT_TRUE(error.can_retry());
  EXPECT_EQ(error.executed(), Executed::maybe);
  EXPECT_EQ(error.phase(), Phase::receive);
  EXPECT_EQ(error.status_code(), std::nullopt);
  EXPECT_NE(error.developer_message().find("end of file"), std::string_view::npos);
  EXPECT_EQ(error.developer_message().find("token"), std::string_view::npos);
  EXPECT_EQ(error.developer_message().find("u:p"), std::string_view::npos);
}

TEST(MakeError, AFatalOneIsA500ThatIsNeverRetried) {
  for (const Row& row : table) {
    const Error error = make_error(row.failure, {});
    if (error.kind() != Kind::tool_runtime_fatal) continue;
    EXPECT_EQ(error.status_code(), 500) << name(row.failure);
    EXPECT_FALSE(error.can_retry()) << name(row.failure);
  }
}

TEST(MakeError, ToolTimeoutsTellWhetherTheRequestWasSent) {
  const auto code = [](Context context) {
    context.operation = Operation::tool_call;
    return make_error(FailureClass::timeout, context).code();
  };
  EXPECT_EQ(code({}), Code::tool_timeout) << "nobody knows how far it came: it may run";
  EXPECT_EQ(code({.executed = Executed::maybe}), Code::tool_timeout);
  EXPECT_EQ(code({.phase = Phase::connect}), Code::network_timeout);
  EXPECT_EQ(code({.phase = Phase::send}), Code::network_timeout);
  EXPECT_EQ(code({.phase = Phase::wait}), Code::tool_timeout);
  EXPECT_EQ(code({.phase = Phase::wait, .handed_over = false}), Code::network_timeout);
  EXPECT_EQ(code({.handed_over = true}), Code::tool_timeout);
  EXPECT_EQ(code({.executed = Executed::yes}), Code::tool_timeout);
  EXPECT_EQ(code({.phase = Phase::wait, .executed = Executed::no}), Code::network_timeout);
}

TEST(MakeError, WhoAbortedStandsAboveWhatTheCallReported) {
  const auto aborted = [](AbortedBy by) {
    return make_error(FailureClass::connection,
                      {.operation = Operation::tool_call, .handed_over = true, .aborted_by = by});
  };
  EXPECT_EQ(aborted(AbortedBy::client).code(), Code::proto_cancelled);
  EXPECT_EQ(aborted(AbortedBy::client).kind(), Kind::gateway_runtime_cancelled);
  EXPECT_EQ(aborted(AbortedBy::deadline).code(), Code::tool_timeout);
  EXPECT_EQ(aborted(AbortedBy::deadline).kind(), Kind::network_transport_runtime_timeout);
  EXPECT_EQ(aborted(AbortedBy::limit).code(), Code::limit_result_too_large);
  EXPECT_FALSE(aborted(AbortedBy::limit).can_retry());
}

TEST(MakeError, TheFirstNoteIsWhereTheContextWasMade) {
  const unsigned line = __LINE__ + 1;
  const Error error = make_error(FailureClass::dns, {.operation = Operation::auth});
  ASSERT_FALSE(error.notes().empty());
  EXPECT_EQ(error.notes()[0].where.line(), line);
  EXPECT_TRUE(std::string_view(error.notes()[0].where.file_name()).ends_with("classify_test.cpp"));
}

TEST(PoolExhausted, IsATimeoutBeforeAnythingRan) {
  const Error error = pool_exhausted({.operation = Operation::tool_call});
  EXPECT_EQ(error.code(), Code::network_timeout);
  EXPECT_EQ(error.kind(), Kind::network_transport_runtime_timeout);
  EXPECT_EQ(error.executed(), Executed::no);
  EXPECT_EQ(error.phase(), Phase::connect);
  EXPECT_TRUE(error.can_retry());
}

}  // namespace
}  // namespace sallyport::classify
