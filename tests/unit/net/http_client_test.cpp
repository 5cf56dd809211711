// The HTTP client against scripted servers on loopback sockets: its pool, and every way in which a response
// can be framed.
#include "net/http_client.hpp"

#include "unit/net/http_upstream.hpp"

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using std::chrono::milliseconds;
using testing::Started;

TEST(HttpClient, SendsARequestAndUsesTheConnectionAgain) {
  Client client(answering(reply("answer")));
  EXPECT_EQ(client.ask().value(), "answer");
  EXPECT_EQ(client.upstream.requests.at(0),
            "POST /mcp?x HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(client.upstream.endpoint().port) +
                "\r\nAccept-Encoding: identity\r\nX-Test: 1\r\nContent-Length: 3\r\n\r\nask");
  EXPECT_EQ(client.pool.idle(), 1u);
  EXPECT_EQ(client.ask().value(), "answer");
  EXPECT_EQ(client.upstream.connections, 1);
}

TEST(HttpClient, AGetHasNoBodyAndNoLength) {
  Client client(answering("HTTP/1.1 204 No Content\r\n\r\n"));
  const auto get = [](HttpPool& pool) -> Task<int> {
    HttpCall call(pool);
    CO_TRY(co_await call.send("GET", "/", "", {}, true));
    CO_TRY(co_await call.receive_head());
    EXPECT_TRUE(call.complete());
    EXPECT_EQ(CO_TRY(co_await call.receive_body(10)), "");
    co_return call.head().status;
  };
  EXPECT_EQ(testing::run(client.loop, get(client.pool)).value(), 204);
  EXPECT_EQ(client.upstream.requests.at(0).find("Content-Length"), std::string::npos);
  EXPECT_EQ(client.pool.idle(), 1u);
}

TEST(HttpClient, ManyBodyPiecesArriveWhole) {
  Client client(answering(reply("answer")));
  const auto send = [](HttpPool& pool) -> Task<std::string> {
    const std::vector<std::string_view> pieces(200, "ab");
    HttpCall call(pool);
    CO_TRY(co_await call.send("POST", "/", "", pieces, true));
    CO_TRY(co_await call.receive_head());
    co_return co_await call.receive_body(100);
  };
  EXPECT_TRUE(testing::run(client.loop, send(client.pool)));
  const std::string& request = client.upstream.requests.at(0);
  EXPECT_NE(request.find("Content-Length: 400\r\n"), std::string::npos);
  EXPECT_EQ(request.size() - find_head_end(request), 400u);
}

TEST(HttpClient, AConnectionIdleForTooLongIsNotUsed) {
  Client client(answering(reply("answer")));
  ASSERT_TRUE(client.ask());
  client.clock.advance(milliseconds(2999));
  ASSERT_TRUE(client.ask("ask", 1000, false));
  EXPECT_EQ(client.upstream.connections, 1);
  client.clock.advance(milliseconds(3001));
  ASSERT_TRUE(client.ask("ask", 1000, false));
  EXPECT_EQ(client.upstream.connections, 2) << "too stale for what may not be repeated";
  client.clock.advance(milliseconds(3001));
  ASSERT_TRUE(client.ask());
  EXPECT_EQ(client.upstream.connections, 2);
  client.clock.advance(milliseconds(4000));
  ASSERT_TRUE(client.ask());
  EXPECT_EQ(client.upstream.connections, 3);
}

TEST(HttpClient, IdleConnectionsAreClosedByThemselves) {
  Client client(answering(reply("answer")));
  ASSERT_TRUE(client.ask());
  client.clock.advance(milliseconds(4000));
  client.loop.timers().fire();
  EXPECT_EQ(client.pool.idle(), 0u);
}

TEST(HttpClient, ObeysThePeersKeepAliveTimeout) {
  Client client(answering(reply("answer", "Keep-Alive: timeout=2, max=100\r\n")));
  ASSERT_TRUE(client.ask());
  client.clock.advance(milliseconds(1499));
  ASSERT_TRUE(client.ask());
  EXPECT_EQ(client.upstream.connections, 1);
  client.clock.advance(milliseconds(1500));
  ASSERT_TRUE(client.ask());
  EXPECT_EQ(client.upstream.connections, 2);
  Client impatient(answering(reply("answer", "Keep-Alive: timeout=0\r\n")));
  ASSERT_TRUE(impatient.ask());
  EXPECT_EQ(impatient.pool.idle(), 0u);
}

