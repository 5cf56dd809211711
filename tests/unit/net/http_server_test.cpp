// The HTTP server over connections in memory: requests however they are cut, limits, clients that go, drain,
// and every step failing in turn.
#include "net/http_server.hpp"

#include "support/memory_stream.hpp"
#include "support/run_task.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using std::chrono::milliseconds;
using testing::MemoryStream;
using testing::Started;

struct Handler final : HttpHandler {
  std::optional<HttpReply> admit(const RequestHead& head, const Peer&) override {
    if (head.target == "/forbidden") return HttpReply{.status = 403, .body = "no"};
    return std::nullopt;
  }
  HttpReply refuse(const Error& error, const Peer&) override {
    const int status = error.code() == Code::limit_request_too_large ? 413
                       : error.code() == Code::proto_invalid_request ? 400
                                                                     : 500;
    return {.status = status, .body = "refused"};
  }
  Task<void> handle(Exchange& exchange) override {
    requests.push_back(std::string(exchange.head().method) + " " + std::string(exchange.head().target) + " " +
                       std::string(exchange.body()));
    return respond(exchange);
  }

  std::function<Task<void>(Exchange&)> respond = [](Exchange& exchange) -> Task<void> {
    const std::string echo = "[" + std::string(exchange.body()) + "]";
    co_return co_await exchange.reply({.body = echo});
  };
  std::vector<std::string> requests;
};

struct Serving {
  explicit Serving(HttpLimits limits = {}) : server(loop, handler, limits) {}
  ~Serving() { EXPECT_TRUE(testing::run(loop, server.close())); }

  std::unique_ptr<MemoryStream> connect(std::optional<int> fail_at = std::nullopt) {
    auto pair = MemoryStream::make(loop);
    behaviour = pair.first->behaviour();
    behaviour->fail_at = fail_at;
    server.serve(std::move(pair.first), Peer{"127.0.0.1", true});
    loop.poll();
    return std::move(pair.second);
  }
  // Sends, lets the server work, and takes what it said.
  std::string talk(MemoryStream& client, std::string_view bytes) {
    client.put(bytes);
    std::string all;
    for (;;) {
      loop.poll();
      const std::string part = client.take();
      if (part.empty()) return all;
      all += part;
    }
  }
  void pass(milliseconds time) {
    clock.advance(time);
    loop.timers().fire();
    loop.poll();
  }

  ManualClock clock;
  task::Loop loop{clock};
  Handler handler;
  HttpServer server;
  std::shared_ptr<testing::Behaviour> behaviour;
};

struct Response {
  int status = 0;
  bool keep_alive = false;
  std::string body;
};

// The responses in `text`, whole ones only; none may have a body that its head does not account for.
std::vector<Response> responses(std::string_view text, bool to_head = false) {
  std::vector<Response> all;
  while (!text.empty()) {
    const std::size_t end = find_head_end(text);
    ResponseHead head;
    if (end == std::string_view::npos || !parse_response_head(text.substr(0, end), {}, head)) {
      ADD_FAILURE() << "not a response: " << text;
      break;
    }
    text.remove_prefix(end);
    Response& response = all.emplace_back(head.status, head.keep_alive);
    if (to_head) continue;
    if (head.framing == Framing::chunked) {
      ChunkedDecoder decoder;
      text.remove_prefix(decoder.feed(text, response.body, 1'000'000));
    } else {
      response.body = text.substr(0, head.content_length);
      text.remove_prefix(std::min<std::size_t>(text.size(), head.content_length));
    }
  }
  return all;
}

std::string get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
std::string post(std::string_view body, std::string_view fields = "") {
  return "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}
constexpr std::string_view chunked_post =
    "POST /mcp HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";

TEST(HttpServer, AnswersOneRequestAfterAnother) {
  Serving serving;
  const auto client = serving.connect();
  EXPECT_EQ(serving.talk(*client, post("one")),
            "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 23:13:20 GMT\r\nContent-Type: application/json\r\n"
            "Content-Length: 5\r\n\r\n[one]");
  const auto second = responses(serving.talk(*client, post("two")));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].body, "[two]");
  EXPECT_FALSE(client->ended());
}

TEST(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
  Serving serving;
  const auto client = serving.connect();
  const auto all =
      responses(serving.talk(*client, post("one") + std::string(chunked_post) + get("/") + post("four")));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].body, "[one]");
  EXPECT_EQ(all[1].body, "[abcde]");
  EXPECT_EQ(all[2].body, "[]");
  EXPECT_EQ(all[3].body, "[four]");
}

