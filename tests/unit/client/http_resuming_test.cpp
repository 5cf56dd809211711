// A legacy server over HTTP that ends the stream of a call before the answer: when its client comes back for
// the rest, how often, and what the call hears when that comes to nothing.
#include "client/http_channel.hpp"
#include "unit/client/channel_fixture.hpp"

#include <deque>
#include <functional>
#include <string>
#include <vector>

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
using testing::json;
using testing::status;
using testing::stream;

constexpr auto closes = HttpReply::Then::closes;
constexpr auto holds = HttpReply::Then::holds;
constexpr std::string_view primed = "id: e1\nretry: 500\ndata: \n\n";
constexpr std::string_view answered = "id: e9\ndata: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"n\":1}}\n\n";

class HttpResuming : public testing::ChannelTest<HttpChannel> {
 protected:
  // What every server here does; calls and those who come back for their answers get what the test wants.
  HttpReply reply(const HttpRequest& request) override {
    if (request.asks("initialize"))
      return json(R"({"jsonrpc":"2.0","id":1,"result":{"protocolVersion":")" + revision +
                      R"(","capabilities":{},"serverInfo":{"name":"s","version":"1"}}})",
                  "Mcp-Session-Id: s1\r\n");
    if (is_call(request)) return next(calls);
    if (request.is("POST")) return status(202);
    const bool back = request.is("GET") && request.field("last-event-id") != "absent";
    return back ? next(returns) : status(405);
  }
  static HttpReply next(std::deque<HttpReply>& replies) {
    if (replies.empty()) return status(500);
    HttpReply reply = std::move(replies.front());
    replies.pop_front();
    return reply;
  }

  void open() {
    keep(testing::run(loop, HttpChannel::open(environment(), protocol::latest_legacy)));
    ASSERT_TRUE(testing::run_until(loop, [&] { return server.count(is_listen) == 1; }));
    loop.poll();
  }
  static bool is_listen(const HttpRequest& request) {
    return request.is("GET") && request.field("last-event-id") == "absent";
  }
  static bool is_return(const HttpRequest& request) { return request.is("GET") && !is_listen(request); }
  static bool is_cancel(const HttpRequest& request) { return request.asks("notifications/cancelled"); }

  testing::Started<Answered> call(pipeline::EventSink* events = nullptr) {
    outgoing.method = Method::tools_call;
    outgoing.name = "t";
    outgoing.events = events;
    if (events) outgoing.progress_token = "7";
    return {loop, channel->request(outgoing)};
  }

  // The pool's timer is there while connections are idle: one more, and the call waits for the time to come
  // back.
  bool pauses() const { return loop.timers().size() == 2; }
  bool until_it_pauses() {
    return testing::run_until(loop, [this] { return pauses(); });
  }
  // Time passes until then.
  bool until(const std::function<bool()>& done) {
    for (int i = 0; i < 1000 && !done(); ++i) pass(milliseconds(50));
    return done();
  }
  bool until_it_came_back(std::size_t times) {
    return until([&] { return server.count(is_return) == times; });
  }
  Result<Answered> outcome(testing::Started<Answered>& calling) {
    EXPECT_TRUE(until([&] { return calling.done(); }));
    return calling.wait();
  }
  // What a call hears whose stream ends, and whose only way back is answered so.
  Error failed_when_told(HttpReply how) {
    calls = {stream(primed)};
    returns = {std::move(how)};
    open();
    auto calling = call();
    EXPECT_TRUE(until_it_pauses());
    pass(milliseconds(500));
    const auto answer = calling.wait();
    EXPECT_FALSE(answer);
    return answer ? Error(Code::system_internal_error) : answer.error();
  }
  std::vector<std::string> returned_for() const {
    std::vector<std::string> ids;
    for (const HttpRequest& request : server.requests)
      if (is_return(request)) ids.push_back(request.field("last-event-id"));
    return ids;
  }

  Outgoing outgoing;
  std::string revision = "2025-11-25";
  std::deque<HttpReply> calls, returns;
};

