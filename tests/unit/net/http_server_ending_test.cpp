// What ends a connection of the HTTP server: a drain, a limit of time or number, any step that fails.
#include "unit/net/http_serving.hpp"

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using std::chrono::milliseconds;
using testing::MemoryStream;

TEST(HttpServer, ADrainClosesWhoWaitsForNothingAndAnswersTheOthers) {
  Waiting serving;
  const auto idle = serving.connect();
  const auto busy = serving.connect();
  const auto half = serving.connect();
  const auto fresh = serving.connect();
  const auto silent = serving.connect();
  const auto asking = serving.connect();
  for (MemoryStream* client : {idle.get(), asking.get()}) {
    (void)serving.talk(*client, post("x"));
    serving.go_on.set();
    EXPECT_EQ(responses(serving.talk(*client, "")).size(), 1u);
  }
  (void)serving.talk(*busy, post("x"));
  (void)serving.talk(*half, "POST /mcp HTTP/1.1\r\nHo");
  serving.server.drain();
  EXPECT_FALSE(idle->ended()) << "answered until the calls have ended";
  asking->put(post("y"));  // on its way when the idle connections are closed
  serving.server.close_idle(Idle::between_requests);
  const auto late = serving.connect();
  serving.loop.poll();
  EXPECT_TRUE(idle->ended());
  for (MemoryStream* client : {busy.get(), half.get(), fresh.get(), silent.get(), asking.get(), late.get()})
    EXPECT_FALSE(client->ended());
  (void)serving.talk(*half, "st: a\r\n\r\n");
  (void)serving.talk(*fresh, post("z"));
  (void)serving.talk(*late, post("z"));
  serving.go_on.set();
  for (MemoryStream* client : {busy.get(), half.get(), fresh.get(), asking.get(), late.get()}) {
    const auto all = responses(serving.talk(*client, ""));
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].body, "late");
    EXPECT_FALSE(all[0].keep_alive);
    EXPECT_TRUE(client->ended());
    client->close();
  }
  EXPECT_FALSE(silent->ended());
  serving.server.close_idle(Idle::without_request);
  serving.loop.poll();
  EXPECT_TRUE(silent->ended());
  EXPECT_EQ(serving.server.connections(), 0u);
}

TEST(HttpServer, CloseCancelsWhatIsUnderWay) {
  Waiting serving;
  const auto busy = serving.connect();
  const auto idle = serving.connect();
  (void)serving.talk(*busy, post("x"));
  EXPECT_TRUE(testing::run(serving.loop, serving.server.close()));
  EXPECT_EQ(serving.server.connections(), 0u);
  EXPECT_EQ(serving.cancelled, 1);
  EXPECT_TRUE(busy->ended());
  EXPECT_TRUE(idle->ended());
}

TEST(HttpServer, TakesABoundedNumberOfConnections) {
  Serving serving({.connections = 2});
  const auto one = serving.connect();
  auto two = serving.connect();
  EXPECT_TRUE(serving.connect()->ended());
  two.reset();
  serving.loop.poll();
  EXPECT_FALSE(serving.connect()->ended());
}