TEST(HttpClient, AConnectionIsNotKept) {
  const std::string cases[] = {
      reply("answer", "Connection: close\r\n"),
      "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nanswer",
      reply("answer") + "more than was asked for",
  };
  for (const std::string& bytes : cases) {
    Client client(answering(bytes));
    EXPECT_EQ(client.ask().value(), "answer") << bytes;
    EXPECT_EQ(client.pool.idle(), 0u) << bytes;
  }
}

TEST(HttpClient, APooledConnectionThatThePeerClosedIsNotUsed) {
  Client client(closing_after(reply("answer")));
  ASSERT_TRUE(client.ask());
  EXPECT_EQ(client.ask().value(), "answer");
  EXPECT_EQ(client.upstream.connections, 2);
}

TEST(HttpClient, KeepsABoundedNumberOfIdleConnections) {
  Client client(answering(reply("answer")), {.idle = 1});
  Started<std::string> one(client.loop, fetch(client.pool));
  Started<std::string> two(client.loop, fetch(client.pool));
  EXPECT_TRUE(one.wait());
  EXPECT_TRUE(two.wait());
  EXPECT_EQ(client.pool.idle(), 1u);
}

TEST(HttpClient, BodiesInEveryFraming) {
  const std::pair<std::string, std::string> cases[] = {
      {reply(""), ""},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\n",
       "abcde"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + reply("answer"),
       "answer"},
      {"HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
  };
  for (const auto& [bytes, body] : cases) {
    Client client(closing_after(bytes));
    EXPECT_EQ(client.ask().value(), body) << bytes;
  }
}

// Writes byte by byte, with a turn of the loop between any two.
TEST(HttpClient, TheSameResponseWhateverTheSplit) {
  const std::string bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  Client client([&bytes](Upstream& self, Stream& stream) -> Task<void> {
    while (!CO_TRY(co_await self.request(stream)).empty()) {
      for (const char& c : bytes) {
        CO_TRY(co_await write_all(stream, {&c, 1}));
        CO_TRY(co_await self.turn());
      }
    }
    co_return ok();
  });
  EXPECT_EQ(client.ask().value(), "abcde");
  EXPECT_EQ(client.pool.idle(), 1u);
}

TEST(HttpClient, ABigBodyComesWhole) {
  const std::string big(3'000'000, 'x');
  Client client(answering(reply(big)));
  EXPECT_EQ(client.ask(big, big.size()).value(), big);
  EXPECT_TRUE(client.upstream.requests.at(0).ends_with(big));
}

TEST(HttpClient, ReceivesABodyPieceByPiece) {
  Client client(
      answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  const auto stream = [](HttpPool& pool) -> Task<std::string> {
    HttpCall call(pool);
    CO_TRY(co_await call.send("GET", "/", "", {}, true));
    CO_TRY(co_await call.receive_head());
    std::string all;
    while (!call.complete()) all += CO_TRY(co_await call.receive_some());
    EXPECT_EQ(CO_TRY(co_await call.receive_some()), "") << "the end stays the end";
    co_return all;
  };
  EXPECT_EQ(testing::run(client.loop, stream(client.pool)).value(), "abcde");
  EXPECT_EQ(client.pool.idle(), 1u);
}

TEST(HttpClient, ABodyOverTheLimitIsRefused) {
  const std::string cases[] = {
      reply("eleven byte"),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\nuntil the end",
  };
  for (const std::string& bytes : cases) {
    Client client(closing_after(bytes));
    const auto result = client.ask("ask", 10);
    ASSERT_FALSE(result) << bytes;
    EXPECT_EQ(result.error().code(), Code::limit_result_too_large) << bytes;
    EXPECT_EQ(client.pool.idle(), 0u);
  }
}

}  // namespace
}  // namespace sallyport::net
