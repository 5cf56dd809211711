// The HTTP client against scripted servers on loopback sockets: its pool, every way in which a response can
// be framed or break off, and what each failure says about how far the request came.
#include "net/http_client.hpp"

#include "net/listener.hpp"
#include "support/run_task.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using std::chrono::milliseconds;
using testing::Started;

// A server whose connections each follow the same script.
class Upstream {
 public:
  using Script = std::function<Task<void>(Upstream&, Stream&)>;

  explicit Upstream(task::Loop& loop, Script script) : loop_(loop), script_(std::move(script)), group_(loop) {
    auto listener = Listener::open(loop, "127.0.0.1", 0, [this](std::unique_ptr<Stream> stream, Peer) {
      ++connections;
      group_.spawn(run(std::move(stream)));
    });
    EXPECT_TRUE(listener);
    listener_ = std::move(*listener);
  }
  ~Upstream() {
    listener_->close();
    group_.cancel(task::CancelReason::shutdown);
    EXPECT_TRUE(testing::run_until(loop_, [this] { return group_.size() == 0; }));
  }

  Endpoint endpoint() const { return {.host = "127.0.0.1", .port = listener_->port()}; }

  // One request with its body; empty once the client has closed.
  Task<std::string> request(Stream& stream) {
    std::string buffer(100'000, '\0');
    for (;;) {
      const std::size_t end = find_head_end(pending_);
      RequestHead head;
      if (end != std::string::npos && parse_request_head(pending_.substr(0, end), {}, head)) {
        const std::size_t size = end + head.content_length;
        if (pending_.size() >= size) {
          requests.push_back(pending_.substr(0, size));
          pending_.erase(0, size);
          co_return requests.back();
        }
      }
      const std::size_t n = CO_TRY(co_await read_some(stream, buffer));
      if (n == 0) co_return std::string();
      pending_.append(buffer, 0, n);
    }
  }

  // Lets everybody else do what they can.
  Task<void> turn() {
    task::Event passed(loop_);
    loop_.post([&passed] { passed.set(); });
    co_return co_await passed.wait();
  }

  std::vector<std::string> requests;
  int connections = 0;

 private:
  Task<void> run(std::unique_ptr<Stream> stream) {
    pending_.clear();
    co_return co_await script_(*this, *stream);
  }

  task::Loop& loop_;
  Script script_;
  std::string pending_;
  task::Group group_;
  std::unique_ptr<Listener> listener_;
};

// Answers every request with the same bytes.
Upstream::Script answering(std::string bytes) {
  return [bytes](Upstream& self, Stream& stream) -> Task<void> {
    while (!CO_TRY(co_await self.request(stream)).empty()) CO_TRY(co_await write_all(stream, bytes));
    co_return ok();
  };
}

// Answers one request and closes.
Upstream::Script closing_after(std::string bytes) {
  return [bytes](Upstream& self, Stream& stream) -> Task<void> {
    (void)co_await self.request(stream);
    co_return co_await write_all(stream, bytes);
  };
}

std::string reply(std::string_view body, std::string_view fields = "") {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

Task<std::string> fetch(HttpPool& pool, std::string_view body = "ask", std::uint64_t limit = 1000,
                        bool repeatable = true) {
  HttpCall call(pool);
  const std::string_view pieces[] = {body.substr(0, 1), body.substr(1)};
  CO_TRY(co_await call.send("POST", "/mcp?x", "X-Test: 1\r\n", pieces, repeatable));
  CO_TRY(co_await call.receive_head());
  co_return co_await call.receive_body(limit);
}

struct Client {
  explicit Client(Upstream::Script script, PoolLimits limits = {})
      : upstream(loop, std::move(script)), pool(loop, upstream.endpoint(), nullptr, limits) {}

  Result<std::string> ask(std::string_view body = "ask", std::uint64_t limit = 1000, bool repeatable = true) {
    return testing::run(loop, fetch(pool, body, limit, repeatable));
  }

  ManualClock clock;
  task::Loop loop{clock};
  Upstream upstream;
  HttpPool pool;
};

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
