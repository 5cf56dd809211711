#include "client/http_channel.hpp"

#include "base/strings.hpp"
#include "classify/refine.hpp"
#include "client/failure.hpp"
#include "client/faulty_stream.hpp"
#include "protocol/envelope.hpp"

namespace sallyport::client {
namespace {

using protocol::Era;
using protocol::Method;

constexpr int max_redirects = 3;
constexpr std::size_t max_session_id = 256;
constexpr std::size_t max_telling = 256;
constexpr std::chrono::milliseconds farewell{2000};

// Where a 307 or 308 to the same origin leads: credentials go nowhere else. Other redirects are not followed.
std::optional<std::string> same_origin_redirect(const net::ResponseHead& head,
                                                const net::Endpoint& endpoint) {
  const auto location = head.fields.find("location");
  if ((head.status != 307 && head.status != 308) || !location) return std::nullopt;
  return net::resolve_within(endpoint, *location);
}

}  // namespace

HttpChannel::HttpChannel(HttpEnvironment environment, net::Endpoint endpoint,
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

Task<std::unique_ptr<HttpChannel>> HttpChannel::open(HttpEnvironment environment,
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
  if (fault) throw_defect(*fault);
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
  for (const std::string& id : pending_.began(pending, weak_from_this())) refuse(id);
  auto answer = co_await exchange(headers_for(outgoing), body, pending);
  pending_.remove(pending);
  if (answer) co_return answer;
  Error error = std::move(answer).error();
  if (pending.progressed) error.with_executed(Executed::yes);
  // A modern server takes the closed connection for it; a legacy one has to be told.
  if (error.code() == Code::proto_cancelled && error.executed() != Executed::no &&
      protocol::era(revision_) == Era::legacy) {
    tell(protocol::cancelled_notification(std::to_string(pending.id), "the caller gave up"));
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
  if (head.status == 200 && net::has_type(head, "application/json")) {
    net::Budget::Charge held = env_.budget.charge();
    std::string answer = CO_TRY(co_await call.receive_body(env_.settings.response, &held));
    if (answer.starts_with('[') && revision_ == protocol::Revision::v2025_03_26)
      answer = take_batch(answer, pending).value_or(answer);
    co_return take_answer(std::move(answer), std::move(held), pending);
  }
  if (head.status == 200 && net::has_type(head, "text/event-stream"))
    co_return co_await receive_events(call, target, pending);
  if (head.status / 100 == 2) {
    co_return Failure(
        failure(classify::FailureClass::protocol, "the answer is neither JSON nor an event stream"));
  }
  co_return co_await receive_failure(call, pending);
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

void HttpChannel::tell(std::string body) {
  if (telling_ == max_telling) return;
  const auto counted = [](HttpChannel& self, std::string message) -> Task<void> {
    ++self.telling_;
    (void)co_await self.notify(std::move(message));
    --self.telling_;
    co_return ok();
  };
  spawn(counted(*this, std::move(body)));
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