TEST_F(HttpResuming, ComesBackForTheAnswerWhenTheServerSaid) {
  calls = {stream(primed)};
  returns = {stream(answered)};
  open();
  auto calling = call();
  ASSERT_TRUE(until_it_pauses());
  pass(milliseconds(499));
  EXPECT_TRUE(pauses());
  pass(milliseconds(1));
  const auto answer = calling.wait();
  ASSERT_TRUE(answer);
  EXPECT_THAT((*answer)->bytes, HasSubstr(R"("n":1)"));
  const HttpRequest& back = server.requests.back();
  EXPECT_EQ(back.field("last-event-id"), "e1");
  EXPECT_EQ(back.field("mcp-session-id"), "s1");
  EXPECT_EQ(back.field("mcp-protocol-version"), "2025-11-25");
  EXPECT_EQ(server.count(is_call), 1u);
}

TEST_F(HttpResuming, AsOftenAsTheServerEndsTheStream) {
  calls = {stream(primed)};
  returns = {stream("id: e2\ndata:\n\n"), stream(": nothing new\n\n"),
             stream("id: e3\nretry: 200\ndata:\n\n"), stream(answered)};
  open();
  auto calling = call();
  EXPECT_TRUE(outcome(calling));
  EXPECT_THAT(returned_for(), ElementsAre("e1", "e2", "e2", "e3"));
}

TEST_F(HttpResuming, AStreamThatBreaksOffIsTakenUpAsWell) {
  calls = {stream(primed, closes)};
  returns = {stream(answered)};
  open();
  auto calling = call();
  ASSERT_TRUE(until_it_pauses());
  pass(milliseconds(500));
  EXPECT_TRUE(calling.wait());
}

TEST_F(HttpResuming, WithoutAnIdThereIsNoWayBack) {
  calls = {stream("retry: 500\ndata:\n\n"), stream("id: e1\n", closes)};
  open();
  for (const std::string_view what : {"ended", "broke off within an event"}) {
    const auto answer = call().wait();
    ASSERT_FALSE(answer) << what;
    EXPECT_EQ(answer.error().code(), Code::network_connection_failed) << what;
    EXPECT_EQ(answer.error().executed(), Executed::maybe) << what;
  }
  EXPECT_EQ(server.count(is_return), 0u);
}

TEST_F(HttpResuming, AnIdThatFitsNoHeaderIsNone) {
  calls = {stream("id: a\x01"
                  "b\ndata:\n\n"),
           stream("id: " + std::string(2000, 'x') + "\ndata:\n\n")};
  open();
  for (int i = 0; i < 2; ++i) {
    const auto answer = call().wait();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), Code::network_connection_failed);
  }
  EXPECT_EQ(server.count(is_return), 0u);
}

TEST_F(HttpResuming, BehindWhatCouldNotBeReadNothingIsAwaited) {
  calls = {stream("id: e1\ndata: {'jsonrpc':'2.0','id':2,'result':{}}\n\n")};
  open();
  const auto answer = call().wait();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::network_connection_failed);
  EXPECT_EQ(server.count(is_return), 0u) << "it was the answer";
  EXPECT_THAT(owner.trash, ElementsAre("not_jsonrpc"));
}

TEST_F(HttpResuming, ALostSessionEndsTheCallWhichMayHaveRun) {
  const Error error = failed_when_told(status(404));
  EXPECT_EQ(error.code(), Code::tool_server_unavailable);
  EXPECT_EQ(error.executed(), Executed::maybe);
  EXPECT_EQ(server.count(is_call), 1u) << "not sent again in a new session";
}

TEST_F(HttpResuming, AServerWithoutSuchStreamsIsAskedOnce) {
  const Error error = failed_when_told(status(405));
  EXPECT_EQ(error.code(), Code::network_connection_failed);
  EXPECT_EQ(error.executed(), Executed::maybe);
  EXPECT_EQ(server.count(is_return), 1u);
}

