// The benchmark's own instruments: a load generator that accepts a wrong answer or miscounts a percentile
// measures nothing.

#include "answer_check.hpp"
#include "histogram.hpp"
#include "http_reader.hpp"
#include "json_view.hpp"
#include "requests.hpp"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace sallyport::bench {
namespace {

TEST(Histogram, percentiles_are_within_a_128th) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100'000; ++value) histogram.add(value * 10);
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = share * 1e6;
    EXPECT_NEAR(static_cast<double>(histogram.percentile(share)), exact, exact / 128) << share;
  }
  EXPECT_EQ(histogram.percentile(1), 1'000'000U);
  EXPECT_EQ(histogram.max(), 1'000'000U);
  EXPECT_EQ(histogram.count(), 100'000U);
}

TEST(Histogram, takes_every_value) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(0.5), 0U);
  histogram.add(0);
  EXPECT_EQ(histogram.percentile(0.5), 0U);
  histogram.add(~std::uint64_t{0});
  EXPECT_EQ(histogram.percentile(1), ~std::uint64_t{0});
}

TEST(JsonView, finds_members_behind_strings_and_nesting) {
  const std::string text = R"( {"a" : {"id":1,"s":"}\"\\"}, "b":[1,{"x":[]},"]"],"id" : "7","n":null})";
  const auto object = std::string_view(text).substr(1);
  EXPECT_EQ(member(object, "a"), R"({"id":1,"s":"}\"\\"})");
  EXPECT_EQ(member(object, "id"), R"("7")");
  EXPECT_EQ(member(object, "n"), "null");
  EXPECT_EQ(member(object, "x"), "");
  EXPECT_EQ(count_elements(member(object, "b")), 3U);
  EXPECT_EQ(count_elements("[]"), 0U);
}

TEST(JsonView, survives_every_truncation) {
  const std::string text = R"({"a":{"b":["c\"",{"d":1.5e3}]},"e":"\\"})";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const std::string cut = text.substr(0, size);
    EXPECT_EQ(member(cut, "never"), "");
    EXPECT_LE(count_elements(cut), 3U);
  }
}

std::string call_answer(const std::string& id, const std::string& text, const std::string& more = "") {
  return R"({"jsonrpc":"2.0","result":{"content":[{"type":"text","text":")" + text + R"("}])" + more +
         R"(},"id":)" + id + "}";
}

TEST(AnswerCheck, refuses_every_kind_of_wrong_call) {
  const std::string text = result_text(256);
  const std::string good = call_answer("5", text);
  const std::string wrong[] = {
      "",
      "{}",
      "[]",
      call_answer("6", text),
      call_answer(R"("5")", text),
      call_answer("5", text.substr(1)),
      call_answer("5", std::string(256, 'x')),
      call_answer("5", text, R"(,"isError":true)"),
      R"({"jsonrpc":"2.0","id":5,"result":{"content":[]}})",
      R"({"jsonrpc":"2.0","id":5,"error":{"code":-32603,"message":"no"}})",
      good.substr(0, good.size() / 2),
  };
  for (const auto& body : wrong) {
    AnswerCheck fresh({.text = result_text(256)});
    EXPECT_NE(fresh.check(body, "5"), "") << body;
    AnswerCheck warm({.text = result_text(256)});
    EXPECT_EQ(warm.check(good, "5"), "");
    EXPECT_NE(warm.check(body, "5"), "") << body;
  }
}

TEST(AnswerCheck, takes_right_answers_of_any_shape) {
  const std::string text = result_text(256);
  AnswerCheck check({.text = result_text(256)});
  EXPECT_EQ(check.check(call_answer("5", text), "5"), "");
  EXPECT_EQ(check.check(call_answer("1234567", text), "1234567"), "");
  EXPECT_EQ(check.check(call_answer("6", text, R"(,"isError":false)"), "6"), "");
  EXPECT_NE(check.check(call_answer("6", text, R"(,"isError":false)"), "7"), "");
}

TEST(AnswerCheck, counts_the_tools_of_a_list) {
  AnswerCheck check({.tools = 2});
  EXPECT_EQ(check.check(R"({"id":1,"result":{"tools":[{"name":"a"},{"name":"b"}]}})", "1"), "");
  EXPECT_NE(check.check(R"({"id":2,"result":{"tools":[{"name":"a"}]}})", "2"), "");
}

TEST(HttpReader, any_split_gives_the_same_messages) {
  const std::string one = "HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\nMcp-Session-Id: s1\r\n\r\nhello";
  const std::string two = "HTTP/1.1 202 OK\r\nContent-Length: 0\r\n\r\n";
  const std::string both = one + two;
  for (std::size_t split = 0; split <= both.size(); ++split) {
    HttpReader reader;
    const auto feed = [&](std::string_view part) {
      std::ranges::copy(part, reader.room().begin());
      reader.filled(part.size());
    };
    feed(std::string_view(both).substr(0, split));
    EXPECT_EQ(reader.complete(), split >= one.size());
    feed(std::string_view(both).substr(split));
    ASSERT_TRUE(reader.complete());
    EXPECT_EQ(reader.body(), "hello");
    EXPECT_EQ(reader.header("mcp-session-id"), "s1");
    EXPECT_EQ(reader.header("session-id"), "");
    reader.next();
    ASSERT_TRUE(reader.complete());
    EXPECT_EQ(reader.start_line(), "HTTP/1.1 202 OK");
    EXPECT_EQ(reader.body(), "");
    reader.next();
    EXPECT_FALSE(reader.complete());
  }
}

TEST(HttpReader, chunked_is_broken) {
  HttpReader reader;
  const std::string_view head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::ranges::copy(head, reader.room().begin());
  reader.filled(head.size());
  reader.complete();
  EXPECT_TRUE(reader.broken());
}

TEST(RequestTemplate, length_and_id_are_right_for_every_id) {
  for (const Era era : {Era::modern, Era::legacy}) {
    auto request = measured_request(
        {.port = 1, .path = "/mcp", .era = era, .method = "tools/call", .tool = "echo"}, "s");
    for (const std::uint64_t id : {RequestTemplate::first_id, RequestTemplate::first_id + 41}) {
      const std::string_view bytes = request.with_id(id);
      HttpReader reader;
      std::ranges::copy(bytes, reader.room().begin());
      reader.filled(bytes.size());
      ASSERT_TRUE(reader.complete());
      EXPECT_EQ(member(reader.body(), "id"), std::to_string(id));
      EXPECT_EQ(request.id(), std::to_string(id));
      EXPECT_EQ(reader.body().back(), '}');
      EXPECT_EQ(member(member(reader.body(), "params"), "name"), R"("echo")");
    }
  }
}

}  // namespace
}  // namespace sallyport::bench
