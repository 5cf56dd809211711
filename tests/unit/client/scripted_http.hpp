// MCP servers over HTTP in a few lines: what each POST and GET is answered with, byte for byte.
#pragma once

#include "net/http_head.hpp"
#include "net/listener.hpp"
#include "support/run_task.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sallyport::testing {

struct HttpRequest {
  std::string head;  // with the line of the request
  std::string body;

  std::string field(net::HeaderName name) const {
    net::RequestHead parsed;
    if (!net::parse_request_head(head, {}, parsed)) return "malformed";
    return std::string(parsed.fields.find(name).value_or("absent"));
  }
  bool is(std::string_view method) const { return head.starts_with(std::string(method) + " "); }
  bool asks(std::string_view method) const {
    return body.contains("\"method\":\"" + std::string(method) + "\"");
  }
  std::string id() const {
    const std::size_t at = body.find(R"("id":)");
    return at == body.npos ? "" : body.substr(at + 5, body.find_first_of(",}", at) - at - 5);
  }
};

// What a request is answered with; without bytes it is left waiting.
struct HttpReply {
  std::string bytes;
  enum class Then : std::uint8_t { goes_on, holds, closes } then = Then::goes_on;
};

inline HttpReply status(int code, std::string_view fields = "", std::string_view body = "") {
  return {"HTTP/1.1 " + std::to_string(code) + " Said\r\n" + std::string(fields) +
          "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body)};
}
inline HttpReply json(std::string_view body, std::string_view fields = "") {
  return status(200, "Content-Type: application/json\r\n" + std::string(fields), body);
}
inline std::string chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}
// An event stream, in one chunk: that ends, is held open, or breaks off.
inline HttpReply stream(std::string_view events, HttpReply::Then then = HttpReply::Then::goes_on) {
  return {"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" +
              chunk(events) + (then == HttpReply::Then::goes_on ? "0\r\n\r\n" : ""),
          then};
}

class ScriptedHttp {
 public:
  using Answer = std::function<HttpReply(const HttpRequest&)>;

  ScriptedHttp(task::Loop& loop, Answer answer) : loop_(loop), answer_(std::move(answer)), group_(loop) {
    auto listener = net::Listener::open(loop, "127.0.0.1", 0, [this](auto stream, net::Peer) {
      group_.spawn(serve(*this, std::move(stream)));
    });
    EXPECT_TRUE(listener);
    listener_ = std::move(*listener);
    port_ = listener_->port();
  }
  ~ScriptedHttp() {
    stop();
    group_.cancel(task::CancelReason::shutdown);
    EXPECT_TRUE(run_until(loop_, [this] { return group_.size() == 0; }));
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/mcp"; }
  void stop() { listener_->close(); }  // whoever connects is refused

  // More of the reply that is held open.
  void say(std::string bytes) {
    ASSERT_TRUE(held_);
    group_.spawn(write(*held_, std::move(bytes)));
  }
  void say_event(std::string_view data) {
    std::string event = "data: " + std::string(data) + "\n\n";
    say(chunk(event));
  }

  std::size_t connections() const noexcept { return group_.size(); }

  std::vector<HttpRequest> requests;
  std::size_t count(const std::function<bool(const HttpRequest&)>& which) const {
    return static_cast<std::size_t>(std::ranges::count_if(requests, which));
  }

 private:
  static Task<void> serve(ScriptedHttp& self, std::unique_ptr<net::Stream> stream) {
    std::string pending;
    std::string buffer(64 * 1024, '\0');
    for (;;) {
      const std::size_t n = CO_TRY(co_await net::read_some(*stream, buffer));
      if (n == 0) {
        if (self.held_ == stream.get()) self.held_ = nullptr;
        co_return ok();
      }
      pending.append(buffer, 0, n);
      while (auto request = take(pending)) {
        self.requests.push_back(*request);
        HttpReply reply = self.answer_(*request);
        CO_TRY(co_await net::write_all(*stream, reply.bytes));
        if (reply.then == HttpReply::Then::closes) co_return ok();
        if (reply.then == HttpReply::Then::holds) self.held_ = stream.get();
      }
    }
  }

  static Task<void> write(net::Stream& stream, std::string bytes) {
    co_return co_await net::write_all(stream, bytes);
  }

  static std::optional<HttpRequest> take(std::string& pending) {
    const std::size_t end = net::find_head_end(pending);
    net::RequestHead head;
    if (end == std::string::npos || !net::parse_request_head(pending.substr(0, end), {}, head))
      return std::nullopt;
    const std::size_t size = end + static_cast<std::size_t>(head.content_length);
    if (pending.size() < size) return std::nullopt;
    HttpRequest request{pending.substr(0, end), pending.substr(end, size - end)};
    pending.erase(0, size);
    return request;
  }

  task::Loop& loop_;
  Answer answer_;
  task::Group group_;
  std::unique_ptr<net::Listener> listener_;
  net::Stream* held_ = nullptr;
  std::uint16_t port_ = 0;
};

}  // namespace sallyport::testing
