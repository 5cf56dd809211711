// Servers on loopback sockets that follow a script, and a client's pool in front of one.
#pragma once

#include "net/http_client.hpp"
#include "net/listener.hpp"
#include "support/run_task.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::net {

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
inline Upstream::Script answering(std::string bytes) {
  return [bytes](Upstream& self, Stream& stream) -> Task<void> {
    while (!CO_TRY(co_await self.request(stream)).empty()) CO_TRY(co_await write_all(stream, bytes));
    co_return ok();
  };
}

// Answers one request and closes.
inline Upstream::Script closing_after(std::string bytes) {
  return [bytes](Upstream& self, Stream& stream) -> Task<void> {
    (void)co_await self.request(stream);
    co_return co_await write_all(stream, bytes);
  };
}

inline std::string reply(std::string_view body, std::string_view fields = "") {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

inline Task<std::string> fetch(HttpPool& pool, std::string_view body = "ask", std::uint64_t limit = 1000,
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

}  // namespace sallyport::net
