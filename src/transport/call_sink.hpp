// The notifications and the answer of one HTTP call, and the moment at which it becomes an event stream.
#pragma once

#include "net/http_server.hpp"
#include "pipeline/call.hpp"
#include "session/registry.hpp"
#include "transport/event_writer.hpp"

#include <chrono>
#include <string>

namespace sallyport::transport {

// The head of the reply is held back until the first notification, the final answer, or `after`: an answer
// that comes first is plain JSON with its own status. A legacy call's stream can be resumed once it has
// begun: then its answer goes there, whether or not the client is still connected.
class CallSink final : public pipeline::EventSink {
 public:
  struct Stream {
    std::string_view headers;          // outlive the sink
    const CorrelationId& correlation;  // likewise; that of the call's first round, once that is known
    std::chrono::milliseconds after;
    std::chrono::milliseconds keepalive;
    session::Session* session = nullptr;  // legacy: where events are kept
    std::string_view request_id;          // raw
  };

  CallSink(task::Loop& loop, pipeline::Front& front, net::Exchange& exchange, Stream stream);
  ~CallSink();

  void notify(std::string_view message) override;
  void request(std::string_view message) override;
  void release() override;

  // The call has ended. If its stream has begun, answer() ends it; else the reply is still to be sent.
  void stop() noexcept { timer_.cancel(); }
  bool begun() const noexcept { return begun_; }
  void begin();
  Task<void> answer(std::string_view message);

 private:
  void say(std::string_view message, session::Weight weight);

  net::Exchange* exchange_;
  Stream settings_;
  bool begun_ = false;
  bool released_ = false;
  EventWriter writer_;
  task::Timer timer_;
};

}  // namespace sallyport::transport
