// Heads of requests, good and bad: what two parsers could read differently is refused.
#include "net/http_head.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using namespace std::string_view_literals;

Result<void> parse(std::string_view text, RequestHead& head, HeadLimits limits = {}) {
  return parse_request_head(text, limits, head);
}

std::string request(std::string_view fields, std::string_view line = "POST /mcp HTTP/1.1") {
  return std::string(line) + "\r\nHost: here\r\n" + std::string(fields) + "\r\n";
}

TEST(RequestHead, IsParsed) {
  const std::string text =
      "POST /mcp/files?x=1 HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type:application/json\r\nX-Empty:\r\n"
      "Mcp-Session-Id:  \t abc \t\r\nContent-Length: 12\r\n\r\n";
  RequestHead head;
  ASSERT_TRUE(parse(text, head));
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/mcp/files?x=1");
  EXPECT_FALSE(head.http_1_0);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expects_continue);
  EXPECT_EQ(head.framing, Framing::length);
  EXPECT_EQ(head.content_length, 12u);
  EXPECT_EQ(head.fields.find("HOST"), "localhost:8080");
  EXPECT_EQ(head.fields.find("mcp-session-id"), "abc");
  EXPECT_EQ(head.fields.find("x-empty"), "");
  EXPECT_EQ(head.fields.find("absent"), std::nullopt);
  EXPECT_EQ(head.fields.size(), 5u);
}

TEST(RequestHead, NothingOfTheLastOneStays) {
  RequestHead head;
  const std::string first = request("Content-Length: 5\r\nConnection: close\r\nExpect: 100-continue\r\n");
  ASSERT_TRUE(parse(first, head));
  const std::string second = request("", "GET / HTTP/1.1");
  ASSERT_TRUE(parse(second, head));
  EXPECT_EQ(head.framing, Framing::none);
  EXPECT_EQ(head.content_length, 0u);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expects_continue);
  EXPECT_EQ(head.fields.size(), 1u);
}

struct Taken {
  std::string text;
  Framing framing = Framing::none;
  std::uint64_t length = 0;
  bool keep_alive = true;
};

TEST(RequestHead, WhatItSaysOfTheBodyAndTheConnection) {
  const std::vector<Taken> cases = {
      {request(""), Framing::none},
      {request("Content-Length: 0\r\n"), Framing::none},
      {request("Content-Length: 007\r\n"), Framing::length, 7},
      {request("Content-Length:\t 5 \r\n"), Framing::length, 5},
      {request("Content-Length: 18446744073709551615\r\n"), Framing::length, 18446744073709551615u},
      {request("Transfer-Encoding: chunked\r\n"), Framing::chunked},
      {request("transfer-encoding:CHUNKED\r\n"), Framing::chunked},
      {request("Connection: close\r\n"), Framing::none, 0, false},
      {request("Connection: foo, Close\r\n"), Framing::none, 0, false},
      {request("Connection: keep-alive\r\nConnection: close\r\n"), Framing::none, 0, false},
      {request("Connection: closed\r\n"), Framing::none, 0, true},
      {"GET / HTTP/1.0\r\n\r\n", Framing::none, 0, false},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", Framing::none, 0, true},
      {"GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", Framing::none, 0, false},
  };
  for (const Taken& c : cases) {
    RequestHead head;
    ASSERT_TRUE(parse(c.text, head)) << c.text;
    EXPECT_EQ(head.framing, c.framing) << c.text;
    EXPECT_EQ(head.content_length, c.length) << c.text;
    EXPECT_EQ(head.keep_alive, c.keep_alive) << c.text;
  }
}

TEST(RequestHead, ExpectsContinueInHttp11Only) {
  RequestHead head;
  ASSERT_TRUE(parse(request("Expect: 100-Continue\r\nContent-Length: 1\r\n"), head));
  EXPECT_TRUE(head.expects_continue);
  ASSERT_TRUE(parse(request("Expect: 100-continue\r\nContent-Length: 1\r\n", "POST / HTTP/1.0"), head));
  EXPECT_FALSE(head.expects_continue);
}

struct Target {
  std::string_view method, target, host, expected;
};

