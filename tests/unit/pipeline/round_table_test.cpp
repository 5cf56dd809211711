// A round of a call happens once: who repeats it gets what came of it, who alters it nothing.
#include "pipeline/round_table.hpp"

#include "support/run_task.hpp"
#include "unit/protocol/parsed.hpp"

#include <gtest/gtest.h>

namespace sallyport::pipeline {
namespace {

using namespace std::chrono_literals;
using enum RoundTable::Arrival;

struct RoundTableTest : ::testing::Test {
  RoundTable::Arrived arrive(std::string_view key = "k", std::string_view answers = "a") {
    return table.arrive(key, answers, loop.clock().system_now() + expiry);
  }
  static Result<Reply> local(std::string text) {
    return Reply(Local{std::make_shared<const std::string>(std::move(text))});
  }
  static Result<Reply> answered(std::string_view result) {
    const protocol::Parsed parsed(R"({"jsonrpc":"2.0","id":7,"result":)" + std::string(result) + "}");
    auto answer = std::make_unique<Answer>();
    answer->bytes = parsed.bytes;
    answer->message = parsed.message;
    return Reply(std::move(answer));
  }
  static std::string text_of(const Result<Reply>& reply) {
    if (!reply) return std::string(wire_name(reply.error().code()));
    if (const auto* text = std::get_if<Local>(&*reply)) return *text->result;
    const auto& answer = *std::get<std::unique_ptr<Answer>>(*reply);
    return std::string(answer.message.raw(protocol::Field::result, answer.bytes));
  }
  std::string outcome(Round& round) { return text_of(testing::run(loop, round.outcome(buffered))); }

  task::Loop loop;
  net::Budget bytes{1000};
  net::Budget buffered{1u << 20};
  RoundTable table{loop, bytes};
  std::chrono::milliseconds expiry = 10min;
};

TEST_F(RoundTableTest, IsFirstOnce) {
  EXPECT_EQ(arrive().as, first);
  EXPECT_EQ(arrive().as, again);
  EXPECT_EQ(arrive("k", "b").as, otherwise);
  EXPECT_EQ(arrive("l", "b").as, first);
}

TEST_F(RoundTableTest, GivesWhatCameOfIt) {
  for (const bool own : {false, true}) {
    const std::string key = own ? "own" : "k";
    (void)arrive(key);
    table.end(key, own ? local(R"({"x":1})") : answered(R"({"x":1})"));
    for (int i = 0; i < 2; ++i) {
      const auto [as, round] = arrive(key);
      EXPECT_EQ(as, again);
      EXPECT_EQ(outcome(*round), R"({"x":1})");
    }
  }
  EXPECT_EQ(buffered.used(), 0u);
}

TEST_F(RoundTableTest, WhoComesAgainWhileItGoesOnWaits) {
  (void)arrive();
  const auto [as, round] = arrive();
  testing::Started<Reply> waiting(loop, round->outcome(buffered));
  EXPECT_FALSE(waiting.settled());
  table.end("k", local("done"));
  EXPECT_EQ(text_of(waiting.wait()), "done");
}

TEST_F(RoundTableTest, AFailureIsAnOutcomeUnlessNothingRan) {
  (void)arrive();
  table.end("k", fail(Error(Code::tool_server_unavailable).with_executed(Executed::maybe)));
  EXPECT_EQ(outcome(*arrive().round), wire_name(Code::tool_server_unavailable));
  (void)arrive("l");
  const auto waiting = arrive("l").round;
  table.end("l", fail(Error(Code::limit_concurrency).with_executed(Executed::no)));
  EXPECT_EQ(outcome(*waiting), wire_name(Code::limit_concurrency));
  EXPECT_EQ(arrive("l", "b").as, first) << "it can be sent again, with other answers too";
}

TEST_F(RoundTableTest, OfACallThatWasGivenUpNothingIsLeft) {
  (void)arrive();
  table.end("k", fail(Error(Code::proto_cancelled).with_executed(Executed::maybe)));
  const auto [as, round] = arrive();
  EXPECT_EQ(as, again) << "it does not happen a second time";
  EXPECT_EQ(outcome(*round), "PROTO_012");
}

TEST_F(RoundTableTest, WhatWasKeptLongestMakesRoom) {
  for (const std::string key : {"1", "2", "3"}) {
    (void)arrive(key);
    table.end(key, local(std::string(400, 'x')));
  }
  EXPECT_LE(bytes.used(), 1000u);
  EXPECT_EQ(outcome(*arrive("1").round), "LIMIT_010");
  EXPECT_EQ(outcome(*arrive("2").round), std::string(400, 'x'));
  (void)arrive("4");
  table.end("4", local(std::string(2000, 'x')));
  EXPECT_EQ(outcome(*arrive("4").round), "LIMIT_010");
  while (table.shed()) {
  }
  EXPECT_EQ(bytes.used(), 0u);
  EXPECT_EQ(arrive("2").as, again) << "that it happened is still known";
}

TEST_F(RoundTableTest, IsForgottenWhenItsStateHasExpired) {
  expiry = -1ms;
  (void)arrive();
  table.end("k", local("x"));
  EXPECT_EQ(arrive("other").as, first);
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(bytes.used(), 0u);
}

TEST_F(RoundTableTest, RemembersSoManyAndNoMore) {
  for (std::size_t i = 0; i < RoundTable::max_rounds + 10; ++i) (void)arrive(std::to_string(i));
  EXPECT_EQ(table.size(), RoundTable::max_rounds);
  EXPECT_EQ(arrive("0").as, first);
}

}  // namespace
}  // namespace sallyport::pipeline
