// The HTTP+SSE transport of 2024-11-05: the client opens a stream, learns from its first event where to post
// its messages, and hears everything on it. Nothing of it is resumed: with the stream the session ends, and
// what is under way.
#include "net/sse.hpp"
#include "protocol/envelope.hpp"
#include "task/group.hpp"
#include "transport/http_request.hpp"
#include "transport/open_stream.hpp"
#include "transport/response.hpp"
#include "transport/stream_ears.hpp"
#include "transport/streamable_http.hpp"

#include <fmt/format.h>

namespace sallyport::transport {

using protocol::Era;
using protocol::Field;
using protocol::Method;
using session::Weight;

namespace {

constexpr std::size_t max_running = 100;  // requests of one client

}  // namespace

struct StreamableHttp::SseClient final : pipeline::EventSink {
  SseClient(task::Loop& loop, session::Session& its_session) : session(its_session), group(loop) {}

  void say(std::string_view message, Weight weight) { session.events.standing()->append(message, weight); }
  void notify(std::string_view message) override { say(message, Weight::droppable); }
  void request(std::string_view message) override { say(message, Weight::required); }

  session::Session& session;
  std::optional<protocol::Revision> revision;  // what `initialize` negotiated
  bool closing = false;                        // its stream is about to end
  task::Group group;                           // of its requests
};

Task<void> StreamableHttp::open_sse(net::Exchange& exchange, const HttpRequest& request) {
  Result<void> room = check_room();
  Result<SessionPointer> session =
      room ? sessions_->create(request.principal.name, request.endpoint, protocol::Revision::v2024_11_05)
           : sallyport::fail(std::move(room).error());
  if (!session) co_return co_await fail(exchange, request, session.error(), 503, {}, protocol::latest_legacy);
  const session::Registry::Use use(*sessions_, *session);
  use->over_sse = true;
  SseClient client(*loop_, *use);
  sse_.emplace(use->id, &client);
  OpenStream open(*loop_, *front_, exchange, settings_.keepalive);
  streams_.push_back(open);
  std::optional<EndWithEndpoint> removal(std::in_place, *front_, request.endpoint, open);
  open.writer().begin(request.cors);
  std::string event;
  const std::string_view slash = request.endpoint.empty() ? "" : "/";
  net::append_sse_event(event, fmt::format("/messages{}{}?sessionId={}", slash, request.endpoint, use->id),
                        "endpoint");
  exchange.push(event);
  open.writer().attach(use->events.standing(), 0, false);
  const Result<std::uint64_t> attached = co_await open.writer().catch_up();
  Result<void> ended = attached ? co_await open.wait() : sallyport::fail(attached.error());
  removal.reset();
  client.closing = true;
  streams_.erase(streams_.iterator_to(open));
  if (ended) ended = co_await settle_sse(client, exchange);
  if (!ended) client.group.cancel(task::CancelReason::shutdown);
  task::Scope ending;  // what has to end now is not left behind
  (void)co_await client.group.join().in(ending);
  exchange.on_gone(nullptr);
  sse_.erase(use->id);
  use->questions.end();
  use->ear.reset();
  sessions_->remove(*use);
  if (!ended) co_return ended;
  co_return co_await open.finish();
}

// A drain ends the stream when the calls under way have answered on it; a client that goes cancels them, for
// it cannot come back for their answers.
Task<void> StreamableHttp::settle_sse(SseClient& client, net::Exchange& exchange) {
  if (exchange.broken()) client.group.cancel(task::CancelReason::client);
  exchange.on_gone([&client] { client.group.cancel(task::CancelReason::client); });
  co_return co_await client.group.join();
}

// Requests are answered on the stream, the refused ones too; the POST says only that the message was taken.
Task<void> StreamableHttp::take_sse_message(net::Exchange& exchange, const HttpRequest& request,
                                            std::string_view session_id) {
  const std::string_view bytes = exchange.body();
  const auto known = sessions_->find(session_id, request.principal.name, request.endpoint);
  const auto found = known ? sse_.find(session_id) : sse_.end();
  if (found == sse_.end()) {
    const Error error = Error(Code::proto_session_unknown).with_executed(Executed::no);
    co_return co_await fail(exchange, request, error, 404, {}, protocol::latest_legacy);
  }
  SseClient& client = *found->second;
  const protocol::Revision revision = client.revision.value_or(protocol::Revision::v2024_11_05);
  const auto message = protocol::parse_message(bytes, settings_.limits);
  if (!message) {
    const protocol::BadMessage& bad = message.error();
    co_return co_await fail(exchange, request, bad.error,
                            protocol::http_status(bad.error, Era::modern, protocol::Stage::edge), bad.id,
                            revision);
  }
  if (message->is_request()) {
    if (const auto refused = take_sse_request(client, request, bytes, *message)) {
      const pipeline::Refusal refusal{.source = request.principal.source,
                                      .endpoint = request.endpoint,
                                      .method = message->method(),
                                      .revision = revision,
                                      .bytes = bytes.size(),
                                      .correlation = CorrelationId::make()};
      front_->refused(*refused, refusal);
      const protocol::CanonicalFailure failure = front_->failure(*refused, refusal.correlation);
      client.request(protocol::to_jsonrpc_error(failure, message->id(bytes), revision));
    }
  } else if (message->is_response()) {
    client.session.questions.answered(*message, bytes);
  } else if (message->method() == Method::notifications_cancelled) {
    client.session.running.cancel(message->raw(Field::request_id, bytes));
  } else if (message->method() == Method::notifications_initialized && !client.session.ear) {
    client.session.ear = std::make_shared<SessionEar>(*front_, client.session);
  }
  co_return co_await accepted(exchange);
}

std::optional<Error> StreamableHttp::take_sse_request(SseClient& client, const HttpRequest& request,
                                                      std::string_view bytes,
                                                      const protocol::Message& message) {
  const auto edge = protocol::classify_stdio(message, bytes, client.revision);
  if (!edge) return edge.error().error;
  if (edge->era() == Era::modern) {
    return Error(Code::proto_invalid_request)
        .with_executed(Executed::no)
        .with_slot(Slot::constraint, "this transport ended with 2024-11-05; post to /mcp");
  }
  if (client.closing) return Error(Code::system_maintenance).with_executed(Executed::no);
  if (client.group.size() >= max_running)
    return Error(Code::limit_concurrency)
        .with_executed(Executed::no)
        .with_retry_after(std::chrono::seconds(1));
  net::Budget::Charge charge = settings_.buffered ? settings_.buffered->charge() : net::Budget::Charge();
  if (!charge.grow(bytes.size())) return Error(Code::system_resource_exhausted).with_executed(Executed::no);
  if (message.method() == Method::initialize) {
    std::string scratch;
    client.revision = protocol::negotiate(message.text(Field::protocol_version, bytes, scratch).value_or(""));
    client.session.revision = *client.revision;
  }
  client.group.spawn(answer_sse(client, request.principal, std::string(bytes), message, std::move(charge)));
  return std::nullopt;
}

Task<void> StreamableHttp::answer_sse(SseClient& client, pipeline::Principal principal, std::string bytes,
                                      protocol::Message message, net::Budget::Charge charge) {
  pipeline::Call call;
  call.bytes = bytes;
  call.message = &message;
  call.revision = client.session.revision;
  call.endpoint = client.session.endpoint;
  call.principal = &principal;
  call.events = &client;
  call.client = &client.session;
  call.session = client.session.tag;
  call.started = loop_->now();
  task::Scope& outer = co_await task::current_scope();
  task::Scope scope(outer);
  session::Running running(message.id(bytes), scope);
  client.session.running.add(running);
  Result<pipeline::Reply> reply = co_await front_->call(call).in(scope);
  client.session.running.remove(running);
  if (!reply) reply = pipeline::Failed(reply.error(), front_->failure(reply.error(), call.correlation));
  std::string text;
  ResponseText(*reply, message.id(bytes), call.revision).append_line(text);
  front_->answered(Era::legacy, message.method(), 200);
  if (!text.empty()) client.request(text);
  (void)charge;
  co_return ok();
}

}  // namespace sallyport::transport