TEST(RequestHead, TargetsInOriginAndAbsoluteForm) {
  const Target cases[] = {
      {"GET", "/", "here", "/"},
      {"GET", "/a%20b?c=/d", "here", "/a%20b?c=/d"},
      {"OPTIONS", "*", "here", "*"},
      {"GET", "http://here/a?b", "here", "/a?b"},
      {"GET", "HTTP://HERE:80/a", "here:80", "/a"},
      {"GET", "https://here/", "here", "/"},
      {"GET", "http://there/a", "here", ""},
      {"GET", "http://here:81/a", "here", ""},
      {"GET", "http://user@here/a", "here", ""},
      {"GET", "http://here", "here", ""},
      {"GET", "http://here?a/", "here", ""},
      {"GET", "ftp://here/a", "here", ""},
      {"GET", "*", "here", ""},
      {"GET", "here/a", "here", ""},
      {"CONNECT", "here:443", "here", ""},
  };
  for (const Target& c : cases) {
    RequestHead head;
    const std::string text = std::string(c.method) + " " + std::string(c.target) +
                             " HTTP/1.1\r\nHost: " + std::string(c.host) + "\r\n\r\n";
    EXPECT_EQ(parse(text, head).has_value(), !c.expected.empty()) << c.target;
    if (!c.expected.empty()) EXPECT_EQ(head.target, c.expected);
  }
}

struct Bad {
  std::string_view what;
  std::string text;
};

