// Writes events on one HTTP exchange: with ids and kept for a client that comes back (legacy), or as they
// are.
#pragma once

#include "net/http_server.hpp"
#include "pipeline/front.hpp"
#include "session/event_store.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::transport {

// A client that does not read loses progress and log messages first, then its connection; what was kept of a
// legacy stream it gets when it comes back.
class EventWriter final : private session::StreamReader {
 public:
  EventWriter(task::Loop& loop, pipeline::Front& front, net::Exchange& exchange,
              std::chrono::milliseconds keepalive);
  ~EventWriter();

  void begin(std::string_view headers);  // sends the head, and comments while there is nothing to say

  // From here on the events of `stream` that follow `position` go out on this exchange. `prime`: first an
  // empty event with the id to come back with.
  void attach(std::shared_ptr<session::EventStream> stream, std::uint64_t position, bool prime);
  // Writes what was kept behind `position` as fast as the client reads it. Gives how many were not kept.
  Task<std::uint64_t> catch_up();

  // One JSON-RPC message without line breaks.
  void push(std::string_view message, session::Weight weight);
  // The last event of a stream that has ended, made up in the place of one that was not kept.
  void conclude(std::string_view message);
  // Nothing is written any more; the exchange may end.
  void stop() noexcept;

  bool was_replaced() const noexcept {
    return replaced_;
  }  // the client reads the stream on another connection
  const std::shared_ptr<session::EventStream>& stream() const noexcept { return stream_; }
  // Called when nothing more will be written: the stream has ended, its reader was replaced, the client reads
  // too slowly.
  void on_end(std::function<void()> function) { on_end_ = std::move(function); }

 private:
  bool event(std::uint64_t position, std::string_view message, session::Weight weight) override;
  void finished() override;
  void replaced() override;
  bool write(std::string_view id, std::string_view message, session::Weight weight);
  void keep_alive();

  task::Loop* loop_;
  pipeline::Front* front_;
  net::Exchange* exchange_;
  std::chrono::milliseconds keepalive_;
  std::shared_ptr<session::EventStream> stream_;  // null: a modern stream, which has no ids
  std::uint64_t position_ = 0;
  bool live_ = true;  // everything before what comes now has been written
  bool replaced_ = false;
  std::function<void()> on_end_;
  task::Timer timer_;
};

}  // namespace sallyport::transport
