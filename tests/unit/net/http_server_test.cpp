// The HTTP server over connections in memory: requests however they are cut, and their replies.
#include "net/http_server.hpp"

#include "unit/net/http_serving.hpp"

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

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

}  // namespace
}  // namespace sallyport::net
