// A channel over real children that break every promise in turn: only the call that is concerned may fail.
#include "client/stdio_channel.hpp"

#include "support/run_task.hpp"
#include "unit/client/scripted_child.hpp"
#include "unit/client/witness.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::client {
namespace {

using protocol::Method;
using protocol::Revision;
using testing::after_handshake;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::Events;
using ::testing::HasSubstr;
using testing::Owner;
using testing::Questions;
using testing::Started;

class StdioChannelTest : public ::testing::Test {
 protected:
  using Answered = std::unique_ptr<pipeline::Answer>;

  ~StdioChannelTest() override {
    if (channel) EXPECT_TRUE(testing::run(loop, channel->close()));
  }

  Result<void> open(std::string script, std::optional<Revision> revision = protocol::latest_legacy) {
    testing::run_script(target, std::move(script));
    return open_target(revision);
  }
  Result<void> open_target(std::optional<Revision> revision) {
    auto opened = testing::run(
        loop, StdioChannel::open({loop, target, settings, budget, owner, tail, declares}, revision));
    if (!opened) return fail(opened.error());
    channel = std::move(*opened);
    return {};
  }
  Started<Answered> start(const Outgoing& outgoing) { return {loop, channel->request(outgoing)}; }
  bool wait_for_stderr(std::string_view text) {
    return testing::run_until(loop, [&] {
      return std::ranges::any_of(tail.lines(), [&](const std::string& line) { return line.contains(text); });
    });
  }
  static Outgoing call(std::string_view name = "t") {
    Outgoing outgoing;
    outgoing.method = Method::tools_call;
    outgoing.name = name;
    return outgoing;
  }

  task::Loop loop;
  Target target;
  Settings settings;
  net::Budget budget{64u << 20};
  Owner owner;
  StderrTail tail;
  const Outgoing request = call();
  protocol::ClientCapabilities declares;
  std::shared_ptr<StdioChannel> channel;
};

TEST_F(StdioChannelTest, ACommandThatCannotBeStarted) {
  target.command = "/nonexistent/server";
  const auto opened = open_target(protocol::latest_legacy);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::config_invalid);
  EXPECT_EQ(opened.error().executed(), Executed::no);
  EXPECT_TRUE(owner.lost.empty()) << "what never was cannot be lost";
}

TEST_F(StdioChannelTest, AnExitBeforeTheHandshakeLeavesItsLastWords) {
  const auto opened = open("echo 'no database' >&2; exit 3");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::tool_server_unavailable);
  EXPECT_THAT(tail.lines(), Contains("no database"));
  EXPECT_TRUE(owner.lost.empty());
}

TEST_F(StdioChannelTest, AHandshakeWithARevisionOfNobody) {
  const auto opened =
      open(R"(read -r l; echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2030-01-01"}}'; cat)");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Code::network_protocol_error);
}

TEST_F(StdioChannelTest, AProbeThatIsNotUnderstoodIsFollowedByInitialize) {
  ASSERT_TRUE(open(R"(read -r l
echo '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}'
read -r l
echo '{"jsonrpc":"2.0","id":2,"result":{"protocolVersion":"2024-11-05","capabilities":{}}}'
cat)",
                   std::nullopt));
  EXPECT_EQ(channel->revision(), Revision::v2024_11_05);
}

TEST_F(StdioChannelTest, AModernServerIsListenedTo) {
  ASSERT_TRUE(open(R"(read -r l
echo '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{}}}'
IFS= read -r l; echo "$l" >&2
echo '{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}'
cat)",
                   std::nullopt));
  EXPECT_EQ(channel->revision(), protocol::latest_modern);
  EXPECT_TRUE(wait_for_stderr("subscriptions/listen"));
  EXPECT_TRUE(testing::run_until(loop, [&] { return owner.changes == 1; }));
}

