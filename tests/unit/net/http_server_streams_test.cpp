// Event streams of the HTTP server, and clients that go while they are served.
#include "unit/net/http_serving.hpp"

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

TEST(HttpServer, StreamsEventsAndThenTakesTheNextRequest) {
  Serving serving;
  serving.handler.respond = [](Exchange& exchange) -> Task<void> {
    exchange.begin_events("X-Extra: 1\r\n");
    EXPECT_TRUE(exchange.streaming());
    EXPECT_TRUE(exchange.push("data: 1\n\n"));
    EXPECT_TRUE(exchange.push("")) << "says nothing, and does not end the stream";
    EXPECT_TRUE(exchange.push("data: 2\n\n"));
    co_return co_await exchange.end_events();
  };
  const auto client = serving.connect();
  for (int i = 0; i < 2; ++i) {
    const std::string said = serving.talk(*client, get("/"));
    EXPECT_NE(said.find("\r\nX-Extra: 1\r\n"), std::string::npos);
    const auto all = responses(said);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].body, "data: 1\n\ndata: 2\n\n");
    EXPECT_TRUE(all[0].keep_alive);
  }
}

TEST(HttpServer, StreamsEventsToAnHttp10ClientUntilItCloses) {
  Serving serving;
  serving.handler.respond = [](Exchange& exchange) -> Task<void> {
    exchange.begin_events();
    exchange.push("data: 1\n\n");
    co_return co_await exchange.end_events();
  };
  const auto client = serving.connect();
  EXPECT_TRUE(serving.talk(*client, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                  .ends_with("\r\n\r\ndata: 1\n\n"));
  EXPECT_TRUE(client->ended());
}

// What follows would be read as a part of the stream.
TEST(HttpServer, AStreamThatIsNotFinishedEndsTheConnection) {
  Serving serving;
  serving.handler.respond = [](Exchange& exchange) -> Task<void> {
    exchange.begin_events();
    exchange.push("data: 1\n\n");
    co_return ok();
  };
  const auto client = serving.connect();
  EXPECT_TRUE(serving.talk(*client, get("/") + get("/")).ends_with("data: 1\n\n\r\n"));
  EXPECT_TRUE(client->ended());
  EXPECT_EQ(serving.handler.requests.size(), 1u);
}

TEST(HttpServer, NoticesOnceThatTheClientIsGone) {
  Waiting serving;
  auto client = serving.connect();
  (void)serving.talk(*client, post("x"));
  EXPECT_EQ(serving.gone, 0);
  client.reset();
  serving.loop.poll();
  EXPECT_EQ(serving.gone, 1);
  EXPECT_EQ(serving.server.connections(), 1u) << "what becomes of the call is the handler's to decide";
  serving.go_on.set();
  serving.loop.poll();
  EXPECT_EQ(serving.gone, 1);
  EXPECT_EQ(serving.server.connections(), 0u);
}

TEST(HttpServer, TellsAtOnceOfAClientThatWasGoneBeforeAnybodyAsked) {
  Serving serving;
  task::Event go_on(serving.loop);
  int gone = 0;
  serving.handler.respond = [&](Exchange& exchange) -> Task<void> {
    CO_TRY(co_await go_on.wait());
    EXPECT_TRUE(exchange.gone());
    exchange.on_gone([&] { ++gone; });
    exchange.on_gone(nullptr);
    co_return ok();
  };
  auto client = serving.connect();
  (void)serving.talk(*client, post("x"));
  client.reset();
  serving.loop.poll();
  go_on.set();
  serving.loop.poll();
  EXPECT_EQ(gone, 1);
}

TEST(HttpServer, APipelinedRequestIsNotTakenForAGoneClient) {
  Waiting serving;
  const auto client = serving.connect();
  (void)serving.talk(*client, post("x"));
  (void)serving.talk(*client, post("y"));
  EXPECT_EQ(serving.gone, 0);
  serving.go_on.set();
  EXPECT_EQ(responses(serving.talk(*client, "")).size(), 1u);
  serving.go_on.set();
  EXPECT_EQ(responses(serving.talk(*client, "")).size(), 1u);
}

TEST(HttpServer, CutsASlowReaderOfAStreamAndTellsTheHandler) {
  Serving serving({.outbox = 1000});
  task::Event go_on(serving.loop);
  int gone = 0;
  bool refused = false, dropped = false;
  serving.handler.respond = [&](Exchange& exchange) -> Task<void> {
    exchange.begin_events();
    exchange.on_gone([&] { ++gone; });
    while (exchange.push(std::string(100, 'x'), Outbox::Keep::required))
      dropped = !exchange.push("y", Outbox::Keep::droppable);
    refused = exchange.broken();
    CO_TRY(co_await go_on.wait());
    co_return ok();
  };
  const auto client = serving.connect();
  serving.behaviour->capacity = 300;
  client->put(get("/"));
  serving.loop.poll();
  EXPECT_TRUE(refused);
  EXPECT_EQ(gone, 1) << "the connection was closed";
  go_on.set();
  serving.loop.poll();
  EXPECT_EQ(serving.server.connections(), 0u);
  EXPECT_LE(client->take().size(), 300u);
}

TEST(HttpServer, AStreamBegunMayBeLeftWithBytesQueued) {
  Serving serving;
  serving.handler.respond = [](Exchange& exchange) -> Task<void> {
    exchange.begin_events();
    exchange.push(std::string(1000, 'x'));
    co_return ok();
  };
  const auto client = serving.connect();
  serving.behaviour->capacity = 10;
  client->put(get("/"));
  serving.loop.poll();
  (void)serving.talk(*client, "");
  client->close();
  serving.loop.poll();
  EXPECT_EQ(serving.server.connections(), 0u);
}

}  // namespace
}  // namespace sallyport::net
