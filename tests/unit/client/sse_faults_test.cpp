// Faults over HTTP+SSE, whose answers come on one stream for all: each fails its own call as it is told to,
// and no other.
#include "client/sse_channel.hpp"
#include "unit/client/channel_fixture.hpp"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::client {
namespace {

using protocol::Method;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpReply;
using testing::HttpRequest;
using testing::status;
using testing::stream;

class SseFaults : public testing::ChannelTest<SseChannel> {
 protected:
  HttpReply reply(const HttpRequest& request) override {
    if (request.is("GET")) return stream("event: endpoint\ndata: /messages?s=1\n\n", HttpReply::Then::holds);
    if (request.asks("initialize"))
      server.say_event(R"({"jsonrpc":"2.0","id":)" + request.id() +
                       R"(,"result":{"protocolVersion":"2024-11-05","capabilities":{}}})");
    if (is_call(request)) answer(request.id());
    return status(202);
  }
  void answer(const std::string& id) {
    server.say_event(R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{"text":")" + std::string(100, 'x') +
                     "\"}}");
  }
  std::size_t calls() const { return server.count(is_call); }

  // Tool "struck" is struck; tool "other" is not.
  void open(Fault fault, milliseconds time = {}) {
    FaultRule rule;
    rule.tool = "struck";
    rule.fault = fault;
    rule.time = time;
    target.faults = std::make_shared<Faults>(std::vector{rule}, false);
    keep(testing::run(loop, SseChannel::open(environment())));
  }
  testing::Started<Answered> call(std::string_view name) {
    Outgoing& outgoing = name == "struck" ? struck_ : other_;
    outgoing.method = Method::tools_call;
    outgoing.name = name;
    return {loop, channel->request(outgoing)};
  }
  Result<Answered> struck() { return call("struck").wait(); }

 private:
  Outgoing struck_, other_;
};

TEST_F(SseFaults, AnErrorInsteadOfTheAnswer) {
  open(Fault::error);
  const auto answer = struck();
  ASSERT_TRUE(answer) << "it is an answer";
  EXPECT_THAT((*answer)->bytes, HasSubstr("An injected error"));
  EXPECT_EQ(calls(), 0u);
  EXPECT_TRUE(call("other").wait());
  EXPECT_THAT(owner.faults, ElementsAre(Fault::error));
}

TEST_F(SseFaults, AStatusInsteadOfTheAnswer) {
  open(Fault::http);
  const auto answer = struck();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().status_code(), 503);
  EXPECT_EQ(calls(), 0u);
  EXPECT_TRUE(call("other").wait());
}

TEST_F(SseFaults, AConnectionThatBreaksBeforeTheRequestWentOut) {
  open(Fault::reset_before);
  const auto answer = struck();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::network_connection_failed);
  EXPECT_EQ(answer.error().executed(), Executed::no);
  EXPECT_TRUE(call("other").wait());
  EXPECT_EQ(calls(), 1u);
}

TEST_F(SseFaults, AndAfterIt) {
  open(Fault::reset_after);
  const auto answer = struck();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::network_connection_failed);
  EXPECT_EQ(answer.error().executed(), Executed::maybe);
  EXPECT_TRUE(testing::run_until(loop, [&] { return calls() == 1; }));
  EXPECT_TRUE(call("other").wait());
  EXPECT_TRUE(owner.lost.empty());
}

TEST_F(SseFaults, AnAnswerThatComesLater) {
  open(Fault::delay, milliseconds(700));
  auto late = call("struck");
  EXPECT_TRUE(call("other").wait()) << "which overtakes it";
  ASSERT_TRUE(testing::run_until(loop, [&] { return budget.used() > 0; }));
  pass(milliseconds(699));
  EXPECT_FALSE(late.settled());
  pass(milliseconds(1));
  EXPECT_TRUE(late.wait());
}

TEST_F(SseFaults, AnAnswerInSmallPieces) {
  open(Fault::slow, milliseconds(10));
  auto slow = call("struck");
  EXPECT_TRUE(call("other").wait());
  ASSERT_TRUE(testing::run_until(loop, [&] { return budget.used() > 0; }));
  int pieces = 0;
  for (; pieces < 100 && !slow.settled(); ++pieces) pass(milliseconds(10));
  EXPECT_EQ(pieces, 3) << "about 150 bytes, 64 at a time";
  const auto answer = slow.wait();
  ASSERT_TRUE(answer);
  EXPECT_THAT((*answer)->bytes, HasSubstr(std::string(100, 'x')));
  EXPECT_EQ(budget.used(), (*answer)->bytes.size());
}

TEST_F(SseFaults, AnAnswerThatIsLateIsHeldInBoundedMemory) {
  open(Fault::delay, milliseconds(700));
  net::Budget::Charge all = budget.charge();
  ASSERT_TRUE(all.grow(64u << 20));
  const auto answer = struck();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::system_resource_exhausted);
}

TEST_F(SseFaults, AnAnswerThatNeverComes) {
  open(Fault::missing);
  auto lost = call("struck");
  ASSERT_TRUE(testing::run_until(loop, [&] { return calls() == 1; }));
  EXPECT_TRUE(call("other").wait());
  EXPECT_FALSE(lost.settled());
  lost.cancel();
  EXPECT_EQ(lost.wait().error().executed(), Executed::maybe);
}

TEST_F(SseFaults, AnAnswerThatIsNoJson) {
  open(Fault::garble);
  const auto answer = struck();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::network_protocol_error);
  EXPECT_TRUE(call("other").wait());
}

TEST_F(SseFaults, AStreamThatBreaksWithinTheAnswerTakesAllWithIt) {
  open(Fault::truncate);
  const auto answer = struck();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::network_connection_failed);
  EXPECT_EQ(answer.error().executed(), Executed::maybe);
  EXPECT_THAT(owner.lost, ElementsAre(Code::network_connection_failed));
  EXPECT_EQ(call("other").wait().error().executed(), Executed::no);
}

TEST_F(SseFaults, AMistakeOfTheGatewayItself) {
  open(Fault::defect);
  const auto answer = struck();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::system_internal_error);
  EXPECT_EQ(calls(), 0u);
  EXPECT_TRUE(call("other").wait());
}

}  // namespace
}  // namespace sallyport::client