TEST(HttpServer, ClosesWhatIsIdleForTooLong) {
  Serving serving;
  const auto client = serving.connect();
  serving.pass(milliseconds(74'999));
  EXPECT_EQ(responses(serving.talk(*client, get("/"))).size(), 1u);
  serving.pass(milliseconds(74'999));
  EXPECT_FALSE(client->ended());
  serving.pass(milliseconds(1));
  EXPECT_TRUE(client->ended());
}

TEST(HttpServer, ClosesAHeadThatTricklesInAndABodyThatStops) {
  Serving serving;
  const auto trickling = serving.connect();
  for (int i = 0; i < 16; ++i) {
    (void)serving.talk(*trickling, "G");
    serving.pass(milliseconds(1000));
  }
  EXPECT_TRUE(trickling->ended()) << "the limit is for the whole head";
  const auto stopped = serving.connect();
  const std::string text = post(std::string(100, 'x'));
  (void)serving.talk(*stopped, text.substr(0, text.size() - 2));
  serving.pass(milliseconds(14'000));
  (void)serving.talk(*stopped, "x");
  serving.pass(milliseconds(14'000));
  EXPECT_FALSE(stopped->ended());
  serving.pass(milliseconds(1000));
  EXPECT_TRUE(stopped->ended());
}

TEST(HttpServer, ClosesOnAReaderThatDoesNotTakeItsReply) {
  Serving serving;
  const auto client = serving.connect();
  serving.behaviour->capacity = 10;
  client->put(post("x"));
  serving.loop.poll();
  serving.pass(milliseconds(29'999));
  EXPECT_EQ(serving.server.connections(), 1u);
  serving.pass(milliseconds(1));
  EXPECT_EQ(serving.server.connections(), 0u);
}

TEST(HttpServer, SlowReadersGetTheirOwnReplies) {
  Serving serving;
  std::vector<std::unique_ptr<MemoryStream>> clients;
  std::vector<std::string> received(3);
  for (const std::string body : {"one", "two, which is longer", "three"}) {
    clients.push_back(serving.connect());
    serving.behaviour->capacity = 10;
    clients.back()->put(post(body));
    serving.loop.poll();
  }
  for (int turn = 0; turn < 100; ++turn) {
    for (std::size_t i = 0; i < clients.size(); ++i) received[i] += clients[i]->take();
    serving.loop.poll();
  }
  EXPECT_EQ(responses(received[0]).at(0).body, "[one]");
  EXPECT_EQ(responses(received[1]).at(0).body, "[two, which is longer]");
  EXPECT_EQ(responses(received[2]).at(0).body, "[three]");
}

// One timer serves all requests of a connection.
TEST(HttpServer, ATimeThatWasSetForAnEarlierRequestMeansNothing) {
  Serving serving;
  const auto client = serving.connect();
  for (int request = 0; request < 10; ++request) {
    serving.pass(milliseconds(40'000));
    ASSERT_EQ(responses(serving.talk(*client, post("x"))).size(), 1u) << request;
  }
  serving.pass(milliseconds(74'999));
  EXPECT_FALSE(client->ended());
  serving.pass(milliseconds(1));
  EXPECT_TRUE(client->ended());
}

TEST(HttpServer, WorkHasNoTimeLimitHere) {
  Waiting serving;
  const auto client = serving.connect();
  (void)serving.talk(*client, post("x"));
  serving.pass(std::chrono::hours(10));
  serving.go_on.set();
  EXPECT_EQ(responses(serving.talk(*client, "")).at(0).body, "late");
}

// Whichever step of the conversation fails, the connection ends and nothing else does.
TEST(HttpServer, EveryStepMayFail) {
  const auto events = [](Exchange& exchange) -> Task<void> {
    exchange.begin_events();
    exchange.push("data: 1\n\n");
    co_return co_await exchange.end_events();
  };
  const std::string text =
      post("first") + std::string(chunked_post) + post("w", "Expect: 100-continue\r\n") + post("last");
  for (const bool streaming : {false, true}) {
    bool survived = false;
    int fail_at = 0;
    for (; !survived; ++fail_at) {
      ASSERT_LT(fail_at, 2000);
      Serving serving;
      if (streaming) serving.handler.respond = events;
      const auto client = serving.connect(fail_at);
      serving.behaviour->read_size = 40;
      serving.behaviour->write_size = 50;
      serving.behaviour->capacity = 100;
      const std::string said = serving.talk(*client, text);
      survived = serving.behaviour->operations <= fail_at;
      EXPECT_EQ(serving.server.connections(), survived ? 1u : 0u) << fail_at;
      EXPECT_EQ(client->ended(), !survived) << fail_at;
      if (survived) EXPECT_EQ(responses(said).size(), 4u);
    }
    EXPECT_GT(fail_at, 20);
  }
}

// Cancelled wherever it stands, a connection ends in the turn of the loop that follows.
TEST(HttpServer, CloseAtAnyMoment) {
  const std::string text = post("first") + std::string(chunked_post) + post("last");
  bool finished = false;
  for (int at = 0; !finished; ++at) {
    ASSERT_LT(at, 2000);
    Serving serving;
    const auto client = serving.connect();
    serving.behaviour->read_size = 30;
    client->put(text);
    for (int i = 0; i < at && !finished; ++i) finished = !testing::step(serving.loop);
    EXPECT_TRUE(testing::run(serving.loop, serving.server.close())) << at;
    EXPECT_EQ(serving.server.connections(), 0u) << at;
  }
}

}  // namespace
}  // namespace sallyport::net
