#include "transport/event_writer.hpp"

#include "net/sse.hpp"

#include <fmt/format.h>

namespace sallyport::transport {
namespace {

using session::Weight;

// How long a client waits before it comes back: enough that a gateway that restarts is not run over.
constexpr int retry_ms = 1000;

}  // namespace

EventWriter::EventWriter(task::Loop& loop, pipeline::Front& front, net::Exchange& exchange,
                         std::chrono::milliseconds keepalive)
    : loop_(&loop), front_(&front), exchange_(&exchange), keepalive_(keepalive), timer_(loop.timers()) {}

EventWriter::~EventWriter() {
  stop();
}

void EventWriter::begin(std::string_view headers) {
  exchange_->begin_events(headers);
  keep_alive();
}

void EventWriter::attach(std::shared_ptr<session::EventStream> stream, std::uint64_t position, bool prime) {
  stream_ = std::move(stream);
  position_ = position;
  live_ = position == stream_->last();
  if (prime) exchange_->push(fmt::format("id: {}\nretry: {}\ndata: \n\n", stream_->id(position), retry_ms));
  stream_->attach(*this);
}

Task<std::uint64_t> EventWriter::catch_up() {
  std::uint64_t missing = 0;
  while (!live_ && !replaced_ && !exchange_->broken() && !exchange_->gone()) {
    const session::StreamEvent* next = stream_->after(position_);
    const std::uint64_t from = next ? next->position : stream_->last() + 1;
    if (const std::uint64_t gap = from - position_ - 1; gap > 0) {
      missing += gap;
      exchange_->push(fmt::format(": {} events were not kept\n\n", gap));
      position_ = from - 1;
    }
    if (!next) {
      live_ = true;
      break;
    }
    position_ = next->position;
    if (write(stream_->id(position_), next->message, Weight::required)) stream_->taken(position_);
    CO_TRY(co_await exchange_->flush_events());  // the next may be gone when this is through
  }
  co_return missing;
}

void EventWriter::push(std::string_view message, Weight weight) {
  if (stream_) return stream_->append(message, weight);
  write({}, message, weight);
}

void EventWriter::conclude(std::string_view message) {
  write(stream_->id(stream_->last()), message, Weight::required);
}

bool EventWriter::event(std::uint64_t position, std::string_view message, Weight weight) {
  if (!live_) return false;
  position_ = position;
  // What is written to a client that has gone may be lost: it is not taken for read.
  return write(stream_->id(position), message, weight) && !exchange_->gone();
}

bool EventWriter::write(std::string_view id, std::string_view message, Weight weight) {
  if (exchange_->broken()) return false;
  std::string event;
  event.reserve(message.size() + 96);
  net::append_sse_event(event, message, "message", id);
  const auto keep = weight == Weight::required ? net::Outbox::Keep::required : net::Outbox::Keep::droppable;
  if (exchange_->push(event, keep)) return true;
  const bool lost = exchange_->broken();
  front_->delivered(lost ? pipeline::Delivery::stream_lost : pipeline::Delivery::dropped);
  if (lost && on_end_) on_end_();
  return false;
}

void EventWriter::finished() {
  if (on_end_) on_end_();
}

void EventWriter::replaced() {
  replaced_ = true;
  timer_.cancel();
  if (on_end_) on_end_();
}

void EventWriter::stop() noexcept {
  timer_.cancel();
  on_end_ = nullptr;
  if (stream_) stream_->detach(*this);
}

void EventWriter::keep_alive() {
  timer_.start(loop_->now() + keepalive_, [this] {
    exchange_->push(net::sse_keep_alive, net::Outbox::Keep::droppable);
    if (exchange_->broken()) {
      if (on_end_) on_end_();
      return;
    }
    keep_alive();
  });
}

}  // namespace sallyport::transport
