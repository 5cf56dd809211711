#include "transport/open_stream.hpp"

#include "net/sse.hpp"
#include "protocol/envelope.hpp"

namespace sallyport::transport {

std::string sse_message(std::string_view message) {
  std::string event;
  event.reserve(message.size() + 32);
  net::append_sse_event(event, message, "message");
  return event;
}

OpenStream::OpenStream(task::Loop& loop, net::Exchange& exchange, std::chrono::milliseconds keepalive,
                       protocol::Topics topics, std::string subscription)
    : loop_(&loop),
      exchange_(&exchange),
      keepalive_(keepalive),
      topics_(topics),
      subscription_(std::move(subscription)),
      end_(loop),
      timer_(loop.timers()) {}

Task<void> OpenStream::run(std::string_view headers, std::string_view first, std::string_view last) {
  exchange_->begin_events(headers);
  exchange_->on_gone([this] { end(); });
  if (!first.empty()) push(first);
  keep_alive();
  while (!ended_) CO_TRY(co_await end_.wait());
  timer_.cancel();
  if (exchange_->gone() || exchange_->broken()) co_return ok();
  if (!last.empty()) push(last);
  co_return co_await exchange_->end_events();
}

void OpenStream::end() noexcept {
  ended_ = true;
  end_.set();
}

void OpenStream::push(std::string_view message) {
  if (!ended_ && !exchange_->push(sse_message(message)) && exchange_->broken()) end();
}

void OpenStream::list_changed(protocol::Topic topic) {
  if (topics_.has(topic)) push(protocol::list_changed_notification(topic, subscription_));
}

void OpenStream::keep_alive() {
  timer_.start(loop_->now() + keepalive_, [this] {
    if (!exchange_->push(net::sse_keep_alive, net::Outbox::Keep::droppable) && exchange_->broken())
      return end();
    keep_alive();
  });
}

}  // namespace sallyport::transport
