#include "transport/open_stream.hpp"

namespace sallyport::transport {

OpenStream::OpenStream(task::Loop& loop, pipeline::Front& front, net::Exchange& exchange,
                       std::chrono::milliseconds keepalive)
    : exchange_(&exchange), end_(loop), writer_(loop, front, exchange, keepalive) {
  writer_.on_end([this] { end(); });
}

Task<void> OpenStream::wait() {
  exchange_->on_gone([this] { end(); });
  while (!ended_) CO_TRY(co_await end_.wait());
  co_return ok();
}

Task<void> OpenStream::finish(std::string_view last) {
  const bool readable = !exchange_->gone() && !exchange_->broken() && !writer_.was_replaced();
  if (readable && !last.empty()) writer_.push(last, session::Weight::required);
  writer_.stop();
  if (!readable) co_return ok();
  co_return co_await exchange_->end_events();
}

void OpenStream::end() noexcept {
  ended_ = true;
  end_.set();
}

}  // namespace sallyport::transport
