// What an HTTP upstream sends: answers, the events before them, and refusals.
#include "classify/http.hpp"
#include "client/failure.hpp"
#include "client/http_channel.hpp"
#include "client/server_messages.hpp"
#include "protocol/envelope.hpp"

#include <fmt/format.h>

namespace sallyport::client {

using protocol::Era;
using protocol::Method;

namespace {

// What a legacy server says about a session that it does not know: 404 by the spec, 400 with -32000 from
// those who wrote their own check. Either way the request did not run.
bool lost_session(int status, const pipeline::Answer* body) {
  if (status == 404) return true;
  return status == 400 && body && body->message.error_code(body->bytes) == -32000;
}

}  // namespace

Result<std::unique_ptr<pipeline::Answer>> HttpChannel::take_answer(std::string bytes,
                                                                   net::Budget::Charge held,
                                                                   PendingRequest& pending) {
  auto answer = TRY(charged(bytes.size(), std::move(held)));
  const protocol::Message& message = answer->message;
  const auto bad = protocol::parse_message_into(answer->message, bytes,
                                                answer_limits(env_.settings, env_.settings.response));
  if (bad || !message.is_response()) {
    env_.owner.garbage(bad && bad->flaw == protocol::Flaw::not_json ? "not_json" : "not_jsonrpc");
    return fail(failure(classify::FailureClass::protocol,
                        "the answer is not the JSON-RPC response that was asked for"));
  }
  if (json::as_int64(message.id(bytes)) != pending.id && !message.id(bytes).empty()) {
    env_.owner.garbage("wrong_id");
    return fail(failure(classify::FailureClass::protocol, "the answer carries another id than the request"));
  }
  answer->bytes = std::move(bytes);
  pending_.answered(pending, answer->bytes, message);
  return answer;
}

Task<std::unique_ptr<pipeline::Answer>> HttpChannel::read_events(net::HttpCall& call, PendingRequest& pending,
                                                                 StreamPlace& place) {
  net::SseParser parser({.line = env_.settings.response, .event = env_.settings.response});
  net::Budget::Charge held = env_.budget.charge();  // for what has come of an event
  for (;;) {
    std::string_view bytes = CO_TRY(co_await call.receive_some());
    if (bytes.empty()) co_return std::unique_ptr<pipeline::Answer>();
    while (auto event = CO_TRY(parser.next(bytes))) {
      if (event->data.empty()) continue;
      if (event->data.front() == '[' && revision_ == protocol::Revision::v2025_03_26) {
        if (auto own = take_batch(event->data, pending))
          co_return take_answer(std::move(*own), std::move(held), pending);
        continue;
      }
      const auto message =
          protocol::parse_message(event->data, answer_limits(env_.settings, env_.settings.response));
      if (!message && event->event == "message") {
        place.garbled = true;
        if (asker_of_unreadable(event->data, pending_) == &pending) {
          env_.owner.garbage("not_jsonrpc");
          co_return Failure(unreadable());
        }
      }
      if (message && message->is_response() && json::as_int64(message->id(event->data)) == pending.id) {
        co_return take_answer(std::string(event->data), std::move(held), pending);
      }
      take_event(event->data, &pending);
    }
    place.reached(parser);
    if (!held.resize(parser.held())) co_return Failure(net::no_room());
  }
}

// A server of 2025-03-26 may put several messages into one array: ours is given back, the others are taken.
std::optional<std::string> HttpChannel::take_batch(std::string_view data, PendingRequest& pending) {
  const json::Limits limits = answer_limits(env_.settings, env_.settings.response);
  const auto elements = protocol::parse_batch(data, limits);
  if (!elements) {
    env_.owner.garbage("not_jsonrpc");
    return std::nullopt;
  }
  std::optional<std::string> own;
  for (const json::Span& element : *elements) {
    const std::string_view text = element.of(data);
    const auto message = protocol::parse_message(text, limits);
    if (message && message->is_response() && json::as_int64(message->id(text)) == pending.id && !own) {
      own = text;
    } else {
      take_event(text, &pending);
    }
  }
  return own;
}

void HttpChannel::take_event(std::string_view data, PendingRequest* own) {
  const auto message = protocol::parse_message(data, answer_limits(env_.settings, env_.settings.response));
  if (!message) return env_.owner.garbage("not_jsonrpc");
  if (message->is_response()) return env_.owner.late_answer();
  if (message->is_request()) return take_request(data, *message, own);
  pass_on(data, *message, pending_, env_.owner, own);
}

void HttpChannel::take_request(std::string_view data, const protocol::Message& message, PendingRequest* own) {
  const std::string_view id = message.id(data);
  if (message.method() == Method::ping) return respond(protocol::result_response(id, "{}"));
  const bool legacy = protocol::era(revision_) == Era::legacy;
  if (!legacy || env_.declares.none() || !pending_.asked(data, message, weak_from_this(), own)) refuse(id);
}

void HttpChannel::refuse(std::string_view id) {
  env_.owner.garbage("request");
  respond(protocol::method_not_found_response(id));
}

void HttpChannel::respond(std::string response) {
  tell(std::move(response));
}

// A status of 300 and above. A modern server's JSON-RPC error is its answer; a session that is not known is
// told apart.
Task<std::unique_ptr<pipeline::Answer>> HttpChannel::receive_failure(net::HttpCall& call,
                                                                     PendingRequest& pending) {
  const int status = call.head().status;
  std::unique_ptr<pipeline::Answer> answer;
  if (net::has_type(call.head(), "application/json")) {
    if (auto body = co_await call.receive_body(max_failure_body)) {
      answer = take_answer(std::move(*body), env_.budget.charge(), pending).value_or(nullptr);
    }
  }
  if (status / 100 == 3) {
    co_return Failure(
        failure(classify::FailureClass::protocol, "a redirect that is not followed").with_can_retry(false));
  }
  if (!pending.session.empty() && protocol::era(revision_) == Era::legacy &&
      lost_session(status, answer.get())) {
    co_return Failure(Error(Code::proto_session_unknown).with_executed(Executed::no));
  }
  if (answer && answer->message.kind() == protocol::MessageKind::error_response && status < 500 &&
      status != 401 && status != 403 && status != 429 && protocol::era(revision_) == Era::modern) {
    co_return answer;
  }
  std::vector<classify::HeaderField> fields;
  for (const net::HeaderField& field : call.head().fields) fields.push_back({field.name, field.value});
  classify::Context context;
  context.operation = classify::operation_of(pending.outgoing->method);
  context.handed_over = true;
  context.refuses_with = env_.target.refuses_with;
  const std::string detail = fmt::format("the server answered with HTTP {}", status);
  context.detail = detail;
  Error error = classify::from_http(status, fields, env_.loop.clock().system_now(), context);
  if (answer) error.with_extra("jsonrpc", true);  // the server itself speaks, not what stands before it
  co_return Failure(std::move(error));
}

}  // namespace sallyport::client