TEST(HttpServer, AnswersTheSameWhereverARequestIsCut) {
  const std::string text = post("first") + std::string(chunked_post) + post("last");
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Serving serving;
    const auto client = serving.connect();
    std::string said = serving.talk(*client, text.substr(0, cut));
    said += serving.talk(*client, text.substr(cut));
    const auto all = responses(said);
    ASSERT_EQ(all.size(), 3u) << cut;
    EXPECT_EQ(all[0].body + all[1].body + all[2].body, "[first][abcde][last]") << cut;
  }
}

TEST(HttpServer, ReadsAndWritesByteByByte) {
  Serving serving;
  const auto client = serving.connect();
  serving.behaviour->read_size = serving.behaviour->write_size = serving.behaviour->capacity = 1;
  const auto all = responses(serving.talk(*client, post("first") + std::string(chunked_post)));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].body + all[1].body, "[first][abcde]");
}

TEST(HttpServer, TakesABodyOfManyReads) {
  Serving serving;
  const auto client = serving.connect();
  const std::string big(1'000'000, 'x');
  const auto all = responses(serving.talk(*client, post(big) + post("next")));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].body, "[" + big + "]");
  EXPECT_EQ(all[1].body, "[next]");
}

TEST(HttpServer, ABodyOfManyPiecesIsWrittenWhole) {
  Serving serving;
  std::vector<std::string_view> pieces(100, "ab");
  pieces[50] = "";
  serving.handler.respond = [&](Exchange& exchange) -> Task<void> {
    co_return co_await exchange.reply(200, pieces);
  };
  const auto client = serving.connect();
  EXPECT_EQ(responses(serving.talk(*client, get("/")))[0].body.size(), 198u);
}

TEST(HttpServer, SaysContinueToAClientThatWaitsForIt) {
  Serving serving;
  const auto client = serving.connect();
  const std::string text = post("body", "Expect: 100-continue\r\n");
  EXPECT_EQ(serving.talk(*client, text.substr(0, text.size() - 4)), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(responses(serving.talk(*client, "body"))[0].body, "[body]");
  EXPECT_EQ(responses(serving.talk(*client, text)).size(), 1u) << "the body is here already";
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  Serving serving;
  const auto client = serving.connect();
  const std::string said = serving.talk(*client, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(said.ends_with("Content-Length: 2\r\n\r\n")) << said;
  EXPECT_EQ(responses(serving.talk(*client, get("/")))[0].body, "[]");
}

TEST(HttpServer, ClosesAfterAnHttp10Request) {
  Serving serving;
  for (const std::string_view target : {"/", "/forbidden"}) {
    const auto client = serving.connect();
    const auto all = responses(serving.talk(*client, "GET " + std::string(target) + " HTTP/1.0\r\n\r\n"));
    ASSERT_EQ(all.size(), 1u);
    EXPECT_FALSE(all[0].keep_alive);
    EXPECT_TRUE(client->ended()) << target;
  }
}

TEST(HttpServer, KeepsAnHttp10ConnectionThatAsksForIt) {
  Serving serving;
  const auto client = serving.connect();
  const std::string request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  EXPECT_NE(serving.talk(*client, request).find("\r\nConnection: keep-alive\r\n"), std::string::npos);
  EXPECT_FALSE(client->ended());
  EXPECT_EQ(responses(serving.talk(*client, request)).size(), 1u);
}

TEST(HttpServer, RefusesWhatIsNotHttpAndCloses) {
  for (const std::string_view bad :
       {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n"}) {
    Serving serving;
    const auto client = serving.connect();
    (void)serving.talk(*client, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    // What the refusal looks like does not depend on the request before.
    const auto all = responses(serving.talk(*client, std::string(bad)));
    ASSERT_EQ(all.size(), 1u) << bad;
    EXPECT_EQ(all[0].status, 400);
    EXPECT_EQ(all[0].body, "refused");
    EXPECT_FALSE(all[0].keep_alive);
    EXPECT_TRUE(client->ended());
    EXPECT_EQ(serving.handler.requests.size(), 1u);
  }
}

TEST(HttpServer, RefusesALongMalformedHeadBehindAShortGoodOne) {
  Serving serving;
  const auto client = serving.connect();
  const std::string bad = get("/", "X-A: " + std::string(8000, 'x') + "\r\nBroken\r\n");
  const auto all = responses(serving.talk(*client, get("/") + bad));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].status, 400);
}

TEST(HttpServer, RefusesAHeadThatIsTooLarge) {
  for (const std::size_t size : {std::size_t{1025}, std::size_t{100'000}}) {
    Serving serving({.head = {.bytes = 1024}});
    const auto client = serving.connect();
    const auto all = responses(serving.talk(*client, get("/", "X: " + std::string(size, 'x') + "\r\n")));
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].status, 431) << size;
    EXPECT_TRUE(client->ended());
  }
}

// The reply must not be lost in a reset: the server reads on for a while behind its last word.
TEST(HttpServer, RefusesABodyThatIsTooLargeAndLingers) {
  const std::string chunked =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + std::string(1024, 'x');
  for (const std::string& text : {post(std::string(1001, 'x')).substr(0, 500), chunked}) {
    Serving serving({.body = 1000});
    const auto client = serving.connect();
    const auto all = responses(serving.talk(*client, text));
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0].status, 413);
    EXPECT_FALSE(all[0].keep_alive);
    EXPECT_EQ(serving.server.connections(), 1u) << "it lingers";
    EXPECT_EQ(serving.talk(*client, std::string(20 << 20, 'x')), "");
    EXPECT_EQ(serving.server.connections(), 1u) << "whatever he still writes";
    client->close();
    serving.loop.poll();
    EXPECT_EQ(serving.server.connections(), 0u);
    EXPECT_TRUE(serving.handler.requests.empty());
  }
}

