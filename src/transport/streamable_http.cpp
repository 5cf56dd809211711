#include "transport/streamable_http.hpp"

#include "base/strings.hpp"
#include "protocol/envelope.hpp"
#include "protocol/rewrite.hpp"
#include "transport/call_sink.hpp"
#include "transport/http_request.hpp"
#include "transport/response.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sallyport::transport {
namespace {

using protocol::Era;
using protocol::Field;
using protocol::Method;
using protocol::Revision;

std::vector<protocol::HeaderView> param_headers(const net::RequestHead& head) {
  std::vector<protocol::HeaderView> fields;
  for (const net::HeaderField& field : head.fields) {
    if (starts_with_icase(field.name, "mcp-param-")) fields.push_back({field.name, field.value});
  }
  return fields;
}

std::string retry_after_line(const protocol::CanonicalFailure& failure) {
  return failure.retry_after_seconds ? fmt::format("Retry-After: {}\r\n", *failure.retry_after_seconds)
                                     : std::string();
}

int status_of(const pipeline::Reply& reply, Method method, Revision revision) {
  if (const auto* failed = std::get_if<pipeline::Failed>(&reply))
    return protocol::http_status(failed->error, protocol::era(revision), protocol::Stage::call, method);
  if (const auto* answer = std::get_if<std::unique_ptr<pipeline::Answer>>(&reply))
    return protocol::forwarded_status((*answer)->bytes, (*answer)->message, revision);
  return 200;
}

}  // namespace

StreamableHttp::StreamableHttp(task::Loop& loop, pipeline::Front& front, session::Registry& sessions,
                               HostPolicy policy, StreamableSettings settings)
    : loop_(&loop),
      front_(&front),
      sessions_(&sessions),
      policy_(std::move(policy)),
      settings_(std::move(settings)) {}

StreamableHttp::~StreamableHttp() = default;

net::HttpReply StreamableHttp::failure_reply(const Error& error, int status, std::string_view id,
                                             pipeline::Refusal request) const {
  request.correlation = CorrelationId::make();
  front_->refused(error, request);
  const protocol::CanonicalFailure failure = front_->failure(error, request.correlation);
  net::HttpReply reply;
  reply.status = status;
  reply.body = protocol::to_jsonrpc_error(failure, id, request.revision);
  reply.headers = correlation_line(request.correlation) + retry_after_line(failure);
  return reply;
}

net::HttpReply StreamableHttp::refuse(const Error& error, const net::Peer& peer) {
  return failure_reply(error, protocol::http_status(error, Era::modern, protocol::Stage::edge), {},
                       {.source = peer.address});
}

net::HttpReply StreamableHttp::unauthenticated(const net::RequestHead& head, const net::Peer& peer,
                                               const Error& error) const {
  net::HttpReply reply = failure_reply(
      error, protocol::http_status(error, Era::modern, protocol::Stage::edge), {}, {.source = peer.address});
  reply.headers += settings_.authenticator->challenge(head, error) + policy_.cors_headers(head);
  return reply;
}

std::string StreamableHttp::step_up(const net::RequestHead& head, const pipeline::Failed* failed) const {
  if (!failed || !settings_.authenticator) return {};
  const bool scopes = std::ranges::find(failed->error.extras(), needed_scopes_key, &Extra::key) !=
                      failed->error.extras().end();
  return scopes ? settings_.authenticator->challenge(head, failed->error) : std::string();
}

// What the head alone decides, in the order in which a reader of the answer would want to know.
std::optional<Error> StreamableHttp::check_head(const net::RequestHead& head, const net::Peer& peer) const {
  const auto refused = [](Code code, std::string_view header) {
    return Error(code).with_executed(Executed::no).with_slot(Slot::pointer, header);
  };
  if (const auto forbidden = policy_.check(head, peer.unix_socket)) return forbidden;
  const auto accept = head.fields.find("accept");
  if (head.method == "POST") {
    if (!has_json_body(head)) return refused(Code::proto_unsupported_media_type, "Content-Type");
    const auto encoding = head.fields.find("content-encoding");
    if (encoding && !iequals(*encoding, "identity"))
      return refused(Code::proto_unsupported_media_type, "Content-Encoding");
    if (accept && !read_accept(*accept).json)
      return refused(Code::proto_not_acceptable, "Accept");  // what is decided at once is answered in JSON
  }
  if (head.method == "GET" && !(accept && read_accept(*accept).events))
    return refused(Code::proto_not_acceptable, "Accept");
  return std::nullopt;
}