std::vector<Bad> bad_requests() {
  std::vector<Bad> all = {
      {"no Host in 1.1", "GET / HTTP/1.1\r\n\r\n"},
      {"absolute form without Host in 1.0", "GET http://a/ HTTP/1.0\r\n\r\n"},
      {"nothing", "\r\n\r\n"},
      {"an empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"HTTP/0.9", "GET /\r\n\r\n"},
      {"HTTP/2.0", request("", "GET / HTTP/2.0")},
      {"HTTP/1.2", request("", "GET / HTTP/1.2")},
      {"lower case", request("", "GET / http/1.1")},
      {"two spaces", request("", "GET  / HTTP/1.1")},
      {"a tab", request("", "GET\t/ HTTP/1.1")},
      {"space at the end", request("", "GET / HTTP/1.1 ")},
      {"no target", request("", "GET HTTP/1.1")},
      {"a space in the target", request("", "GET /a b HTTP/1.1")},
      {"a control character in the target", request("", "GET /a\x01 HTTP/1.1")},
      {"a method that is no token", request("", "GE(T / HTTP/1.1")},
      {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"sv)},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\n"},
      {"length and chunked", request("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
      {"chunked and length", request("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
      {"two equal lengths", request("Content-Length: 5\r\nContent-Length: 5\r\n")},
      {"two lengths", request("Content-Length: 5\r\nContent-Length: 6\r\n")},
      {"a signed length", request("Content-Length: +5\r\n")},
      {"a negative length", request("Content-Length: -5\r\n")},
      {"a list of lengths", request("Content-Length: 5,5\r\n")},
      {"a list of lengths", request("Content-Length: 5, 5\r\n")},
      {"two numbers", request("Content-Length: 5 5\r\n")},
      {"hexadecimal", request("Content-Length: 0x5\r\n")},
      {"no number", request("Content-Length: five\r\n")},
      {"an empty length", request("Content-Length: \r\n")},
      {"an overflow", request("Content-Length: 18446744073709551616\r\n")},
      {"a fraction", request("Content-Length: 5.0\r\n")},
      {"chunked, identity", request("Transfer-Encoding: chunked, identity\r\n")},
      {"identity, chunked", request("Transfer-Encoding: identity, chunked\r\n")},
      {"gzip, chunked", request("Transfer-Encoding: gzip, chunked\r\n")},
      {"identity", request("Transfer-Encoding: identity\r\n")},
      {"xchunked", request("Transfer-Encoding: xchunked\r\n")},
      {"chunked twice in one", request("Transfer-Encoding: chunked, chunked\r\n")},
      {"chunked twice", request("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
      {"chunked with a parameter", request("Transfer-Encoding: chunked;q=1\r\n")},
      {"quoted chunked", request("Transfer-Encoding: \"chunked\"\r\n")},
      {"an empty encoding", request("Transfer-Encoding: \r\n")},
      {"a vertical tab", request("Transfer-Encoding: \x0b"
                                 "chunked\r\n")},
      {"chunked in 1.0", request("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0")},
      {"a folded line", request("X-A: b\r\n c\r\n")},
      {"a line folded with a tab", request("X-A: b\r\n\tc\r\n")},
      {"a folded encoding", request("Transfer-Encoding:\r\n chunked\r\n")},
      {"a space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {"a bare LF", request("X-A: b\nX-C: d\r\n")},
      {"a bare LF after the first line", "GET / HTTP/1.1\nHost: a\r\n\r\n"},
      {"bare LFs only", "GET / HTTP/1.1\nHost: a\n\n"},
      {"a bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\n"},
      {"a bare CR", request("X-A: b\rX-C: d\r\n")},
      {"a bare CR at the end of a value", request("X-A: b\r\r\n")},
      {"a NUL in a value", request("X-A: b\0c\r\n"sv)},
      {"a NUL in a name", request("X\0A: b\r\n"sv)},
      {"a space before the colon", request("X-A : b\r\n")},
      {"a tab before the colon", request("X-A\t: b\r\n")},
      {"a space before the colon of a length", request("Content-Length : 5\r\n")},
      {"no colon", request("X-A\r\n")},
      {"no name", request(": b\r\n")},
      {"a name that is no token", request("X(A): b\r\n")},
      {"a control character in a value", request("X-A: b\x01\r\n")},
      {"DEL in a value", request("X-A: b\x7f\r\n")},
  };
  for (const std::string_view name :
       {"Host", "Origin", "Authorization", "Content-Type", "Mcp-Session-Id", "MCP-Protocol-Version",
        "Mcp-Method", "Mcp-Name", "Mcp-Param-Anything"}) {
    std::string upper(name);
    std::ranges::transform(upper, upper.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    all.push_back({name, request(std::string(name) + ": a\r\nX: y\r\n" + upper + ": a\r\n")});
  }
  return all;
}

TEST(RequestHead, WhatIsRefused) {
  for (const auto& [what, text] : bad_requests()) {
    RequestHead head;
    const auto result = parse(text, head);
    ASSERT_FALSE(result) << what;
    EXPECT_EQ(result.error().code(), Code::proto_invalid_request) << what;
    EXPECT_EQ(result.error().executed(), Executed::no) << what;
    EXPECT_NE(result.error().slot(Slot::constraint), nullptr) << what;
  }
}

TEST(RequestHead, OtherFieldsMayStandTwice) {
  RequestHead head;
  const std::string text =
      request("Accept: application/json\r\nAccept: text/event-stream\r\nX-Mcp: 1\r\nX-Mcp: 2\r\n");
  ASSERT_TRUE(parse(text, head));
  EXPECT_EQ(head.fields.count("accept"), 2u);
  EXPECT_EQ(head.fields.find("x-mcp"), "1");
}

TEST(HeaderFields, AreFoundHoweverManyThereAre) {
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) names.push_back("X-" + std::to_string(i));
  HeaderFields fields;
  for (const std::string& name : names) fields.add(name, name);
  fields.add("host", "first");
  fields.add("HOST", "second");
  EXPECT_EQ(fields.find("Host"), "first");
  EXPECT_EQ(fields.find("x-0"), "X-0");
  EXPECT_EQ(fields.find("x-254"), "X-254");
  EXPECT_EQ(fields.find("x-999"), "X-999");
  EXPECT_EQ(fields.find("x-1000"), std::nullopt);
  for (const HeaderField& field : fields)
    EXPECT_EQ(fields.repeats(field), field.value == "second") << field.name;
  fields.clear();
  EXPECT_EQ(fields.find("Host"), std::nullopt);
}

TEST(RequestHead, HasLimits) {
  const auto with_fields = [](int count) {
    std::string fields;
    for (int i = 0; i < count; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
    return request(fields);
  };
  RequestHead head;
  EXPECT_TRUE(parse(with_fields(9), head, {.fields = 10}));
  EXPECT_FALSE(parse(with_fields(10), head, {.fields = 10}));
  const std::string big = request("X-A: " + std::string(1000, 'x') + "\r\n");
  EXPECT_TRUE(parse(big, head, {.bytes = big.size()}));
  EXPECT_FALSE(parse(big, head, {.bytes = 900}));
}

TEST(FindHeadEnd, IsTheSameWhateverTheSplit) {
  const std::pair<std::string_view, std::size_t> cases[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\nrest\r\n\r\n", 27},
      {"a\n\nrest", 3},
      {"a\n\r\nrest", 4},
      {"a\r\n\nrest", 4},
      {"\r\n\r\n", 4},
      {"a\r\rb", std::string_view::npos},
      {"a\r\nb\r\n\r", std::string_view::npos},
      {"", std::string_view::npos}};
  for (const auto& [text, end] : cases) {
    EXPECT_EQ(find_head_end(text), end) << text;
    for (std::size_t split = 0; split < text.size(); ++split) {
      if (find_head_end(text.substr(0, split)) != std::string_view::npos) break;
      EXPECT_EQ(find_head_end(text, split), end) << text << " split at " << split;
    }
  }
}

}  // namespace
}  // namespace sallyport::net
