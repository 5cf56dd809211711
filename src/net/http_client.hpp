// An HTTP/1.1 client: a pool of connections to one origin, and one request with its response at a time on
// each.
#pragma once

#include "net/budget.hpp"
#include "net/connect.hpp"
#include "net/http_head.hpp"
#include "task/group.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::net {

struct PoolLimits {
  std::size_t idle = 64;  // kept open for later
  std::chrono::milliseconds keep{
      4000};  // Node closes at 5 s; the peer's own Keep-Alive: timeout is obeyed too
  std::chrono::milliseconds connect{5000};
  std::chrono::milliseconds fresh{3000};  // idle for longer: not for a request that may not be repeated
};

// Idle connections of one origin. Connects when there is none; never waits for one, so that a slow request
// holds up nobody: how many run at once is the caller's limit.
class HttpPool {
 public:
  HttpPool(task::Loop& loop, Endpoint endpoint, std::shared_ptr<TlsTrust> trust, PoolLimits limits = {});
  ~HttpPool();

  const Endpoint& endpoint() const noexcept { return endpoint_; }
  task::Loop& loop() noexcept { return *loop_; }
  void close_idle() noexcept;
  std::size_t idle() const noexcept { return idle_.size(); }

 private:
  friend class HttpCall;
  struct Connection {
    std::unique_ptr<Stream> stream;
    InputBuffer input;
    SteadyTime idle_since{};
    SteadyTime use_until{};
  };

  std::optional<Connection> take_idle(bool repeatable);
  Task<Connection> open();
  void release(Connection connection, const ResponseHead& head);
  void sweep();

  task::Loop* loop_;
  Endpoint endpoint_;
  std::string authority_;
  std::shared_ptr<TlsTrust> trust_;
  PoolLimits limits_;
  std::string written_;           // the request that is being written
  std::vector<Connection> idle_;  // the most recently used at the back
  task::Timer sweeper_;
};

// Puts a stream of its own before that of a connection, which then carries no other request.
class StreamWrapper {
 public:
  virtual std::unique_ptr<Stream> wrap(std::unique_ptr<Stream> stream) = 0;

 protected:
  ~StreamWrapper() = default;
};

// Does the Content-Type name `type`, whatever its parameters?
bool has_type(const ResponseHead& head, std::string_view type);

// One request. Dropped before its end, it closes its connection, which a modern server takes as cancellation.
//
//   HttpCall call(pool);
//   CO_TRY(co_await call.send("POST", target, headers, body, repeatable));
//   CO_TRY(co_await call.receive_head());
//   std::string body = CO_TRY(co_await call.receive_body(limit));
//
// Errors say with `executed` whether the request was handed over, and with `phase` how far it came.
class HttpCall {
 public:
  explicit HttpCall(HttpPool& pool, StreamWrapper* wrapper = nullptr) noexcept
      : pool_(&pool), wrapper_(wrapper) {}
  ~HttpCall();
  HttpCall(const HttpCall&) = delete;
  HttpCall& operator=(const HttpCall&) = delete;

  // `headers` are complete lines; Host, Content-Length and Accept-Encoding: identity are ours.
  Task<void> send(std::string_view method, std::string_view target, std::string_view headers,
                  std::span<const std::string_view> body, bool repeatable);
  // Skips 1xx. The head stays valid until the call ends.
  Task<void> receive_head();
  const ResponseHead& head() const noexcept { return head_; }

  // The whole body; LIMIT_006 beyond `limit`. `charge` grows with what comes; SYS_002 where it cannot.
  Task<std::string> receive_body(std::uint64_t limit, Budget::Charge* charge = nullptr);
  // The next bytes of the body as they come, empty at its end. The view lives until the next call.
  Task<std::string_view> receive_some();
  bool complete() const noexcept { return done_; }

 private:
  Result<std::size_t> received(Result<std::size_t> n);
  ReadOp fill();
  Result<bool> filled(Result<std::size_t> n);
  Task<std::string> receive_exactly(std::uint64_t limit, Budget::Charge* charge);
  Task<std::string> receive_parts(std::uint64_t limit, Budget::Charge* charge);
  Result<std::string_view> take_buffered();
  void finish();
  Error broken(std::string_view detail) const;     // the connection ended
  Error malformed(std::string_view detail) const;  // what came is no response

  HttpPool* pool_;
  StreamWrapper* wrapper_;
  std::optional<HttpPool::Connection> connection_;
  bool answered_ = false;  // a byte of the response came
  bool done_ = false;
  boost::container::small_vector<char, 256> head_bytes_;
  ResponseHead head_;
  std::uint64_t left_ = 0;
  std::size_t lent_ = 0;  // bytes of the input that receive_some gave out
  std::string decoded_;
  ChunkedDecoder chunks_;
};

}  // namespace sallyport::net