std::optional<net::HttpReply> StreamableHttp::admit(const net::RequestHead& head, const net::Peer& peer) {
  if (settings_.authenticator)
    if (auto described = settings_.authenticator->describe(head)) return described;
  const auto endpoint = served(head.target);
  if (!endpoint || !front_->has_endpoint(*endpoint)) {
    const std::string known =
        endpoint ? "There is no server of this name.\n" : "MCP is served at /mcp and /mcp/{server}.\n";
    return net::HttpReply{.status = 404, .body = known, .content_type = "text/plain; charset=utf-8"};
  }
  if (head.method == "OPTIONS") {
    if (policy_.check(head, peer.unix_socket)) return net::HttpReply{.status = 403};
    return net::HttpReply{
        .status = 204,
        .headers = policy_.cors_headers(head) +
                   "Access-Control-Allow-Methods: GET, POST, DELETE\r\nAccess-Control-Allow-Headers: "
                   "Content-Type, Accept, Authorization, Mcp-Session-Id, MCP-Protocol-Version, Mcp-Method, "
                   "Mcp-Name, Last-Event-ID\r\nAccess-Control-Max-Age: 600\r\nAllow: GET, POST, DELETE\r\n"};
  }
  if (const auto sse = sse_target_of(head.target)) {
    const std::string_view method = sse->messages ? "POST" : "GET";
    if (head.method != method)
      return net::HttpReply{.status = 405, .headers = fmt::format("Allow: {}\r\n", method)};
  }
  if (head.method != "POST" && head.method != "GET" && head.method != "DELETE") {
    return net::HttpReply{.status = 405, .headers = "Allow: GET, POST, DELETE\r\n"};
  }
  const std::optional<net::Peer> forwarded = settings_.proxies.source(head.fields, peer);
  const net::Peer& source = forwarded ? *forwarded : peer;
  std::optional<Error> error = check_head(head, peer);
  if (!error) error = front_->admit(source);
  if (!error && settings_.authenticator)
    if (const auto refusal = settings_.authenticator->admit(head))
      return unauthenticated(head, source, *refusal);
  if (!error) return std::nullopt;
  net::HttpReply reply = refuse(*error, source);
  reply.headers += policy_.cors_headers(head);
  return reply;
}

Task<void> StreamableHttp::handle(net::Exchange& exchange) {
  HttpRequest request(exchange.head(), exchange.peer(), policy_.cors_headers(exchange.head()));
  if (auto source = settings_.proxies.source(exchange.head().fields, exchange.peer()))
    request.principal.source = std::move(source->address);
  if (settings_.authenticator) {
    Result<pipeline::Principal> caller =
        co_await settings_.authenticator->identify(exchange.head(), request.principal.source);
    if (!caller && caller.error().code() == Code::proto_cancelled) co_return Failure(caller.error());
    if (!caller)
      co_return co_await exchange.reply(unauthenticated(exchange.head(), exchange.peer(), caller.error()));
    request.principal = *std::move(caller);
  }
  if (const auto sse = sse_target_of(exchange.head().target)) {
    co_return co_await (sse->messages ? take_sse_message(exchange, request, sse->session)
                                      : open_sse(exchange, request));
  }
  if (exchange.head().method == "POST") co_return co_await post(exchange, request);
  // The modern era has POST only.
  if (request.edge.protocol_version && protocol::names_modern_era(*request.edge.protocol_version)) {
    co_return co_await exchange.reply({.status = 405, .headers = "Allow: POST\r\n" + request.cors});
  }
  if (exchange.head().method == "GET") co_return co_await attach(exchange, request);
  co_return co_await end_session(exchange, request);
}