TEST(HttpServer, LingersForABoundedTimeAndForBoundedBytes) {
  Serving serving({.body = 10});
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000000\r\n\r\n";
  const auto silent = serving.connect();
  (void)serving.talk(*silent, head);
  const auto talkative = serving.connect();
  (void)serving.talk(*talkative, head);
  EXPECT_EQ(serving.server.connections(), 2u);
  for (int i = 0; i < 63; ++i) (void)serving.talk(*talkative, std::string(1 << 20, 'x'));
  EXPECT_EQ(serving.server.connections(), 2u);
  (void)serving.talk(*talkative, std::string(1 << 20, 'x'));
  EXPECT_EQ(serving.server.connections(), 1u);
  serving.pass(milliseconds(2000));
  EXPECT_EQ(serving.server.connections(), 0u);
}

TEST(HttpServer, WhoWritesBehindARefusalByDripsIsCutAllTheSame) {
  Serving serving({.body = 10});
  const auto client = serving.connect();
  (void)serving.talk(*client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000000\r\n\r\n");
  for (int second = 1; second < 5; ++second) {
    serving.pass(milliseconds(1000));
    (void)serving.talk(*client, "x");
    EXPECT_EQ(serving.server.connections(), 1u) << second;
  }
  serving.pass(milliseconds(1000));
  EXPECT_EQ(serving.server.connections(), 0u);
}

TEST(HttpServer, WhoIsRefusedHoldsNoMemoryWhileHeGoes) {
  Budget buffered(10'000);
  Serving serving({.body = 1000, .buffered = &buffered});
  const auto client = serving.connect();
  (void)serving.talk(*client, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n" +
                                  std::string(2048, 'x'));
  EXPECT_EQ(serving.server.connections(), 1u) << "it lingers";
  EXPECT_EQ(buffered.used(), 0u);
  serving.server.drain();
  serving.server.close_idle(Idle::without_request);
  serving.loop.poll();
  EXPECT_EQ(serving.server.connections(), 0u) << "nobody waits for him at the end";
}

TEST(HttpServer, GoesOnAfterARefusalWhoseBodyIsHere) {
  Serving serving;
  const auto client = serving.connect();
  const std::string forbidden = "POST /forbidden HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
  const auto all = responses(serving.talk(*client, forbidden + "body" + get("/")));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].status, 403);
  EXPECT_TRUE(all[0].keep_alive);
  const auto unread = responses(serving.talk(*client, forbidden));
  EXPECT_FALSE(unread.at(0).keep_alive);
  EXPECT_TRUE(client->ended());
}

TEST(HttpServer, AHandlersErrorIsAnsweredAndTheConnectionClosed) {
  Serving serving;
  serving.handler.respond = [](Exchange&) -> Task<void> {
    throw std::runtime_error("a library");
    co_return ok();
  };
  const auto client = serving.connect();
  const auto all = responses(serving.talk(*client, post("x") + post("y")));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].status, 500);
  EXPECT_TRUE(client->ended());
}

TEST(HttpServer, AHandlerThatDoesNotReplyClosesTheConnection) {
  Serving serving;
  serving.handler.respond = [](Exchange&) -> Task<void> { co_return ok(); };
  const auto client = serving.connect();
  EXPECT_EQ(serving.talk(*client, post("x")), "");
  EXPECT_TRUE(client->ended());
}

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

// Handlers that wait until the test lets them go on.
struct Waiting : Serving {
  explicit Waiting(HttpLimits limits = {}) : Serving(limits) {
    handler.respond = [this](Exchange& exchange) -> Task<void> {
      exchange.on_gone([this] { ++gone; });
      const Result<void> waited = co_await go_on.wait();
      if (!waited) {
        ++cancelled;
        co_return Failure(waited.error());
      }
      co_return co_await exchange.reply({.body = "late"});
    };
  }
  task::Event go_on{loop};
  int gone = 0;
  int cancelled = 0;
};

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