TEST_F(StdioChannelTest, TheSecondOfTwoAnswersIsLate) {
  ASSERT_TRUE(open(after_handshake(R"(read -r l
echo '{"jsonrpc":"2.0","id":2,"result":{"n":1}}'
echo '{"jsonrpc":"2.0","id":2,"result":{"n":2}}'
cat)")));
  const auto answer = start(request).wait();
  ASSERT_TRUE(answer);
  EXPECT_THAT((*answer)->bytes, HasSubstr(R"("n":1)"));
  EXPECT_TRUE(testing::run_until(loop, [&] { return owner.late == 1; }));
  EXPECT_TRUE(owner.lost.empty());
}

// 5000: the line end comes in the same read; 300000: the line is skipped in pieces.
TEST_F(StdioChannelTest, AnOversizedAnswerFailsOnlyItsOwnCall) {
  settings.stdio_line = 4096;
  ASSERT_TRUE(open(after_handshake(R"(read -r l; read -r l; read -r l
printf '{"jsonrpc":"2.0","id":2,"result":{"x":"%05000d"}}\n' 0
printf '{"jsonrpc":"2.0","id":3,"result":{"x":"%0300000d"}}\n' 0
echo '{"jsonrpc":"2.0","id":4,"result":{}}'
cat)")));
  auto small = start(request);
  auto large = start(request);
  auto other = start(request);
  EXPECT_TRUE(other.wait());
  for (auto* oversized : {&small, &large}) {
    const auto answer = oversized->wait();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), Code::limit_result_too_large);
    EXPECT_EQ(answer.error().executed(), Executed::yes);
    EXPECT_FALSE(answer.error().can_retry());
  }
  EXPECT_THAT(owner.trash, ElementsAre("oversized", "oversized"));
}

TEST_F(StdioChannelTest, AnUnusableAnswerEndsItsCallAtOnce) {
  settings.depth = 4;
  ASSERT_TRUE(open(after_handshake(R"(read -r l; read -r l; read -r l
echo '{"jsonrpc":"2.0","id":2,"result":{"deep":[[[[[]]]]]}}'
echo '{"jsonrpc":"2.0","id":3,"result":{"broken":'
echo '{"jsonrpc":"2.0","id":4,"result":[]}'
echo 'hello, I am a log line'
cat)")));
  auto deep = start(request);
  auto broken = start(request);
  auto shapeless = start(request);
  for (auto* unusable : {&deep, &broken, &shapeless}) {
    const auto answer = unusable->wait();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), Code::network_protocol_error);
    EXPECT_NE(answer.error().executed(), Executed::no);
  }
  EXPECT_TRUE(testing::run_until(loop, [&] { return owner.trash.size() == 4; }));
  EXPECT_THAT(owner.trash, ElementsAre("not_jsonrpc", "not_json", "not_jsonrpc", "not_json"));
}

constexpr std::string_view asks = R"(,"method":"sampling/createMessage","params":{"maxTokens":1}})";

std::string says(std::string_view message) {
  return "echo '" + std::string(message) + "'\n";
}
std::string question(std::string_view id) {
  return says(R"({"jsonrpc":"2.0","id":)" + std::string(id) + std::string(asks));
}

TEST_F(StdioChannelTest, WhatTheServerAsksBelongsToTheCallInFlight) {
  declares.sampling = true;
  ASSERT_TRUE(open(after_handshake(
      "read -r l\n" + question("\"a\"") + "IFS= read -r l; echo \"$l\" >&2\n" + question("7") +
      says(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})") +
      says(R"({"jsonrpc":"2.0","id":2,"result":{}})") + "cat")));
  Questions questions;
  Outgoing outgoing = call();
  outgoing.questions = &questions;
  auto asking = start(outgoing);
  ASSERT_TRUE(testing::run_until(loop, [&] { return questions.all.size() == 1; }));
  EXPECT_EQ(questions.all[0], R"("a" sampling/createMessage {"maxTokens":1})");
  questions.from.lock()->respond(R"({"jsonrpc":"2.0","id":"a","result":{}})");
  EXPECT_TRUE(asking.wait());
  EXPECT_TRUE(wait_for_stderr(R"("id":"a","result":{})"));
  EXPECT_THAT(questions.all, ElementsAre(::testing::_, ::testing::StartsWith("7 sampling"), "withdrawn 7"));
  EXPECT_TRUE(owner.trash.empty());
}

TEST_F(StdioChannelTest, WhatBelongsToNoCallIsRefused) {
  declares.sampling = true;
  ASSERT_TRUE(
      open(after_handshake("read -r l; read -r l\n" + question("1") + "IFS= read -r l; echo \"$l\" >&2\n" +
                           says(R"({"jsonrpc":"2.0","id":2,"result":{}})") +
                           says(R"({"jsonrpc":"2.0","id":3,"result":{}})") + "cat")));
  Questions questions, others;
  Outgoing one = call(), other = call();
  one.questions = &questions;
  other.questions = &others;
  auto first = start(one), second = start(other);
  EXPECT_TRUE(first.wait());
  EXPECT_TRUE(second.wait());
  EXPECT_TRUE(wait_for_stderr("-32601"));
  EXPECT_TRUE(questions.all.empty() && others.all.empty());
  EXPECT_THAT(owner.trash, ElementsAre("request"));
}

TEST_F(StdioChannelTest, CallsOfOneUserMayShareAQuestion) {
  declares.sampling = true;
  ASSERT_TRUE(open(after_handshake("read -r l; read -r l\n" + question("1") + "cat")));
  Questions questions, others;
  questions.user = others.user = this;
  Outgoing one = call(), other = call();
  one.questions = &questions;
  other.questions = &others;
  auto first = start(one), second = start(other);
  EXPECT_TRUE(testing::run_until(loop, [&] { return others.all.size() == 1; }));
  EXPECT_TRUE(questions.all.empty());
}

TEST_F(StdioChannelTest, WhatIsAskedBeforeTheFirstCallWaitsForIt) {
  declares.sampling = true;
  ASSERT_TRUE(open(after_handshake(question("1") + "echo asked >&2; read -r l\n" + question("2") + "cat")));
  ASSERT_TRUE(wait_for_stderr("asked"));
  Questions questions;
  Outgoing outgoing = call();
  outgoing.questions = &questions;
  auto asking = start(outgoing);
  EXPECT_TRUE(testing::run_until(loop, [&] { return questions.all.size() == 2; }));
  EXPECT_THAT(questions.all[0], ::testing::StartsWith("1 sampling"));
}

TEST_F(StdioChannelTest, WhoDeclaredNothingIsAskedNothing) {
  ASSERT_TRUE(open(after_handshake("read -r l\n" + question("1") + "IFS= read -r l; echo \"$l\" >&2; cat")));
  Questions questions;
  Outgoing outgoing = call();
  outgoing.questions = &questions;
  auto asking = start(outgoing);
  EXPECT_TRUE(wait_for_stderr("-32601"));
  EXPECT_TRUE(questions.all.empty());
}

TEST_F(StdioChannelTest, CancellingTellsTheServer) {
  ASSERT_TRUE(open(after_handshake("read -r l; IFS= read -r l; echo \"$l\" >&2; cat")));
  auto asking = start(request);
  asking.cancel();
  const auto answer = asking.wait();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::proto_cancelled);
  EXPECT_EQ(answer.error().executed(), Executed::maybe);
  EXPECT_TRUE(wait_for_stderr("notifications/cancelled"));
  EXPECT_THAT(tail.lines().back(), HasSubstr(R"("requestId":2)"));
}