TEST_F(HttpResuming, WhatPassesIsTriedAgainButNotForEver) {
  calls = {stream(primed), stream(primed)};
  returns = {status(503), status(429), stream("id: e2\ndata:\n\n"),
             status(503), status(503), stream("data: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n\n"),
             status(500), status(502), status(504)};
  open();
  auto first = call();
  EXPECT_TRUE(outcome(first)) << "each stream that opens starts the count anew";
  auto second = call();
  const auto answer = outcome(second);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::network_connection_failed);
  EXPECT_EQ(answer.error().executed(), Executed::maybe) << "a 429 to the way back says nothing of the call";
  EXPECT_EQ(server.count(is_return), 9u);
}

TEST_F(HttpResuming, AServerThatIsGone) {
  calls = {stream(primed, closes)};
  open();
  auto calling = call();
  ASSERT_TRUE(until_it_pauses());
  server.stop();
  clock.advance(std::chrono::seconds(5));  // no connection is fresh any more
  const auto answer = outcome(calling);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::network_connection_failed);
  EXPECT_EQ(answer.error().executed(), Executed::maybe);
}

TEST_F(HttpResuming, WhoGivesUpInThePauseIsGoneAtOnceAndTheServerHearsIt) {
  calls = {stream("id: e1\nretry: 99999999999999999\ndata:\n\n")};
  open();
  auto calling = call();
  ASSERT_TRUE(until_it_pauses());
  calling.cancel();
  const auto answer = calling.wait();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::proto_cancelled);
  EXPECT_EQ(answer.error().executed(), Executed::maybe);
  EXPECT_TRUE(testing::run_until(loop, [&] { return server.count(is_cancel) == 1; }));
}

TEST_F(HttpResuming, WhoGivesUpOnTheStreamThatWasTakenUp) {
  calls = {stream(primed)};
  returns = {stream(": wait\n\n", holds)};
  open();
  auto calling = call();
  ASSERT_TRUE(until_it_came_back(1));
  calling.cancel();
  const auto answer = calling.wait();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::proto_cancelled);
  EXPECT_NE(answer.error().executed(), Executed::no);
  EXPECT_TRUE(testing::run_until(loop, [&] { return server.count(is_cancel) == 1; }));
}

TEST_F(HttpResuming, ATimeOfZeroIsNotObeyedToTheLetter) {
  calls = {stream("id: e1\nretry: 0\ndata:\n\n")};
  returns = {stream(answered)};
  open();
  auto calling = call();
  ASSERT_TRUE(until_it_pauses());
  pass(milliseconds(99));
  EXPECT_TRUE(pauses());
  pass(milliseconds(1));
  EXPECT_TRUE(calling.wait());
}

TEST_F(HttpResuming, WhatIsSaidOnTheStreamTakenUpBelongsToTheCall) {
  calls = {stream(primed)};
  returns = {stream("id: e2\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":"
                    "{\"progressToken\":2,\"progress\":1}}\n\n"
                    "data: {\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}\n\n"),
             status(405)};
  open();
  testing::Events events;
  auto calling = call(&events);
  const auto answer = outcome(calling);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().executed(), Executed::yes) << "it reported progress";
  EXPECT_THAT(events.all, ElementsAre(HasSubstr(R"("progressToken":7)")));
  EXPECT_EQ(owner.late, 1) << "an answer to nothing that was asked";
}

TEST_F(HttpResuming, TheNewStreamsOwnTimeCounts) {
  calls = {stream("id: e1\ndata:\n\n")};
  returns = {stream("id: e2\nretry: 300\ndata:\n\n"), stream(answered)};
  open();
  auto calling = call();
  ASSERT_TRUE(until_it_pauses());
  pass(milliseconds(999));
  EXPECT_TRUE(pauses()) << "a second where the server says nothing";
  pass(milliseconds(1));
  ASSERT_TRUE(testing::run_until(loop, [&] { return server.count(is_return) == 1; }));
  ASSERT_TRUE(until_it_pauses());
  pass(milliseconds(299));
  EXPECT_TRUE(pauses());
  pass(milliseconds(1));
  EXPECT_TRUE(calling.wait());
}

}  // namespace
}  // namespace sallyport::client
