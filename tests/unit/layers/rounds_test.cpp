// What comes back goes on with its own call, once, and counts once.
#include "layers/rounds/rounds.hpp"

#include "layers/rate/rate.hpp"
#include "protocol/params_digest.hpp"
#include "unit/layers/asked.hpp"

#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

using namespace std::chrono_literals;

struct RoundsTest : ::testing::Test {
  // `responses`: raw, or empty. Gives the code of the failure, or nothing.
  std::string ask(std::string_view state, std::string_view responses = R"({"q":{"action":"cancel"}})") {
    std::string params = R"({"name":"t","arguments":{"a":1})";
    if (!state.empty()) params.append(R"(,"requestState":")").append(state).append("\"");
    if (!responses.empty()) params.append(R"(,"inputResponses":)").append(responses);
    Asked asked(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":)" + params + "}}", loop.now());
    asked.call.revision = revision;
    asked.principal.name = "ann";
    correlation = asked.call.correlation;
    auto next = Next::make([this](pipeline::Call& call) -> Task<pipeline::Reply> {
      ++calls;
      went_on += call.round ? 1 : 0;
      repeated += call.repeated ? 1 : 0;
      correlation = call.correlation;
      if (fails) co_return Failure(*fails);
      co_return Next::nothing();
    });
    auto rate = std::make_unique<Rate>(std::move(next), loop.timers(), &buckets, false);
    Rounds rounds(std::move(rate), states, table);
    const auto reply = testing::run(loop, rounds.call(asked.call));
    EXPECT_FALSE(asked.call.round || asked.call.repeated) << "what it points to is gone";
    return reply ? std::string() : std::string(wire_name(reply.error().code()));
  }
  std::string sealed(std::uint32_t round = 1) {
    const protocol::Parsed call(
        R"({"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"arguments":{"a":1},"name":"t"}})");
    const std::string digest = protocol::params_digest(call.message, call.bytes);
    return states.seal({.server = "srv", .held = "h", .round = round, .correlation = first},
                       {.principal = "ann", .method = "tools/call", .digest = digest}, 10min);
  }

  task::Loop loop;
  session::RequestStates states{loop.clock()};
  net::Budget bytes{1u << 20};
  pipeline::RoundTable table{loop, bytes};
  TokenBuckets buckets{{2, 1h}};
  protocol::Revision revision = protocol::latest_modern;
  const CorrelationId first = CorrelationId::make();
  CorrelationId correlation;
  std::optional<Error> fails;
  int calls = 0;
  int went_on = 0;
  int repeated = 0;
};

TEST_F(RoundsTest, TheRoundsOfACallAreOneToTheLimitOnRequests) {
  EXPECT_EQ(ask("", ""), "");
  for (std::uint32_t round = 1; round <= 5; ++round) EXPECT_EQ(ask(sealed(round)), "");
  EXPECT_EQ(went_on, 5);
  EXPECT_EQ(correlation, first) << "all rounds of a call have one";
  EXPECT_EQ(ask("", ""), "");
  EXPECT_EQ(ask("", ""), "LIMIT_001") << "two calls are the limit";
}

TEST_F(RoundsTest, WhatComesTwiceOrOpensNothingCounts) {
  const std::string state = sealed();
  EXPECT_EQ(ask(state), "");
  EXPECT_EQ(ask(state), "");
  EXPECT_EQ(repeated, 1);
  EXPECT_EQ(ask(state, R"({"q":{"action":"accept"}})"), "") << "for the layer that it is for to refuse";
  EXPECT_EQ(went_on, 1);
  EXPECT_NE(correlation, first);
  EXPECT_EQ(ask("forged"), "LIMIT_001");
}

TEST_F(RoundsTest, ARoundThatDidNotHappenCanBeSentAgain) {
  const std::string state = sealed();
  fails = Error(Code::limit_concurrency).with_executed(Executed::no);
  EXPECT_EQ(ask(state), "LIMIT_003");
  fails.reset();
  EXPECT_EQ(ask(state), "");
  EXPECT_EQ(went_on, 2);
  EXPECT_EQ(repeated, 0);
}

TEST_F(RoundsTest, TheLegacyErasKnowNoStates) {
  revision = protocol::latest_legacy;
  EXPECT_EQ(ask(sealed()), "");
  EXPECT_EQ(went_on, 0);
}

}  // namespace
}  // namespace sallyport::layers
