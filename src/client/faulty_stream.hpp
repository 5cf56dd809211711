// Streams on which failures happen that their peer did not cause, so that what reads and parses them is
// tested as it is.
#pragma once

#include "client/faults.hpp"
#include "net/http_client.hpp"
#include "net/stream.hpp"
#include "task/loop.hpp"

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace sallyport::client {

inline constexpr std::size_t slow_piece = 64;  // bytes of what comes slowly

// What they have in common: the reader gets what `received` makes of the peer's bytes, when it says. What
// waits for its time is bounded by `max_waiting`: beyond it nothing more is read from the peer.
class FaultyStream : public net::Stream, private net::Completion {
 public:
  FaultyStream(task::Loop& loop, std::unique_ptr<net::Stream> inner);

  void start_read(std::span<char> buffer, net::Completion& completion) override;
  void cancel_read() noexcept override;
  net::WriteAttempt try_write(std::span<const iovec> pieces) noexcept override {
    return inner_->try_write(pieces);
  }
  void start_writable(net::Completion& completion) override { inner_->start_writable(completion); }
  void cancel_write() noexcept override { inner_->cancel_write(); }
  void abandon_write() noexcept override { inner_->abandon_write(); }
  void shutdown_write() noexcept override { inner_->shutdown_write(); }
  void close() noexcept override;

 protected:
  static constexpr std::size_t max_waiting = std::size_t{1} << 20;

  virtual void received(std::string_view bytes) = 0;
  // The peer's bytes have ended, with this error or properly.
  virtual void peer_ended(std::error_code error) { end(error); }

  void deliver(std::string bytes, std::chrono::milliseconds after = {});
  void deliver_slowly(std::string_view bytes, std::chrono::milliseconds pause);
  // The stream ends when the reader has what was delivered; nothing more is read.
  void end(std::error_code error = {});
  void go_on_soon();

 private:
  void done(std::error_code error, std::size_t bytes) noexcept override;
  void go_on();
  void hand_over();
  void complete(std::error_code error, std::size_t bytes);

  task::Loop* loop_;
  std::unique_ptr<net::Stream> inner_;
  std::array<char, 16 * 1024> chunk_;
  std::multimap<SteadyTime, std::string> waiting_;  // in the order in which the reader gets it
  std::size_t waiting_bytes_ = 0;
  SteadyTime slow_until_{};
  std::optional<std::error_code> end_;
  net::Completion* reader_ = nullptr;
  std::span<char> buffer_;
  bool reading_ = false;  // of the peer
  bool peer_ended_ = false;
  bool cancelled_ = false;
  task::Timer next_;
};

// One request over HTTP and its response. The connection carries no other afterwards.
class FaultyExchange final : public FaultyStream {
 public:
  FaultyExchange(task::Loop& loop, std::unique_ptr<net::Stream> inner, const FaultRule& rule,
                 std::string reply);

  net::WriteAttempt try_write(std::span<const iovec> pieces) noexcept override;
  bool readable() const noexcept override { return true; }

 private:
  void received(std::string_view bytes) override;
  void peer_ended(std::error_code error) override;
  std::string_view take_head(std::string_view bytes);

  Fault fault_;
  std::chrono::milliseconds time_;
  std::string reply_;                       // of `error` and `http`; given once
  std::string_view head_end_ = "\r\n\r\n";  // what is not seen of it yet
};

// Puts one before the connection of a call.
class FaultyConnection final : public net::StreamWrapper {
 public:
  // `id`: of the request. `rule` outlives it.
  FaultyConnection(task::Loop& loop, const FaultRule& rule, std::int64_t id) noexcept
      : loop_(&loop), rule_(&rule), id_(id) {}
  std::unique_ptr<net::Stream> wrap(std::unique_ptr<net::Stream> stream) override;

 private:
  task::Loop* loop_;
  const FaultRule* rule_;
  std::int64_t id_;
};

// What a child writes, in lines. A line that is longer than `max_waiting` passes as it is.
class FaultyLines final : public FaultyStream {
 public:
  using FaultyStream::FaultyStream;

  // From now on: what happens to the answer that carries this id. Of more than 1,000 that are awaited the
  // oldest is forgotten.
  void strike(std::int64_t id, const FaultRule& rule);
  void say(std::string line) {
    deliver(std::move(line) + '\n');
    go_on_soon();
  }
  void cut();  // the end, at once

  bool readable() const noexcept override { return true; }

 private:
  struct Struck {
    Fault fault = Fault::delay;
    std::chrono::milliseconds time{};
  };

  void received(std::string_view bytes) override;
  void take_line(std::string line);

  std::map<std::int64_t, Struck> struck_;
  std::string line_;  // its beginning
  bool too_long_ = false;
};

// The JSON-RPC error of `rule`.
std::string error_of(const FaultRule& rule, std::int64_t id);

}  // namespace sallyport::client