Result<StreamableHttp::SessionPointer> StreamableHttp::session_of(const HttpRequest& request) const {
  if (!request.session_id) {
    return sallyport::fail(Error(Code::proto_invalid_request)
                               .with_executed(Executed::no)
                               .with_slot(Slot::constraint, "the header Mcp-Session-Id is missing"));
  }
  Result<SessionPointer> session =
      sessions_->find(*request.session_id, request.principal.name, request.endpoint);
  if (session && (*session)->over_sse)
    return sallyport::fail(Error(Code::proto_session_unknown).with_executed(Executed::no));
  return session;
}

std::optional<std::string_view> StreamableHttp::served(std::string_view target) const {
  if (const auto endpoint = endpoint_of(target)) return endpoint;
  const auto sse = settings_.legacy_sse ? sse_target_of(target) : std::nullopt;
  return sse ? std::optional(sse->endpoint) : std::nullopt;
}

Task<void> StreamableHttp::post(net::Exchange& exchange, const HttpRequest& request) {
  const std::string_view bytes = exchange.body();
  const SessionPointer session = request.session_id ? session_of(request).value_or(nullptr) : nullptr;
  const auto message = protocol::parse_message(bytes, settings_.limits);
  if (!message) {
    const protocol::BadMessage& bad = message.error();
    if (bad.flaw == protocol::Flaw::batch && session && session->revision == Revision::v2025_03_26) {
      co_return co_await batch(exchange, request, session);
    }
    const bool modern_header =
        request.edge.protocol_version && protocol::names_modern_era(*request.edge.protocol_version);
    co_return co_await fail(exchange, request, bad.error,
                            protocol::http_status(bad.error, Era::modern, protocol::Stage::edge), bad.id,
                            modern_header ? protocol::latest_modern : protocol::latest_legacy);
  }
  protocol::EdgeHeaders headers = request.edge;
  if (session) headers.session = session->revision;
  const auto edge = protocol::classify_http(*message, bytes, headers);
  if (!edge) {
    front_->answered(protocol::era(edge.error().revision), message->method(), edge.error().http_status);
    co_return co_await fail(exchange, request, edge.error().error, edge.error().http_status,
                            message->id(bytes), edge.error().revision, message->method());
  }
  if (edge->era() == Era::modern) co_return co_await modern(exchange, request, *message);
  co_return co_await legacy(exchange, request, *message, session);
}

Task<void> StreamableHttp::legacy(net::Exchange& exchange, const HttpRequest& request,
                                  const protocol::Message& message, SessionPointer session) {
  const std::string_view bytes = exchange.body();
  if (message.method() == Method::initialize) co_return co_await initialize(exchange, request, message);
  if (!session) {
    const Error error = session_of(request).error();
    const int status = error.code() == Code::proto_session_unknown ? 404 : 400;
    co_return co_await fail(exchange, request, error, status, message.id(bytes), protocol::latest_legacy,
                            message.method());
  }
  const session::Registry::Use use(*sessions_, std::move(session));
  if (message.is_request()) {
    co_return co_await run(exchange, request, message, use->revision, &*use);
  }
  if (message.method() == Method::notifications_cancelled)
    use->running.cancel(message.raw(Field::request_id, bytes));
  if (message.is_response()) use->questions.answered(message, bytes);
  co_return co_await accepted(exchange);
}

Task<void> StreamableHttp::initialize(net::Exchange& exchange, const HttpRequest& request,
                                      const protocol::Message& message) {
  std::string scratch;
  const auto version = message.text(Field::protocol_version, exchange.body(), scratch);
  const Revision revision = protocol::negotiate(version.value_or(""));
  if (!message.is_request()) co_return co_await accepted(exchange);
  if (const auto wrong = protocol::check_params(message, exchange.body()); !wrong) {
    co_return co_await run(exchange, request, message, revision, nullptr);
  }
  Result<SessionPointer> session = sessions_->create(request.principal.name, request.endpoint, revision);
  if (!session)
    co_return co_await fail(exchange, request, session.error(), 503, message.id(exchange.body()), revision,
                            Method::initialize);
  const session::Registry::Use use(*sessions_, *session);
  co_return co_await run(exchange, request, message, revision, &*use, "Mcp-Session-Id: " + use->id + "\r\n");
}

