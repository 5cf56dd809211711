// Servers on the network that keep us waiting or make us hold what they send: what that costs is bounded, and
// the call hears why.
#include "client/http_channel.hpp"
#include "client/sse_channel.hpp"
#include "unit/client/channel_fixture.hpp"

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::client {
namespace {

using protocol::Method;
using ::testing::ElementsAre;
using testing::HttpReply;
using testing::HttpRequest;
using testing::json;
using testing::status;
using testing::stream;

constexpr auto holds = HttpReply::Then::holds;

class HostileServer : public testing::ChannelTest<Channel> {
 protected:
  HostileServer() : ChannelTest(1u << 20) {}

  HttpReply reply(const HttpRequest& request) override {
    if (request.asks("initialize")) return begin(request);
    if (is_call(request)) return on_call(request);
    if (request.asks("notifications/cancelled")) return on_cancel;
    if (request.is("POST")) return status(202);
    return sse ? stream("event: endpoint\ndata: /messages\n\n", holds) : status(405);
  }
  HttpReply begin(const HttpRequest& request) {
    const std::string result = R"({"jsonrpc":"2.0","id":)" + request.id() +
                               R"(,"result":{"protocolVersion":"2024-11-05","capabilities":{}}})";
    if (!sse) return json(result);
    server.say_event(result);
    return status(202);
  }

  void open() {
    if (sse) {
      keep(testing::run(loop, SseChannel::open(environment())));
    } else {
      keep(testing::run(loop, HttpChannel::open(environment(), protocol::latest_legacy)));
    }
  }
  testing::Started<Answered> call() { return {loop, channel->request(outgoing)}; }
  std::size_t calls() const { return server.count(is_call); }
  static Outgoing tool() {
    Outgoing made;
    made.method = Method::tools_call;
    made.name = "t";
    return made;
  }

  const Outgoing outgoing = tool();
  bool sse = false;
  std::function<HttpReply(const HttpRequest&)> on_call;
  HttpReply on_cancel = status(202);
};

// The limit of one answer is 64 MiB, and many of them come at a time: what is here of each counts.
TEST_F(HostileServer, HalfAnAnswerCountsAgainstWhatMayBeHeld) {
  const std::string half(300'000, 'x');
  for (const bool events : {false, true}) {
    on_call = [&](const HttpRequest&) {
      if (events) return stream("data: " + half, holds);
      return HttpReply{
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 600000\r\n\r\n" + half,
          holds};
    };
    open();
    {
      auto first = call(), second = call(), third = call();
      ASSERT_TRUE(testing::run_until(loop, [&] { return budget.used() >= 900'000; })) << events;
      auto fourth = call();
      const auto answer = fourth.wait();
      ASSERT_FALSE(answer) << events;
      EXPECT_EQ(answer.error().code(), Code::system_resource_exhausted) << events;
      EXPECT_EQ(answer.error().executed(), Executed::maybe) << events;
    }
    EXPECT_EQ(budget.used(), 0u) << events;
    EXPECT_TRUE(testing::run(loop, channel->close()));
  }
}

TEST_F(HostileServer, HalfAnEventOfAStreamForAllCountsToo) {
  sse = true;
  on_call = [&](const HttpRequest&) {
    server.say(testing::chunk("data: " + std::string(2 << 20, 'x')));
    return status(202);
  };
  open();
  const auto answer = call().wait();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::system_resource_exhausted);
  EXPECT_EQ(answer.error().executed(), Executed::maybe);
  EXPECT_THAT(owner.lost, ElementsAre(Code::system_resource_exhausted));
  EXPECT_EQ(budget.used(), 0u);
}

TEST_F(HostileServer, PostsThatAreNeverTakenEndWithTheirCalls) {
  sse = true;
  on_call = [](const HttpRequest&) { return HttpReply{}; };
  open();
  for (int i = 0; i < 100; ++i) {
    auto calling = call();
    calling.cancel();
    EXPECT_FALSE(calling.wait());
  }
  EXPECT_TRUE(testing::run_until(loop, [&] { return server.connections() < 10; }));
}

TEST_F(HostileServer, PostsThatAreAnsweredOnTheStreamAloneAreFew) {
  sse = true;
  on_call = [&](const HttpRequest& request) {
    server.say_event(R"({"jsonrpc":"2.0","id":)" + request.id() + R"(,"result":{}})");
    return HttpReply{};
  };
  open();
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(call().wait());
  EXPECT_EQ(calls(), 200u);
  EXPECT_TRUE(testing::run_until(loop, [&] { return server.connections() < 70; }));
  EXPECT_GT(server.connections(), 60u) << "a few are waited for";
}

TEST_F(HostileServer, WhoTakesNoNoticesIsSentNoMoreOfThem) {
  for (const bool on_stream : {false, true}) {
    sse = on_stream;
    on_call = [](const HttpRequest&) { return HttpReply{}; };
    on_cancel = HttpReply{};
    open();
    for (std::size_t i = 0; i < 400; ++i) {
      const std::size_t before = calls();
      auto calling = call();
      ASSERT_TRUE(testing::run_until(loop, [&] { return calls() > before; }));
      calling.cancel();
      EXPECT_FALSE(calling.wait());
    }
    EXPECT_TRUE(testing::run_until(loop, [&] { return server.connections() < 270; })) << on_stream;
    EXPECT_TRUE(testing::run(loop, channel->close()));
    EXPECT_TRUE(testing::run_until(loop, [&] { return server.connections() == 0; })) << on_stream;
  }
}

TEST_F(HostileServer, AnAnswerThatCannotBeReadEndsItsCallThoughTheStreamGoesOn) {
  const std::string broken = R"({"jsonrpc":"2.0","id":2,"result":{"a":1,"a":2}})";
  for (const bool on_stream : {false, true}) {
    sse = on_stream;
    on_call = [&](const HttpRequest&) {
      if (!on_stream) return stream("data: " + broken + "\n\n", holds);
      server.say_event(broken);
      return status(202);
    };
    open();
    const auto answer = call().wait();
    ASSERT_FALSE(answer) << on_stream;
    EXPECT_EQ(answer.error().code(), Code::network_protocol_error) << on_stream;
    EXPECT_NE(answer.error().executed(), Executed::no) << on_stream;
    EXPECT_TRUE(testing::run(loop, channel->close()));
  }
}

TEST_F(HostileServer, AnUpdateOfAnEndlessUriIsNone) {
  const auto update = [](std::string_view uri) {
    return "data: "
           "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"" +
           std::string(uri) + "\"}}\n\n";
  };
  on_call = [&](const HttpRequest& request) {
    return stream(update(std::string(100'000, '/')) + update("demo://a") +
                  "data: {\"jsonrpc\":\"2.0\",\"id\":" + request.id() + ",\"result\":{}}\n\n");
  };
  open();
  EXPECT_TRUE(call().wait());
  EXPECT_THAT(owner.updated, ElementsAre("demo://a"));
  EXPECT_THAT(owner.trash, ElementsAre("uri"));
}

}  // namespace
}  // namespace sallyport::client
