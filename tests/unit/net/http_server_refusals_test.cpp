// Whom the HTTP server refuses by the head or for the size of his body, and how long it listens to him yet.
#include "unit/net/http_serving.hpp"

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using std::chrono::milliseconds;

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

}  // namespace
}  // namespace sallyport::net
