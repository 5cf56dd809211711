// The stream on which an HTTP upstream speaks of its own accord: GET of the legacy era, subscriptions/listen
// of the modern one.
#include "client/http_channel.hpp"
#include "client/server_messages.hpp"
#include "protocol/envelope.hpp"

namespace sallyport::client {

using protocol::Era;

namespace {

constexpr std::chrono::milliseconds listen_pause{1000};
constexpr std::chrono::milliseconds longest_listen_pause{60000};

}  // namespace

void HttpChannel::listen_to(Wanted wanted) {
  if (protocol::era(revision_) != Era::modern) return;
  wanted_ = std::move(wanted);
  spawn(listen());
}

void HttpChannel::give_up_listeners_before(std::uint64_t generation) {
  while (!listeners_.empty() && listeners_.begin()->first < generation) {
    task::Scope* const scope = listeners_.extract(listeners_.begin()).mapped();
    scope->cancel(task::CancelReason::client);
  }
}

Task<void> HttpChannel::listen() {
  const std::uint64_t generation = ++last_listener_;
  task::Scope& outer = co_await task::current_scope();
  task::Scope scope(outer);
  listeners_.emplace(generation, &scope);
  const auto until_replaced = [](HttpChannel& self, std::uint64_t number) -> Task<void> {
    auto pause = listen_pause;
    for (;;) {
      const SteadyTime begun = self.env_.loop.now();
      const Result<bool> again = co_await self.listen_once(number);
      if (!again && again.error().code() == Code::proto_cancelled) co_return ok();
      if (again && !*again) co_return ok();
      pause = self.env_.loop.now() - begun > longest_listen_pause ? listen_pause
                                                                  : std::min(pause * 2, longest_listen_pause);
      CO_TRY(co_await task::Sleep(self.env_.loop.timers(), self.env_.loop.now() + pause));
      // Nothing is replayed: what changed meanwhile is learnt by asking.
      for (const protocol::TopicRow& each : protocol::topic_rows) self.env_.owner.list_changed(each.topic);
    }
  };
  (void)co_await until_replaced(*this, generation).in(scope);
  listeners_.erase(generation);
  co_return ok();
}

Task<bool> HttpChannel::listen_once(std::uint64_t generation) {
  net::HttpCall call(pool_);
  const bool modern = protocol::era(revision_) == Era::modern;
  const std::string session = session_;
  std::string headers = common_headers_;
  std::string body;
  if (modern) {
    headers += "Mcp-Method: subscriptions/listen\r\n";
    body = listen_request(std::to_string(pending_.next_id()), wanted_);
  }
  const std::string_view pieces[] = {body};
  CO_TRY(co_await call.send(modern ? "POST" : "GET", pool_.endpoint().target, headers,
                            std::span(pieces).first(modern ? 1 : 0), true));
  CO_TRY(co_await call.receive_head());
  // It was restarted and forgot the session, for which some servers say 400; what hears of the new one begins
  // there.
  const bool forgotten = call.head().status == 404 || call.head().status == 400;
  if (forgotten && listened_ && !session.empty()) {
    (void)co_await reinitialize(session);
    co_return true;
  }
  if (call.head().status / 100 == 4) co_return false;
  if (call.head().status != 200 || !net::has_type(call.head(), "text/event-stream"))
    co_return !modern || call.head().status != 200;
  listened_ = true;
  if (!modern) give_up_listeners_before(generation);
  net::SseParser parser({.line = 1u << 20, .event = 1u << 20});
  for (;;) {
    std::string_view bytes = CO_TRY(co_await call.receive_some());
    if (bytes.empty()) co_return true;
    while (auto event = CO_TRY(parser.next(bytes))) {
      if (event->data.empty()) continue;
      give_up_listeners_before(generation);  // modern: its first message is the acknowledgement
      take_event(event->data, nullptr);
    }
  }
}

}  // namespace sallyport::client
