#include "client/http_channel.hpp"

#include "base/strings.hpp"
#include "classify/http.hpp"
#include "classify/jsonrpc.hpp"
#include "classify/refine.hpp"
#include "client/faulty_stream.hpp"
#include "client/probe.hpp"
#include "protocol/envelope.hpp"

#include <fmt/format.h>

namespace sallyport::client {
namespace {

using protocol::Era;
using protocol::Field;
using protocol::Method;

constexpr std::chrono::milliseconds listen_pause{1000};
constexpr std::chrono::milliseconds longest_listen_pause{60000};
constexpr int max_redirects = 3;
constexpr std::size_t max_session_id = 256;
constexpr std::uint64_t max_failure_body = 64 * 1024;
constexpr std::chrono::milliseconds farewell{2000};

Error failure(classify::FailureClass kind, std::string_view detail) {
  classify::Context context;
  context.operation = classify::Operation::tool_call;
  context.handed_over = true;
  context.detail = detail;
  return classify::make_error(kind, context);
}

// The server's own error in place of what it can do.
Error refused_to_begin(const pipeline::Answer& answer) {
  std::string scratch;
  classify::Context context;
  context.operation = classify::Operation::discovery;
  context.executed = Executed::no;  // of ours: no call had begun
  context.detail = answer.message.text(Field::error_message, answer.bytes, scratch).value_or("");
  return classify::from_jsonrpc(answer.message.error_code(answer.bytes), std::nullopt, context);
}

bool has_type(const net::ResponseHead& head, std::string_view type) {
  const auto value = head.fields.find("content-type");
  return value && iequals(trim(value->substr(0, value->find(';'))), type);
}

// Where a 307 or 308 to the same origin leads: credentials go nowhere else. Other redirects are not followed.
std::optional<std::string> same_origin_redirect(const net::ResponseHead& head,
                                                const net::Endpoint& endpoint) {
  const auto location = head.fields.find("location");
  if ((head.status != 307 && head.status != 308) || !location) return std::nullopt;
  if (location->starts_with('/') && !location->starts_with("//")) return std::string(*location);
  const auto other = net::parse_endpoint(*location);
  const bool same = other && other->tls == endpoint.tls && iequals(other->host, endpoint.host) &&
                    other->port == endpoint.port;
  return same ? std::optional(other->target) : std::nullopt;
}

// What a legacy server says about a session that it does not know: 404 by the spec, 400 with -32000 from
// those who wrote their own check. Either way the request did not run.
bool lost_session(int status, const pipeline::Answer* body) {
  if (status == 404) return true;
  return status == 400 && body && body->message.error_code(body->bytes) == -32000;
}

}  // namespace

HttpChannel::HttpChannel(Environment environment, net::Endpoint endpoint,
                         std::shared_ptr<net::TlsTrust> trust)
    : env_(environment),
      pool_(env_.loop, std::move(endpoint), std::move(trust), {.connect = env_.settings.connect}),
      group_(env_.loop),
      initializing_(group_) {
  fixed_headers_ = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
  for (const auto& [name, value] : env_.target.headers) {
    fixed_headers_ += name + ": " + std::string(value.reveal()) + "\r\n";
  }
}

HttpChannel::~HttpChannel() = default;

Task<std::unique_ptr<HttpChannel>> HttpChannel::open(Environment environment,
                                                     std::optional<protocol::Revision> revision) {
  net::Endpoint endpoint = CO_TRY(net::parse_endpoint(environment.target.url));
  endpoint.socket = environment.target.socket;
  std::shared_ptr<net::TlsTrust> trust;
  if (endpoint.tls) trust = CO_TRY(net::TlsTrust::load(environment.target.ca));
  std::unique_ptr<HttpChannel> channel(new HttpChannel(environment, std::move(endpoint), std::move(trust)));
  Result<void> ready = co_await channel->handshake(revision);
  if (!ready) {
    task::Scope ending;
    (void)co_await channel->close().in(ending);
    co_return Failure(std::move(ready).error());
  }
  channel->spawn(channel->listen());
  co_return channel;
}

Task<void> HttpChannel::handshake(std::optional<protocol::Revision> revision) {
  // A server whose revision the config names is asked too: what it can do is said there only.
  if (!revision || protocol::era(*revision) == Era::modern) {
    const bool modern = CO_TRY(co_await probe_modern());
    if (modern && !revision) revision = protocol::latest_modern;
  }
  revision_ = revision.value_or(protocol::latest_legacy);
  renew_headers();
  if (protocol::era(revision_) == Era::modern) co_return ok();
  co_return co_await initialize();
}

Task<bool> HttpChannel::probe_modern() {
  Outgoing discover;
  discover.method = Method::server_discover;
  discover.repeatable = true;
  revision_ = protocol::latest_modern;
  renew_headers();
  auto answer = co_await request(discover);
  if (answer) {
    switch (judge_probe((*answer)->bytes, (*answer)->message)) {
      case ProbeVerdict::modern:
        if ((*answer)->message.kind() == protocol::MessageKind::result_response)
          capabilities_ = protocol::read_capabilities((*answer)->message, (*answer)->bytes, revision_);
        co_return true;
      case ProbeVerdict::legacy:
        co_return false;
      case ProbeVerdict::incompatible:
        break;
    }
    co_return Failure(
        failure(classify::FailureClass::protocol, "the server speaks no protocol revision of ours"));
  }
  // A refusal that is no JSON-RPC is how a server answers that never heard of it; an outage is no evidence.
  const int status = answer.error().status_code().value_or(0);
  if (status >= 400 && status < 500 && status != 401 && status != 403 && status != 408 && status != 429)
    co_return false;
  co_return Failure(std::move(answer).error());
}

Task<void> HttpChannel::initialize() {
  const protocol::Revision offered =
      env_.target.protocol && protocol::era(*env_.target.protocol) == Era::legacy ? *env_.target.protocol
                                                                                  : protocol::latest_legacy;
  revision_ = offered;
  const Outgoing nothing;
  PendingRequest pending(env_.loop, pending_.next_id(), nothing);
  const std::string body = protocol::initialize_request(std::to_string(pending.id), offered);
  const auto answer = CO_TRY(co_await exchange(fixed_headers_, body, pending));
  if (answer->message.kind() == protocol::MessageKind::error_response)
    co_return Failure(refused_to_begin(*answer));
  std::string scratch;
  const auto version = answer->message.text(Field::result_version, answer->bytes, scratch);
  const auto revision = version ? protocol::parse_revision(*version) : std::nullopt;
  if (!revision || protocol::era(*revision) != Era::legacy) {
    co_return Failure(failure(classify::FailureClass::protocol,
                              "initialize was not answered with a revision that we speak"));
  }
  revision_ = *revision;
  capabilities_ = protocol::read_capabilities(answer->message, answer->bytes, revision_);
  session_ = std::move(pending.session);
  renew_headers();
  co_return co_await notify(protocol::initialized_notification());
}

Task<void> HttpChannel::reinitialize(std::string lost) {
  if (session_ != lost) co_return ok();  // somebody else did it meanwhile
  if (closing_) {
    co_return Failure(failure(classify::FailureClass::unavailable, "the connection was closed")
                          .with_executed(Executed::no));
  }
  co_return co_await initializing_.run([this] {
    return task::with_deadline(env_.loop.timers(), env_.loop.now() + env_.settings.discovery, renew_session(),
                               [](const Error& cancelled) { return classify::out_of_time(cancelled); });
  });
}

Task<void> HttpChannel::renew_session() {
  CO_TRY(co_await initialize());
  if (std::exchange(listened_, false)) spawn(listen());
  env_.owner.session_renewed();
  co_return ok();
}

void HttpChannel::renew_headers() {
  common_headers_ = fixed_headers_;
  if (!session_.empty()) common_headers_ += "Mcp-Session-Id: " + session_ + "\r\n";
  if (revision_ >= protocol::Revision::v2025_06_18) {
    common_headers_.append("MCP-Protocol-Version: ").append(protocol::name(revision_)).append("\r\n");
  }
}

std::string HttpChannel::headers_for(const Outgoing& outgoing) const {
  if (protocol::era(revision_) != Era::modern) return common_headers_;
  std::string headers;
  headers.reserve(common_headers_.size() + 128);
  headers = common_headers_;
  headers.append("Mcp-Method: ").append(protocol::name(outgoing.method)).append("\r\n");
  if (!outgoing.name.empty())
    headers.append("Mcp-Name: ").append(protocol::encode_header_value(outgoing.name)).append("\r\n");
  for (const auto& field : protocol::build_param_headers(outgoing.param_headers, outgoing.arguments)) {
    headers.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return headers;
}

Task<std::unique_ptr<pipeline::Answer>> HttpChannel::request(const Outgoing& outgoing) {
  if (env_.target.faults) [[unlikely]]
    return request_struck(outgoing);
  return session_.empty() ? post(outgoing) : post_in_session(outgoing);
}

Task<std::unique_ptr<pipeline::Answer>> HttpChannel::request_struck(const Outgoing& outgoing) {
  const std::shared_ptr<Faults> faults = env_.target.faults;
  const FaultRule* const fault = faults->strike(outgoing.method, outgoing.name);
  if (fault) env_.owner.fault_injected(*fault->fault);
  co_return co_await (session_.empty() ? post(outgoing, fault) : post_in_session(outgoing, fault));
}

Task<std::unique_ptr<pipeline::Answer>> HttpChannel::post_in_session(const Outgoing& outgoing,
                                                                     const FaultRule* fault) {
  const std::string session = session_;
  auto answer = co_await post(outgoing, fault);
  if (answer || answer.error().code() != Code::proto_session_unknown) co_return answer;
  // The upstream forgot our session, so the request did not run: once more in a new one.
  CO_TRY(co_await reinitialize(session));
  answer = co_await post(outgoing);
  if (answer) (*answer)->degraded = Code::recovery_session_reset;
  if (!answer && answer.error().code() == Code::proto_session_unknown) {
    co_return Failure(
        failure(classify::FailureClass::unavailable, "the server forgets its sessions at once"));
  }
  co_return answer;
}

Task<std::unique_ptr<pipeline::Answer>> HttpChannel::post(const Outgoing& outgoing, const FaultRule* fault) {
  PendingRequest pending(env_.loop, pending_.next_id(), outgoing);
  pending.session = session_;
  pending.fault = fault;
  pending_.add(pending);
  const std::string body = encode_request(outgoing, revision_, pending.id);
  auto answer = co_await exchange(headers_for(outgoing), body, pending);
  pending_.remove(pending);
  if (answer) co_return answer;
  Error error = std::move(answer).error();
  if (pending.progressed) error.with_executed(Executed::yes);
  // A modern server takes the closed connection for it; a legacy one has to be told.
  if (error.code() == Code::proto_cancelled && error.executed() != Executed::no &&
      protocol::era(revision_) == Era::legacy) {
    spawn(notify(protocol::cancelled_notification(std::to_string(pending.id), "the caller gave up")));
  }
  co_return Failure(std::move(error));
}

Task<std::unique_ptr<pipeline::Answer>> HttpChannel::exchange(std::string_view headers, std::string_view body,
                                                              PendingRequest& pending) {
  const std::string_view pieces[] = {body};
  std::string target = pool_.endpoint().target;
  std::unique_ptr<FaultyConnection> faulty;
  if (pending.fault) faulty = std::make_unique<FaultyConnection>(env_.loop, *pending.fault, pending.id);
  std::optional<net::HttpCall> request(std::in_place, pool_, faulty.get());
  for (int hop = 0;; ++hop) {
    CO_TRY(co_await request->send("POST", target, headers, pieces, pending.outgoing->repeatable));
    CO_TRY(co_await request->receive_head());
    auto moved = same_origin_redirect(request->head(), pool_.endpoint());
    if (!moved || hop == max_redirects) break;
    target = std::move(*moved);
    request.emplace(pool_);
  }
  net::HttpCall& call = *request;
  const net::ResponseHead& head = call.head();
  const auto session = head.fields.find("mcp-session-id");
  if (session && pending.session.empty() && session->size() <= max_session_id) pending.session = *session;
  if (head.status == 200 && has_type(head, "application/json")) {
    std::string answer = CO_TRY(co_await call.receive_body(env_.settings.response));
    if (answer.starts_with('[') && revision_ == protocol::Revision::v2025_03_26)
      answer = take_batch(answer, pending).value_or(answer);
    co_return take_answer(std::move(answer), pending);
  }
  if (head.status == 200 && has_type(head, "text/event-stream"))
    co_return co_await receive_events(call, pending);
  if (head.status / 100 == 2) {
    co_return Failure(
        failure(classify::FailureClass::protocol, "the answer is neither JSON nor an event stream"));
  }
  co_return co_await receive_failure(call, pending);
}

Result<std::unique_ptr<pipeline::Answer>> HttpChannel::take_answer(std::string bytes,
                                                                   PendingRequest& pending) {
  const auto message = protocol::parse_message(bytes, answer_limits(env_.settings, env_.settings.response));
  if (!message || !message->is_response()) {
    env_.owner.garbage(message || message.error().flaw != protocol::Flaw::not_json ? "not_jsonrpc"
                                                                                   : "not_json");
    return fail(failure(classify::FailureClass::protocol,
                        "the answer is not the JSON-RPC response that was asked for"));
  }
  if (json::as_int64(message->id(bytes)) != pending.id && !(message->id(bytes).empty())) {
    env_.owner.garbage("wrong_id");
    return fail(failure(classify::FailureClass::protocol, "the answer carries another id than the request"));
  }
  auto answer = std::make_unique<pipeline::Answer>();
  answer->charge = env_.budget.charge();
  if (!answer->charge.grow(bytes.size())) {
    return fail(
        Error(Code::system_resource_exhausted).with_executed(Executed::yes).with_phase(Phase::receive));
  }
  answer->message = *message;
  answer->bytes = std::move(bytes);
  return answer;
}

Task<std::unique_ptr<pipeline::Answer>> HttpChannel::receive_events(net::HttpCall& call,
                                                                    PendingRequest& pending) {
  net::SseParser parser({.line = env_.settings.response, .event = env_.settings.response});
  for (;;) {
    std::string_view bytes = CO_TRY(co_await call.receive_some());
    if (bytes.empty()) break;
    while (auto event = CO_TRY(parser.next(bytes))) {
      if (event->data.empty()) continue;
      if (event->data.front() == '[' && revision_ == protocol::Revision::v2025_03_26) {
        if (auto own = take_batch(event->data, pending)) co_return take_answer(std::move(*own), pending);
        continue;
      }
      const auto message =
          protocol::parse_message(event->data, answer_limits(env_.settings, env_.settings.response));
      if (message && message->is_response() && json::as_int64(message->id(event->data)) == pending.id) {
        co_return take_answer(std::string(event->data), pending);
      }
      take_event(event->data, &pending);
    }
  }
  co_return Failure(failure(classify::FailureClass::connection, "the event stream ended without the answer"));
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
  if (message->is_request()) {
    env_.owner.garbage("request");
    spawn(notify(protocol::method_not_found_response(message->id(data))));
    return;
  }
  if (message->method() == Method::notifications_progress) pending_.progress(data, *message);
  if (message->method() == Method::notifications_message) pending_.log(data, *message, own);
  if (message->method() == Method::notifications_resources_updated) {
    std::string scratch;
    if (const auto uri = message->text(Field::uri, data, scratch)) env_.owner.resource_updated(*uri);
  }
  for (const protocol::TopicRow& each : protocol::topic_rows)
    if (message->method() == each.notification) env_.owner.list_changed(each.topic);
}

// A status of 300 and above. A modern server's JSON-RPC error is its answer; a session that is not known is
// told apart.
Task<std::unique_ptr<pipeline::Answer>> HttpChannel::receive_failure(net::HttpCall& call,
                                                                     PendingRequest& pending) {
  const int status = call.head().status;
  std::unique_ptr<pipeline::Answer> answer;
  if (has_type(call.head(), "application/json")) {
    if (auto body = co_await call.receive_body(max_failure_body)) {
      answer = take_answer(std::move(*body), pending).value_or(nullptr);
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

Task<void> HttpChannel::notify(std::string body) {
  const auto send = [](HttpChannel& self, const std::string& text) -> Task<void> {
    net::HttpCall call(self.pool_);
    const std::string_view pieces[] = {text};
    const std::string headers = self.common_headers_;
    CO_TRY(co_await call.send("POST", self.pool_.endpoint().target, headers, pieces, true));
    CO_TRY(co_await call.receive_head());
    CO_TRY(co_await call.receive_body(max_failure_body));
    co_return ok();
  };
  co_return co_await task::with_deadline(
      env_.loop.timers(), env_.loop.now() + env_.settings.discovery, send(*this, body),
      [](const Error& cancelled) { return classify::out_of_time(cancelled); });
}

void HttpChannel::listen_to(std::vector<std::string> uris) {
  if (protocol::era(revision_) != Era::modern) return;
  uris_ = std::move(uris);
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
    body = protocol::listen_request(std::to_string(pending_.next_id()), uris_);
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
  if (call.head().status != 200 || !has_type(call.head(), "text/event-stream"))
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

void HttpChannel::spawn(Task<void> task) {
  if (!closing_) group_.spawn(std::move(task));
}

Task<void> HttpChannel::close() {
  closing_ = true;
  group_.cancel(task::CancelReason::shutdown);
  CO_TRY(co_await group_.join());
  if (!session_.empty()) {
    const auto end_session = [](HttpChannel& self) -> Task<void> {
      net::HttpCall call(self.pool_);
      const std::string headers = self.common_headers_;
      CO_TRY(co_await call.send("DELETE", self.pool_.endpoint().target, headers, {}, true));
      co_return co_await call.receive_head();
    };
    // A courtesy: whether the upstream takes it changes nothing.
    (void)co_await task::with_deadline(env_.loop.timers(), env_.loop.now() + farewell, end_session(*this),
                                       [](const Error& cancelled) { return cancelled; });
  }
  pool_.close_idle();
  co_return ok();
}

}  // namespace sallyport::client