TEST_F(StdioChannelTest, AnswersArriveInAnyOrder) {
  ASSERT_TRUE(open(after_handshake(R"(read -r l; read -r l
echo '{"jsonrpc":"2.0","id":3,"result":{"n":3}}'
echo '{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"no"}}'
cat)")));
  auto first = start(request);
  auto second = start(request);
  const auto answer = second.wait();
  ASSERT_TRUE(answer);
  EXPECT_THAT((*answer)->bytes, HasSubstr(R"("n":3)"));
  const auto refused = first.wait();
  ASSERT_TRUE(refused) << "a JSON-RPC error is an answer too";
  EXPECT_EQ((*refused)->message.kind(), protocol::MessageKind::error_response);
}

TEST_F(StdioChannelTest, DeathEndsWhatIsUnderWayAndIsToldOnce) {
  ASSERT_TRUE(open(after_handshake("read -r l; exit 7")));
  const auto answer = start(request).wait();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::tool_server_unavailable);
  EXPECT_EQ(answer.error().executed(), Executed::maybe) << "it read the request";
  EXPECT_THAT(owner.lost, ElementsAre(Code::tool_server_unavailable));
  const auto later = start(request).wait();
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().executed(), Executed::no);
}

TEST_F(StdioChannelTest, WhoReportedProgressHasRun) {
  ASSERT_TRUE(open(after_handshake(R"(read -r l
echo '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2,"progress":1}}'
exit 0)")));
  Events events;
  Outgoing outgoing = call();
  outgoing.events = &events;
  outgoing.progress_token = "\"mine\"";
  const auto answer = start(outgoing).wait();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().executed(), Executed::yes);
  ASSERT_EQ(events.all.size(), 1u);
  EXPECT_THAT(events.all[0], HasSubstr(R"("progressToken":"mine")"));
}

TEST_F(StdioChannelTest, WhatAServerAsksIsAnswered) {
  ASSERT_TRUE(open(after_handshake(R"(echo '{"jsonrpc":"2.0","id":"p","method":"ping"}'
echo '{"jsonrpc":"2.0","id":0,"method":"roots/list"}'
IFS= read -r l; echo "$l" >&2; IFS= read -r l; echo "$l" >&2; cat)")));
  EXPECT_TRUE(wait_for_stderr("-32601"));
  EXPECT_EQ(tail.lines()[0], R"({"jsonrpc":"2.0","id":"p","result":{}})");
  EXPECT_THAT(owner.trash, ElementsAre("request"));
}

TEST_F(StdioChannelTest, AServerMaySpeakWhileItIsClosed) {
  ASSERT_TRUE(open(after_handshake(R"(cat > /dev/null
echo '{"jsonrpc":"2.0","id":9,"method":"ping"}'
echo bye >&2)")));
  EXPECT_TRUE(testing::run(loop, channel->close()));
  channel.reset();
  EXPECT_THAT(tail.lines(), ElementsAre("bye"));
  EXPECT_TRUE(owner.lost.empty()) << "its owner ended it";
}

TEST_F(StdioChannelTest, HalfALineCountsAgainstTheBudgetAndSpoilsItsOwnCallAlone) {
  ASSERT_TRUE(open(after_handshake(R"(read -r l; read -r l
printf '{"jsonrpc":"2.0","id":2,"result":{"x":"%0300000d"}}\n' 0
echo '{"jsonrpc":"2.0","id":3,"result":{}}'
cat)")));
  auto taken = budget.charge();
  ASSERT_TRUE(taken.grow((64u << 20) - 200'000));
  auto large = start(request);
  auto other = start(request);
  const auto answer = large.wait();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::system_resource_exhausted);
  EXPECT_EQ(answer.error().executed(), Executed::yes);
  EXPECT_TRUE(other.wait());
  EXPECT_TRUE(owner.trash.empty());
}

TEST_F(StdioChannelTest, AnswersBeyondTheBudgetAreRefused) {
  ASSERT_TRUE(open(after_handshake(R"(read -r l; echo '{"jsonrpc":"2.0","id":2,"result":{}}'; cat)")));
  auto taken = budget.charge();
  ASSERT_TRUE(taken.grow((64u << 20) - 10));
  const auto answer = start(request).wait();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::system_resource_exhausted);
  EXPECT_EQ(answer.error().executed(), Executed::yes);
}

}  // namespace
}  // namespace sallyport::client
