// What a handler sees of a request, and how it answers: whole, or by an event stream.
#include "net/http_connection.hpp"
#include "net/http_text.hpp"

#include <fmt/format.h>

namespace sallyport::net {

const RequestHead& Exchange::head() const noexcept {
  return connection_->head_;
}
std::string_view Exchange::body() const noexcept {
  return connection_->body_;
}
const Peer& Exchange::peer() const noexcept {
  return connection_->peer_;
}
bool Exchange::streaming() const noexcept {
  return connection_->events_.has_value();
}
bool Exchange::broken() const noexcept {
  return connection_->events_ && connection_->events_->broken();
}
bool Exchange::gone() const noexcept {
  return connection_->at_end_;
}

void Exchange::on_gone(std::function<void()> function) {
  if (function && connection_->at_end_) return function();
  connection_->gone_ = std::move(function);
}

Task<void> Exchange::reply(const HttpReply& reply) {
  const std::string_view body[] = {reply.body};
  co_return co_await connection_->write_reply(reply.status, body, reply.headers, reply.content_type,
                                              reply.close);
}

Task<void> Exchange::reply(int status, std::span<const std::string_view> body, std::string_view headers,
                           std::string_view content_type) {
  return connection_->write_reply(status, body, headers, content_type, false);
}

void Exchange::begin_events(std::string_view headers) {
  HttpConnection& c = *connection_;
  c.replied_ = true;
  c.close_after_ = c.close_after_ || c.server_.draining_ || c.head_.http_1_0;
  c.events_.emplace(c.loop_, *c.stream_, c.server_.limits_.outbox);
  c.events_->on_broken([&c] { c.stream_->close(); });
  c.events_->push(fmt::format(
      "HTTP/1.1 200 OK\r\nDate: {}\r\nContent-Type: text/event-stream\r\n"
      "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n{}{}{}\r\n",
      http_date(c.loop_.clock().system_now()), c.head_.http_1_0 ? "" : "Transfer-Encoding: chunked\r\n",
      headers, c.close_after_ ? "Connection: close\r\n" : ""));
}

bool Exchange::push(std::string_view event, Outbox::Keep keep) {
  HttpConnection& c = *connection_;
  if (event.empty()) return !c.events_->broken();  // an empty chunk would end the body
  if (c.head_.http_1_0) return c.events_->push(event, keep);
  return c.events_->push(fmt::format("{:x}\r\n{}\r\n", event.size(), event), keep);
}

Task<void> Exchange::flush_events() {
  HttpConnection& c = *connection_;
  if (c.events_->queued() == 0 && !c.events_->broken()) co_return ok();
  c.watch(c.server_.limits_.send);
  Result<void> drained = co_await c.events_->drained();
  c.watched_until_.reset();
  co_return drained;
}

// The client sees that the connection is at its end, and sends nothing more on it.
void Exchange::end_events_early() {
  HttpConnection& c = *connection_;
  if (!c.head_.http_1_0) c.events_->push("0\r\n\r\n");
  c.close_after_ = true;
  c.events_ended_ = true;
  if (c.events_->queued() == 0) c.stream_->shutdown_write();
}

Task<void> Exchange::end_events() {
  HttpConnection& c = *connection_;
  if (c.events_ended_) co_return ok();
  if (!c.head_.http_1_0) c.events_->push("0\r\n\r\n");
  Result<void> drained = co_await flush_events();
  c.events_ended_ = drained.has_value();
  co_return drained;
}

}  // namespace sallyport::net
