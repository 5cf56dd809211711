#include "transport/call_sink.hpp"

#include "net/sse.hpp"
#include "transport/open_stream.hpp"

namespace sallyport::transport {

CallSink::CallSink(task::Loop& loop, net::Exchange& exchange, std::string headers,
                   std::chrono::milliseconds after, std::chrono::milliseconds keepalive)
    : loop_(&loop),
      exchange_(&exchange),
      headers_(std::move(headers)),
      keepalive_(keepalive),
      timer_(loop.timers()) {
  timer_.start(loop.now() + after, [this] { begin(); });
}

void CallSink::begin() {
  if (!exchange_->streaming()) exchange_->begin_events(headers_);
  keep_alive();
}

void CallSink::keep_alive() {
  timer_.start(loop_->now() + keepalive_, [this] {
    exchange_->push(net::sse_keep_alive, net::Outbox::Keep::droppable);
    keep_alive();
  });
}

void CallSink::notify(std::string_view message) {
  if (exchange_->gone()) return;
  if (!exchange_->streaming()) begin();
  exchange_->push(sse_message(message), net::Outbox::Keep::droppable);
}

}  // namespace sallyport::transport