Task<void> StreamableHttp::modern(net::Exchange& exchange, const HttpRequest& request,
                                  const protocol::Message& message) {
  if (!message.is_request()) return accepted(exchange);
  if (message.method() == Method::subscriptions_listen) return listen(exchange, request, message);
  return run(exchange, request, message, protocol::latest_modern, nullptr);
}

Task<pipeline::Reply> StreamableHttp::call(net::Exchange& exchange, const HttpRequest& request,
                                           pipeline::Call& call, session::Session* session) {
  const bool modern = protocol::era(call.revision) == Era::modern;
  call.endpoint = request.endpoint;
  call.principal = &request.principal;
  call.client = session;
  if (session) call.session = session->tag;
  call.started = loop_->now();
  const std::vector<protocol::HeaderView> mirrored = param_headers(exchange.head());
  if (modern) call.param_headers = mirrored;
  task::Scope& outer = co_await task::current_scope();
  task::Scope scope(outer);
  session::Running running(call.message->id(call.bytes), scope);
  if (session) session->running.add(running);
  // A modern client that closes has cancelled; a legacy one may come back for its answer.
  if (modern) exchange.on_gone([&scope] { scope.cancel(task::CancelReason::client); });
  Result<pipeline::Reply> reply = co_await front_->call(call).in(scope);
  exchange.on_gone(nullptr);
  if (session) session->running.remove(running);
  if (reply) co_return reply;
  co_return pipeline::Failed(reply.error(), front_->failure(reply.error(), call.correlation));
}

Task<void> StreamableHttp::run(net::Exchange& exchange, const HttpRequest& request,
                               const protocol::Message& message, Revision revision, session::Session* session,
                               std::string headers) {
  const std::string_view bytes = exchange.body();
  const std::string_view id = message.id(bytes);
  const Era era = protocol::era(revision);
  headers.append(request.cors);
  pipeline::Call call;
  call.bytes = bytes;
  call.message = &message;
  call.revision = revision;
  std::optional<CallSink> sink;
  if (request.accepted.events) {
    sink.emplace(*loop_, *front_, exchange,
                 CallSink::Stream{.headers = headers,
                                  .correlation = call.correlation,
                                  .after = settings_.after,
                                  .keepalive = settings_.keepalive,
                                  .session = session,
                                  .request_id = id});
    call.events = &*sink;
  }
  const pipeline::Reply reply = CO_TRY(co_await this->call(exchange, request, call, session));
  if (sink) sink->stop();
  if (exchange.gone() && era == Era::modern) co_return ok();
  const ResponseText text(reply, id, revision);
  // Who names event streams before JSON gets one, but for failures, whose status says something.
  const auto* failed = std::get_if<pipeline::Failed>(&reply);
  const std::string challenge = step_up(exchange.head(), failed);
  const int status = challenge.empty() ? status_of(reply, message.method(), revision)
                                       : protocol::http_status(failed->error, era, protocol::Stage::edge);
  if (sink && request.accepted.events_first && !failed && status == 200) sink->begin();
  if (sink && sink->begun()) {
    front_->answered(era, message.method(), 200);
    std::string line;
    text.append_line(line);
    co_return co_await sink->answer(line);
  }
  if (text.empty()) co_return co_await accepted(exchange);
  if (failed && status == 503) headers += retry_after_line(*failed->failure);
  headers += challenge;
  front_->answered(era, message.method(), status);
  co_return co_await exchange.reply(status, text.pieces(),
                                    correlation_line(call.correlation).append(headers));
}

Task<void> StreamableHttp::accepted(net::Exchange& exchange) {
  co_return co_await exchange.reply({.status = 202, .headers = policy_.cors_headers(exchange.head())});
}

Task<void> StreamableHttp::fail(net::Exchange& exchange, const HttpRequest& request, const Error& error,
                                int status, std::string_view id, Revision revision, Method method) {
  net::HttpReply reply = failure_reply(error, status, id,
                                       {.source = request.principal.source,
                                        .endpoint = request.endpoint,
                                        .method = method,
                                        .revision = revision,
                                        .bytes = exchange.body().size()});
  reply.headers += policy_.cors_headers(exchange.head());
  co_return co_await exchange.reply(reply);
}

}  // namespace sallyport::transport
