// A server over connections in memory, by a clock that the test moves; and what stands in its replies.
#pragma once

#include "net/http_server.hpp"
#include "support/memory_stream.hpp"
#include "support/run_task.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::net {

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

  std::unique_ptr<testing::MemoryStream> connect(std::optional<int> fail_at = std::nullopt) {
    auto pair = testing::MemoryStream::make(loop);
    behaviour = pair.first->behaviour();
    behaviour->fail_at = fail_at;
    server.serve(std::move(pair.first), Peer{"127.0.0.1", true});
    loop.poll();
    return std::move(pair.second);
  }
  // Sends, lets the server work, and takes what it said.
  std::string talk(testing::MemoryStream& client, std::string_view bytes) {
    client.put(bytes);
    std::string all;
    for (;;) {
      loop.poll();
      const std::string part = client.take();
      if (part.empty()) return all;
      all += part;
    }
  }
  void pass(std::chrono::milliseconds time) {
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
inline std::vector<Response> responses(std::string_view text, bool to_head = false) {
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

inline std::string get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
inline std::string post(std::string_view body, std::string_view fields = "") {
  return "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}
inline constexpr std::string_view chunked_post =
    "POST /mcp HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";

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

}  // namespace sallyport::net
