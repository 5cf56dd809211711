// A breaker opens on what it should and on nothing else: a table over all that can be injected, through the
// real stack.
#include "unit/gateway/over_loopback.hpp"

#include <fmt/format.h>

namespace sallyport::gateway {
namespace {

using client::Fault;
using std::chrono::hours;
using std::chrono::milliseconds;

struct Row {
  Fault fault = Fault::delay;
  std::uint32_t status = 0;
  bool opens = false;
};

std::string name_of(const ::testing::TestParamInfo<Row>& info) {
  const Row& row = info.param;
  return row.fault == Fault::http ? fmt::format("http_{}", row.status) : std::string(client::name(row.fault));
}

class BreakerFaultsTest : public OverLoopback {
 protected:
  static constexpr std::size_t threshold = 4;

  BreakerFaultsTest() {
    config.breaker = {.failures = threshold, .window = hours(1), .open = hours(1)};
    config.servers[0].tools.timeout = {{"act", milliseconds(100)}};
  }

  upstream::Server& up() { return *gateway->fleet().current()->find("up")->server(); }
  Told told(std::string_view tool, std::size_t n, std::string source = "10.0.0.1") {
    return *testing::run(loop, call(tool, n, std::move(source)));
  }

  // As often as it takes, each time by somebody else.
  void fail_often() {
    for (std::size_t n = 0; n < 3 * threshold; ++n) told("act", n, fmt::format("10.0.1.{}", n));
  }
};

class BreakerTableTest : public BreakerFaultsTest, public ::testing::WithParamInterface<Row> {};

TEST_P(BreakerTableTest, OpensOnWhatItShould) {
  client::FaultRule rule = fault(GetParam().fault);
  rule.tool = "act";
  if (GetParam().status != 0) rule.status = GetParam().status;
  inject({rule});
  start();
  fail_often();
  EXPECT_EQ(up().breaker().state(),
            GetParam().opens ? upstream::Breaker::State::open : upstream::Breaker::State::closed);

  const std::uint64_t asked = server.asked;
  const Told other = told("look", 100, "10.0.2.1");
  if (!GetParam().opens) {
    EXPECT_TRUE(other.answered) << other.object;
    return;
  }
  EXPECT_EQ(other.code, Code::tool_server_unavailable);
  EXPECT_EQ(other.executed, Executed::no);
  EXPECT_GT(other.retry_after, milliseconds(0)) << "to the next probe";
  EXPECT_LE(other.retry_after, hours(1));
  EXPECT_EQ(server.asked, asked) << "while it is open nothing reaches the server";
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BreakerTableTest,
    ::testing::Values(Row{Fault::delay}, Row{Fault::slow}, Row{Fault::error}, Row{Fault::missing},
                      Row{Fault::reset_before, 0, true}, Row{Fault::reset_after, 0, true},
                      Row{Fault::truncate, 0, true}, Row{Fault::garble, 0, true}, Row{Fault::http, 400},
                      Row{Fault::http, 401}, Row{Fault::http, 403}, Row{Fault::http, 404},
                      Row{Fault::http, 408}, Row{Fault::http, 429}, Row{Fault::http, 500},
                      Row{Fault::http, 501}, Row{Fault::http, 502, true}, Row{Fault::http, 503, true},
                      Row{Fault::http, 504, true}, Row{Fault::http, 529}),
    name_of);

TEST_F(BreakerFaultsTest, AQuestionOfTheGatewaysOwnClosesIt) {
  config.breaker.open = milliseconds(50);
  client::FaultRule down = fault(Fault::http);
  down.tool.clear();
  start();
  inject({down});
  fail_often();
  EXPECT_NE(up().breaker().state(), upstream::Breaker::State::closed);
  inject({});
  const std::uint64_t asked = server.asked;
  ASSERT_TRUE(testing::run_until(loop, [&] { return up().breaker().closed(); }));
  EXPECT_GE(server.pings, 1U) << "the probe is a ping";
  EXPECT_EQ(server.asked, asked) << "and nobody's call";
  EXPECT_TRUE(told("look", 100).answered);
}

TEST_F(BreakerFaultsTest, WhoFailsAloneIsRefusedAlone) {
  client::FaultRule rule = fault(Fault::reset_after);
  rule.tool = "act";
  inject({rule});
  start();
  for (std::size_t n = 0; n < 3 * threshold; ++n) told("act", n, "10.0.0.66");
  EXPECT_EQ(up().breaker().state(), upstream::Breaker::State::closed);
  EXPECT_EQ(told("look", 100, "10.0.0.66").code, Code::tool_server_unavailable);
  EXPECT_TRUE(told("look", 101, "10.0.0.1").answered);
}

// errors.md section 5: codes that a caller can raise at will.
TEST_F(BreakerFaultsTest, WhatACallerCanCauseAtWillOpensNothing) {
  start();
  const auto expect_closed = [&](std::string_view why) {
    EXPECT_TRUE(up().breaker().closed()) << why;
    EXPECT_TRUE(told("look", 100, "10.0.0.1").answered) << why;
  };
  for (std::size_t n = 0; n < 20; ++n) EXPECT_EQ(told("no_such_tool", n).code, Code::tool_not_found);
  expect_closed("TOOL_002");

  for (const std::uint32_t status : {400U, 401U, 403U, 413U, 422U, 429U}) {
    client::FaultRule rule = fault(Fault::http);
    rule.tool = "act";
    rule.status = status;
    inject({rule});
    for (std::size_t n = 0; n < 20; ++n) EXPECT_FALSE(told("act", n).answered);
    expect_closed(fmt::format("{} of the server: TOOL_005, LIMIT_002 and what is like them", status));
  }
  for (const std::int32_t code : {-32602, -32601, -32600, -32603, -32000}) {
    client::FaultRule rule = fault(Fault::error);
    rule.tool = "act";
    rule.code = code;
    inject({rule});
    for (std::size_t n = 0; n < 20; ++n) EXPECT_TRUE(told("act", n).is_error);
    expect_closed(fmt::format("its JSON-RPC error {}", code));
  }

  client::FaultRule missing = fault(Fault::missing);
  missing.tool = "act";
  inject({missing});
  config.servers[0].tools.timeout.clear();
  gateway->reload(config);
  for (std::size_t n = 0; n < 20; ++n) {
    const std::uint64_t asked = server.asked;
    testing::Started<Told> left(loop, call("act", n));
    ASSERT_TRUE(testing::run_until(loop, [&] { return server.asked > asked; }));
    left.cancel();
    EXPECT_EQ(left.wait()->code, Code::proto_cancelled);
  }
  expect_closed("PROTO_013");
  ASSERT_TRUE(testing::run_until(loop, [&] { return server.cancelled == 20; })) << "the server is told";

  config.limits.rate = config::Rate{1, hours(1)};
  inject({});
  for (std::size_t n = 0; n < 20; ++n) told("act", n, "10.0.0.9");
  EXPECT_EQ(told("act", 50, "10.0.0.9").code, Code::limit_rate_limited);
  EXPECT_TRUE(up().breaker().closed()) << "LIMIT_001";
}

}  // namespace
}  // namespace sallyport::gateway
