// Responses that break off and servers that are not there: what each failure says about how far the request
// came.
#include "unit/net/http_upstream.hpp"

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using testing::Started;

struct Broken {
  std::string bytes;
  Code code;
  Phase phase;
};

TEST(HttpClient, WhatABrokenResponseSays) {
  std::string endless, huge = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 100; ++i) endless += "HTTP/1.1 100 Continue\r\n\r\n";
  huge += "X: " + std::string(100'000, 'x');
  const Broken cases[] = {
      {"", Code::network_connection_failed, Phase::wait},
      {"HTTP/1.1 200", Code::network_connection_failed, Phase::receive},
      {"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nans", Code::network_connection_failed, Phase::receive},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", Code::network_connection_failed,
       Phase::receive},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", Code::network_connection_failed,
       Phase::receive},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", Code::network_protocol_error,
       Phase::decode},
      {"nonsense\r\n\r\n", Code::network_protocol_error, Phase::decode},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", Code::network_protocol_error, Phase::decode},
      {endless, Code::network_protocol_error, Phase::decode},
      {huge, Code::network_protocol_error, Phase::decode},
  };
  for (const Broken& c : cases) {
    Client client(closing_after(c.bytes));
    const auto result = client.ask();
    const std::string_view shown = std::string_view(c.bytes).substr(0, 80);
    ASSERT_FALSE(result) << shown;
    EXPECT_EQ(result.error().code(), c.code) << shown;
    EXPECT_EQ(result.error().phase(), c.phase) << shown;
    EXPECT_EQ(result.error().executed(), Executed::maybe) << shown;
    EXPECT_EQ(client.pool.idle(), 0u);
  }
}

TEST(HttpClient, AnUnreachableServerDidNotRunIt) {
  Client client(answering(""));
  HttpPool pool(client.loop, {.host = "127.0.0.1", .port = 1}, nullptr);
  const auto result = testing::run(client.loop, fetch(pool));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::network_connection_failed);
  EXPECT_EQ(result.error().phase(), Phase::connect);
  EXPECT_EQ(result.error().executed(), Executed::no);
}

// A server that never reads: the request's last byte cannot be handed over.
TEST(HttpClient, ARequestThatWasNotHandedOverDidNotRun) {
  Client client([](Upstream&, Stream& stream) -> Task<void> {
    stream.close();
    co_return ok();
  });
  const std::string big(20'000'000, 'x');
  const auto result = client.ask(big);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::network_connection_failed);
  EXPECT_EQ(result.error().phase(), Phase::send);
  EXPECT_EQ(result.error().executed(), Executed::no);
}

// However far it came, a cancelled call ends, says so, and leaves no connection in the pool that is out of
// step.
TEST(HttpClient, CancelAtAnyMoment) {
  bool finished = false;
  int cancelled = 0;
  for (int at = 0; !finished; ++at) {
    ASSERT_LT(at, 5000);
    Client client(answering("HTTP/1.1 100 Continue\r\n\r\n" + reply(std::string(20'000, 'x'))));
    bool answered = false;
    {
      Started<std::string> running(client.loop, fetch(client.pool, "ask", 100'000));
      int turns = 0;
      while (turns < at && !running.done()) {
        client.loop.context().restart();
        ASSERT_EQ(client.loop.context().run_one_for(testing::patience), 1u);
        ++turns;
      }
      finished = running.done();
      running.cancel();
      const auto result = running.wait();
      answered = result.has_value();
      if (!answered) {
        EXPECT_EQ(result.error().code(), Code::proto_cancelled);
        ++cancelled;
      }
    }
    EXPECT_EQ(client.pool.idle(), answered ? 1u : 0u);
    EXPECT_EQ(client.ask("ask", 100'000).value().size(), 20'000u) << "the pool is in order";
  }
  EXPECT_GT(cancelled, 2);
}

TEST(HttpClient, ACallThatIsDroppedClosesItsConnection) {
  bool closed = false;
  Client client([&closed](Upstream& self, Stream& stream) -> Task<void> {
    (void)co_await self.request(stream);
    closed = CO_TRY(co_await self.request(stream)).empty();
    co_return ok();
  });
  const auto drop = [](HttpPool& pool) -> Task<void> {
    HttpCall call(pool);
    co_return co_await call.send("GET", "/", "", {}, true);
  };
  ASSERT_TRUE(testing::run(client.loop, drop(client.pool)));
  EXPECT_TRUE(testing::run_until(client.loop, [&] { return closed; }));
}

}  // namespace
}  // namespace sallyport::net
