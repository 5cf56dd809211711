// The notifications of one HTTP call, and the moment at which its answer becomes an event stream.
#pragma once

#include "net/http_server.hpp"
#include "pipeline/call.hpp"

#include <chrono>
#include <string>

namespace sallyport::transport {

// The head of the reply is held back until the first notification, the final answer, or `after`: an answer
// that comes first is plain JSON with its own status.
class CallSink final : public pipeline::EventSink {
 public:
  CallSink(task::Loop& loop, net::Exchange& exchange, std::string headers, std::chrono::milliseconds after,
           std::chrono::milliseconds keepalive);

  void notify(std::string_view message) override;
  void stop() noexcept { timer_.cancel(); }

 private:
  void begin();
  void keep_alive();

  task::Loop* loop_;
  net::Exchange* exchange_;
  std::string headers_;
  std::chrono::milliseconds keepalive_;
  task::Timer timer_;
};

}  // namespace sallyport::transport
