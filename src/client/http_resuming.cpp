// The answer of a legacy server that ended its event stream first, and lets its client come back for the
// rest.
#include "client/failure.hpp"
#include "client/http_channel.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sallyport::client {

using Answered = std::unique_ptr<pipeline::Answer>;

namespace {

constexpr std::size_t max_event_id = 1024;  // it goes back in a header
constexpr std::chrono::milliseconds shortest_retry{100};
constexpr std::chrono::milliseconds longest_retry = std::chrono::minutes(10);
constexpr int max_resumptions = 10'000;  // of one call: its time is over before
constexpr int max_failures = 3;

// What may pass until the next try.
bool passes(const Error& error) {
  return error.code() == Code::network_connection_failed || error.code() == Code::network_timeout ||
         error.code() == Code::network_unreachable || error.code() == Code::network_dns_error;
}
bool passes(int status) {
  return status == 408 || status == 409 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

bool unfinished(const Result<Answered>& answer) {
  return answer ? !*answer : passes(answer.error());
}

bool fits_header(std::string_view id) {
  return id.size() <= max_event_id &&
         std::ranges::none_of(id, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Error forgotten() {
  return failure(classify::FailureClass::unavailable, "the server forgot the session before it answered");
}

}  // namespace

void HttpChannel::StreamPlace::reached(const net::SseParser& parser) {
  const std::string_view id = parser.last_event_id();
  if (!id.empty() && id != event) event = fits_header(id) ? id : std::string_view();
  if (parser.retry()) retry = std::clamp(*parser.retry(), shortest_retry, longest_retry);
}

Task<Answered> HttpChannel::receive_events(net::HttpCall& call, std::string_view target,
                                           PendingRequest& pending) {
  StreamPlace place;
  Result<Answered> answer = co_await read_events(call, pending, place);
  for (int times = 0; unfinished(answer) && times < max_resumptions; ++times) {
    const bool has_stream =
        !place.event.empty() && !place.garbled && protocol::era(revision_) == protocol::Era::legacy;
    if (!has_stream || pending.session != session_ || place.failures == max_failures) break;
    CO_TRY(co_await task::Sleep(env_.loop.timers(), env_.loop.now() + place.retry));
    if (pending.session != session_) co_return Failure(forgotten());
    answer = co_await take_up(target, pending, place);
  }
  if (answer && !*answer) {
    co_return Failure(
        failure(classify::FailureClass::connection, "the event stream ended without the answer"));
  }
  co_return answer;
}

// The request ran, or runs: whatever fails here says nothing else about it.
Task<Answered> HttpChannel::take_up(std::string_view target, PendingRequest& pending, StreamPlace& place) {
  net::HttpCall call(pool_);
  const std::string headers = fmt::format("{}Last-Event-ID: {}\r\n", common_headers_, place.event);
  ++place.failures;
  Result<void> begun = co_await call.send("GET", target, headers, {}, true);
  if (begun) begun = co_await call.receive_head();
  if (!begun) co_return Failure(std::move(begun).error().with_executed(Executed::maybe));
  const int status = call.head().status;
  if (status == 200 && net::has_type(call.head(), "text/event-stream")) {
    place.failures = 0;
    co_return co_await read_events(call, pending, place);
  }
  if (status == 404 && !pending.session.empty()) co_return Failure(forgotten());
  if (!passes(status)) place.event.clear();  // it lets nobody come back
  co_return Answered();
}

}  // namespace sallyport::client
