#include "transport/call_sink.hpp"

#include "transport/response.hpp"

namespace sallyport::transport {

using session::Weight;

CallSink::CallSink(task::Loop& loop, pipeline::Front& front, net::Exchange& exchange, Stream stream)
    : exchange_(&exchange),
      settings_(std::move(stream)),
      writer_(loop, front, exchange, settings_.keepalive),
      timer_(loop.timers()) {
  timer_.start(loop.now() + settings_.after, [this] { begin(); });
}

// A call that ended without an answer, cancelled by the shutdown say, ends its stream too.
CallSink::~CallSink() {
  const auto stream = writer_.stream();
  writer_.stop();
  if (stream && !stream->ended()) stream->finish();
}

void CallSink::begin() {
  if (begun_ || exchange_->gone()) return;  // without an id of ours a client cannot come back
  begun_ = true;
  timer_.cancel();
  writer_.begin(correlation_line(settings_.correlation).append(settings_.headers));
  if (settings_.session) {
    writer_.attach(settings_.session->events.open(settings_.request_id), 0, settings_.session->primes());
  }
}

void CallSink::say(std::string_view message, Weight weight) {
  begin();
  if (released_) return writer_.stream()->append(message, weight);
  if (begun_) writer_.push(message, weight);
}

void CallSink::notify(std::string_view message) {
  say(message, Weight::droppable);
}

void CallSink::request(std::string_view message) {
  say(message, Weight::required);
}

// What follows is kept for the client.
void CallSink::release() {
  if (!settings_.session || released_) return;
  begin();
  if (!begun_ || exchange_->broken()) return;
  writer_.stop();
  exchange_->end_events_early();
  released_ = true;
}

Task<void> CallSink::answer(std::string_view message) {
  if (!message.empty()) say(message, Weight::required);
  const auto stream = writer_.stream();
  writer_.stop();
  if (stream) stream->finish();
  co_return co_await exchange_->end_events();
}

}  // namespace sallyport::transport
