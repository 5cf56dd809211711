// Heads of responses, good and bad.
#include "net/http_head.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::net {
namespace {

using namespace std::string_view_literals;

std::string response(std::string_view fields, std::string_view line = "HTTP/1.1 200 OK") {
  return std::string(line) + "\r\n" + std::string(fields) + "\r\n";
}

struct Answer {
  std::string text;
  int status = 200;
  Framing framing = Framing::none;
  std::uint64_t length = 0;
  bool keep_alive = true;
};

TEST(ResponseHead, IsParsed) {
  const std::vector<Answer> cases = {
      {response("Content-Length: 5\r\n"), 200, Framing::length, 5, true},
      {response("Content-Length: 0\r\n"), 200, Framing::none, 0, true},
      {response("Transfer-Encoding: chunked\r\n"), 200, Framing::chunked, 0, true},
      {response(""), 200, Framing::until_close, 0, false},
      {response("Connection: keep-alive\r\n"), 200, Framing::until_close, 0, false},
      {response("Content-Length: 5\r\nConnection: close\r\n"), 200, Framing::length, 5, false},
      {response("Content-Length: 5\r\n", "HTTP/1.0 200 OK"), 200, Framing::length, 5, false},
      {response("Content-Length: 5\r\nConnection: keep-alive\r\n", "HTTP/1.0 200 OK"), 200, Framing::length,
       5, true},
      {response("", "HTTP/1.1 204 No Content"), 204, Framing::none, 0, true},
      {response("Content-Length: 5\r\n", "HTTP/1.1 304 Not Modified"), 304, Framing::none, 5, true},
      {response("", "HTTP/1.1 100 Continue"), 100, Framing::none, 0, true},
      {response("Content-Length: 2\r\n", "HTTP/1.1 599 "), 599, Framing::length, 2, true},
      {response("Set-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n"), 200, Framing::length, 2, true},
  };
  for (const Answer& c : cases) {
    ResponseHead head;
    ASSERT_TRUE(parse_response_head(c.text, {}, head)) << c.text;
    EXPECT_EQ(head.status, c.status) << c.text;
    EXPECT_EQ(head.framing, c.framing) << c.text;
    EXPECT_EQ(head.content_length, c.length) << c.text;
    EXPECT_EQ(head.keep_alive, c.keep_alive) << c.text;
  }
}

TEST(ResponseHead, WhatIsRefused) {
  const std::vector<std::pair<std::string_view, std::string>> cases = {
      {"nothing", "\r\n\r\n"},
      {"not HTTP", "SSH-2.0-OpenSSH\r\n\r\n"},
      {"HTTP/2", response("", "HTTP/2 200 OK")},
      {"no status", response("", "HTTP/1.1 OK")},
      {"two digits", response("", "HTTP/1.1 20 OK")},
      {"below 100", response("", "HTTP/1.1 004 OK")},
      {"four digits", response("", "HTTP/1.1 2000 OK")},
      {"switching protocols", response("Upgrade: x\r\n", "HTTP/1.1 101 Switching Protocols")},
      {"length and chunked", response("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
      {"two lengths", response("Content-Length: 5\r\nContent-Length: 5\r\n")},
      {"a list of lengths", response("Content-Length: 5, 5\r\n")},
      {"gzip", response("Transfer-Encoding: gzip, chunked\r\n")},
      {"a folded line", response("X-A: b\r\n c\r\n")},
      {"a bare LF", response("X-A: b\nX-C: d\r\n")},
      {"a NUL", response("X-A: \0\r\n"sv)},
      {"a space before the colon", response("X-A : b\r\n")},
  };
  for (const auto& [what, text] : cases) {
    ResponseHead head;
    const auto result = parse_response_head(text, {}, head);
    ASSERT_FALSE(result) << what;
    EXPECT_EQ(result.error().code(), Code::network_protocol_error) << what;
    EXPECT_EQ(result.error().phase(), Phase::decode) << what;
  }
  ResponseHead head;
  EXPECT_FALSE(parse_response_head(response("A: b\r\nB: c\r\n"), {.fields = 1}, head));
}

}  // namespace
}  // namespace sallyport::net
