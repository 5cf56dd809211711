// Failures that are let happen on purpose to requests over HTTP+SSE: to the POST, or to the answer on the
// stream, which goes on as if nothing were for all others.
#include "client/failure.hpp"
#include "client/faulty_stream.hpp"
#include "client/sse_channel.hpp"
#include "net/sse.hpp"

#include <algorithm>
#include <utility>

namespace sallyport::client {

void SseChannel::send(std::string body, PendingRequest& pending) {
  if (!pending.fault) return spawn(post_request(std::move(body), pending.id, std::nullopt));
  switch (*pending.fault->fault) {
    case Fault::error:
      return take_message(error_of(*std::exchange(pending.fault, nullptr), pending.id));
    case Fault::http:
    case Fault::reset_before:
    case Fault::reset_after:
      return spawn(post_request(std::move(body), pending.id, *std::exchange(pending.fault, nullptr)));
    default:
      return spawn(post_request(std::move(body), pending.id, std::nullopt));
  }
}

void SseChannel::strike_answer(PendingRequest& pending, std::string_view text) {
  const FaultRule rule = *std::exchange(pending.fault, nullptr);
  switch (*rule.fault) {
    case Fault::delay:
    case Fault::slow:
      return spawn(answer_late(std::string(text), rule));
    case Fault::missing:
      return;
    case Fault::truncate:
      return lost(failure(classify::FailureClass::connection, "the event stream of the server ended"));
    case Fault::garble:
      return take_message(std::string(text) + '}');  // whose answer it is can still be read
    default:
      return take_message(text);
  }
}

Task<void> SseChannel::answer_late(std::string text, FaultRule rule) {
  auto charge = env_.budget.charge();
  const bool room = charge.grow(text.size());  // who has none left answers at once, and says so
  const auto pause = [&] { return task::Sleep(env_.loop.timers(), env_.loop.now() + rule.time); };
  if (rule.fault == Fault::delay || !room) {
    if (room) CO_TRY(co_await pause());
    charge.release();
    take_message(text);
    co_return ok();
  }
  std::string event;
  net::append_sse_event(event, text);
  net::SseParser parser({.line = env_.settings.response, .event = env_.settings.response});
  for (std::string_view rest = event; !rest.empty(); rest.remove_prefix(std::min(slow_piece, rest.size()))) {
    CO_TRY(co_await pause());
    std::string_view piece = rest.substr(0, slow_piece);
    while (auto whole = CO_TRY(parser.next(piece))) take_message(whole->data);
  }
  co_return ok();
}

}  // namespace sallyport::client
