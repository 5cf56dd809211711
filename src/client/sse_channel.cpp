#include "client/sse_channel.hpp"

#include "classify/http.hpp"
#include "classify/refine.hpp"
#include "client/failure.hpp"
#include "client/faulty_stream.hpp"
#include "client/server_messages.hpp"
#include "net/sse.hpp"
#include "protocol/envelope.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sallyport::client {

using protocol::Method;

namespace {

constexpr std::size_t max_telling = 256;
constexpr std::ptrdiff_t max_left = 64;               // POSTs whose request was answered first
constexpr std::uint64_t max_post_answer = 64 * 1024;  // "Accepted", or a few words of a refusal

Error stream_ended() {
  return failure(classify::FailureClass::connection, "the event stream of the server ended");
}

}  // namespace

SseChannel::SseChannel(HttpEnvironment environment, net::Endpoint endpoint,
                       std::shared_ptr<net::TlsTrust> trust)
    : env_(environment),
      pool_(env_.loop, std::move(endpoint), std::move(trust), {.connect = env_.settings.connect}),
      ready_(env_.loop),
      group_(env_.loop) {
  for (const auto& [name, value] : env_.target.headers)
    fixed_headers_ += name + ": " + std::string(value.reveal()) + "\r\n";
  post_headers_ = "Content-Type: application/json\r\nAccept: application/json\r\n" + fixed_headers_;
}

SseChannel::~SseChannel() = default;

bool SseChannel::is_hinted_by(const Error& refusal) noexcept {
  const int status = refusal.status_code().value_or(0);
  return status == 400 || status == 404 || status == 405;
}

Task<std::unique_ptr<SseChannel>> SseChannel::open(HttpEnvironment environment) {
  net::Endpoint endpoint = CO_TRY(net::parse_endpoint(environment.target.url));
  endpoint.socket = environment.target.socket;
  std::shared_ptr<net::TlsTrust> trust;
  if (endpoint.tls) trust = CO_TRY(net::TlsTrust::load(environment.target.ca));
  std::unique_ptr<SseChannel> channel(new SseChannel(environment, std::move(endpoint), std::move(trust)));
  Result<void> ready = co_await task::with_deadline(
      environment.loop.timers(), environment.loop.now() + environment.settings.discovery, channel->begin(),
      [](const Error& cancelled) { return classify::out_of_time(cancelled); });
  if (!ready) {
    task::Scope ending;
    (void)co_await channel->close().in(ending);
    co_return Failure(std::move(ready).error());
  }
  channel->open_ = true;
  co_return channel;
}

Task<void> SseChannel::begin() {
  spawn(read_stream());
  (void)CO_TRY(co_await ready_.take());
  co_return co_await initialize();
}

Task<void> SseChannel::initialize() {
  const protocol::Revision offered = offered_to(env_.target);
  const Outgoing nothing;
  PendingRequest pending(env_.loop, pending_.next_id(), nothing);
  pending.cancellable = false;
  const auto answer = CO_TRY(co_await exchange(
      protocol::initialize_request(std::to_string(pending.id), offered,
                                   protocol::client_capabilities_json(env_.declares, offered)),
      pending));
  const Begun begun =
      CO_TRY(read_initialized(*answer, "initialize was not answered with a revision that we speak"));
  revision_ = begun.revision;
  capabilities_ = begun.capabilities;
  if (revision_ >= protocol::Revision::v2025_06_18)
    post_headers_.append("MCP-Protocol-Version: ").append(protocol::name(revision_)).append("\r\n");
  co_return co_await post(protocol::initialized_notification());
}

Task<std::unique_ptr<pipeline::Answer>> SseChannel::request(const Outgoing& outgoing) {
  PendingRequest pending(env_.loop, pending_.next_id(), outgoing);
  const std::shared_ptr<Faults> faults = env_.target.faults;
  if (faults) pending.fault = faults->strike(outgoing.method, outgoing.name);
  if (pending.fault) env_.owner.fault_injected(*pending.fault->fault);
  if (pending.fault) throw_defect(*pending.fault);
  co_return co_await exchange(encode_request(outgoing, revision_, pending.id), pending);
}

// The answer may come before the POST has been answered: some servers do their work first.
Task<std::unique_ptr<pipeline::Answer>> SseChannel::exchange(std::string body, PendingRequest& pending) {
  if (lost_) co_return Failure(Error(*lost_).with_executed(Executed::no));
  pending_.add(pending);
  send(std::move(body), pending);
  for (const std::string& id : pending_.began(pending, weak_from_this())) refuse(id);
  Result<std::unique_ptr<pipeline::Answer>> answer = co_await pending.answer.take();
  pending_.remove(pending);
  leave_post(pending.id, answer.has_value());
  if (answer) co_return answer;
  Error error = std::move(answer).error();
  if (pending.progressed) error.with_executed(Executed::yes);
  if (error.code() == Code::proto_cancelled && !lost_) {
    if (!pending.progressed) error.with_executed(Executed::maybe);
    error.with_phase(Phase::wait);
    if (pending.cancellable)
      tell(protocol::cancelled_notification(std::to_string(pending.id), "the caller gave up"));
  }
  co_return Failure(std::move(error));
}

Task<void> SseChannel::post(std::string body, net::StreamWrapper* wrapper) {
  net::HttpCall call(pool_, wrapper);
  const std::string_view pieces[] = {body};
  CO_TRY(co_await call.send("POST", post_target_, post_headers_, pieces, false));
  CO_TRY(co_await call.receive_head());
  if (call.head().status / 100 != 2) co_return Failure(refused(call.head()));
  const auto answer =
      co_await call.receive_body(max_post_answer);  // nothing of ours; the connection serves again
  if (!answer && answer.error().code() == Code::proto_cancelled) co_return Failure(answer.error());
  co_return ok();
}

Task<void> SseChannel::post_request(std::string body, std::int64_t id, std::optional<FaultRule> fault) {
  std::optional<FaultyConnection> faulty;
  if (fault) faulty.emplace(env_.loop, *fault, id);
  task::Scope& outer = co_await task::current_scope();
  task::Scope scope(outer);
  posts_.emplace(id, Post{&scope});
  const Result<void> posted = co_await post(std::move(body), faulty ? &*faulty : nullptr).in(scope);
  posts_.erase(id);
  if (posted || posted.error().code() == Code::proto_cancelled) co_return ok();
  Error error = posted.error();
  const bool forgotten =
      error.status_code() == 404;  // it knows our stream no more, though it has not ended it
  if (forgotten) error.with_executed(Executed::no);
  if (PendingRequest* const pending = pending_.find(std::to_string(id)); pending && !pending->answer.filled())
    pending->answer.fill(fail(error));
  if (forgotten) lost(error);
  co_return ok();
}

// A server that does its work first takes the POST last: that keeps the connection for others. Who never
// takes it, or whose caller gave up, is not waited for.
void SseChannel::leave_post(std::int64_t id, bool answered) {
  const auto own = posts_.find(id);
  if (own == posts_.end()) return;
  own->second.left = true;
  const auto is_left = [](const auto& each) { return each.second.left; };
  const auto oldest = std::ranges::find_if(posts_, is_left);
  if (!answered) return own->second.scope->cancel(task::CancelReason::client);
  if (std::ranges::count_if(posts_, is_left) > max_left)
    oldest->second.scope->cancel(task::CancelReason::superseded);
}

void SseChannel::tell(std::string body) {
  if (telling_ < max_telling) spawn(post_notice(std::move(body)));
}

Task<void> SseChannel::post_notice(std::string body) {
  ++telling_;
  (void)co_await task::with_deadline(env_.loop.timers(), env_.loop.now() + env_.settings.discovery,
                                     post(std::move(body)),
                                     [](const Error& cancelled) { return classify::out_of_time(cancelled); });
  --telling_;
  co_return ok();
}

Error SseChannel::refused(const net::ResponseHead& head) const {
  if (head.status / 100 == 3)
    return failure(classify::FailureClass::protocol, "a redirect that is not followed").with_can_retry(false);
  if (head.status / 100 == 2)
    return failure(classify::FailureClass::protocol, "the answer is no event stream");
  std::vector<classify::HeaderField> fields;
  for (const net::HeaderField& field : head.fields) fields.push_back({field.name, field.value});
  classify::Context context;
  context.operation = classify::Operation::tool_call;
  context.handed_over = true;
  context.refuses_with = env_.target.refuses_with;
  const std::string detail = fmt::format("the server answered with HTTP {}", head.status);
  context.detail = detail;
  return classify::from_http(head.status, fields, env_.loop.clock().system_now(), context);
}

void SseChannel::spawn(Task<void> task) {
  if (!lost_) group_.spawn(std::move(task));
}

void SseChannel::lost(const Error& reason) {
  if (lost_) return;
  lost_ = reason;
  if (!ready_.filled()) ready_.fill(fail(reason));
  pending_.for_each([&](PendingRequest& pending) {
    if (pending.answer.filled()) return;
    Error error(reason);
    error.with_executed(pending.progressed ? Executed::yes : Executed::maybe);
    pending.answer.fill(fail(std::move(error)));
  });
  if (open_) env_.owner.channel_lost(reason);
}

Task<void> SseChannel::close() {
  open_ = false;
  lost(failure(classify::FailureClass::unavailable, "the connection was closed"));
  group_.cancel(task::CancelReason::shutdown);
  (void)co_await group_.join();
  pool_.close_idle();
  co_return ok();
}

// ---- What the server says.

Task<void> SseChannel::read_stream() {
  const Result<void> read = co_await read_events();
  if (!read && read.error().code() == Code::proto_cancelled) co_return ok();
  lost(read ? stream_ended() : read.error());
  co_return ok();
}

Task<void> SseChannel::read_events() {
  net::HttpCall call(pool_);
  const std::string headers = "Accept: text/event-stream\r\nCache-Control: no-store\r\n" + fixed_headers_;
  CO_TRY(co_await call.send("GET", pool_.endpoint().target, headers, {}, true));
  CO_TRY(co_await call.receive_head());
  if (call.head().status != 200 || !net::has_type(call.head(), "text/event-stream"))
    co_return Failure(refused(call.head()));
  net::SseParser parser({.line = env_.settings.response, .event = env_.settings.response});
  net::Budget::Charge held = env_.budget.charge();  // for what has come of an event
  while (!lost_) {
    std::string_view bytes = CO_TRY(co_await call.receive_some());
    if (bytes.empty()) break;
    while (auto event = CO_TRY(parser.next(bytes))) {
      if (event->event == "endpoint") {
        take_endpoint(event->data);
      } else if (!event->data.empty()) {
        held.release();
        take_message(event->data);
      }
    }
    if (!held.resize(parser.held())) co_return Failure(net::no_room());
  }
  co_return ok();
}

// The first one counts. Credentials go with every POST, so it has to lead to where they belong.
void SseChannel::take_endpoint(std::string_view reference) {
  if (!post_target_.empty()) return env_.owner.garbage("endpoint");
  auto target = net::resolve_within(pool_.endpoint(), reference);
  if (!target) {
    env_.owner.garbage("endpoint");
    return lost(failure(classify::FailureClass::protocol,
                        "the endpoint event of the server does not lead to the origin of its stream")
                    .with_can_retry(false));
  }
  post_target_ = std::move(*target);
  ready_.fill(std::monostate());
}

void SseChannel::take_message(std::string_view text) {
  const auto message = protocol::parse_message(text, answer_limits(env_.settings, env_.settings.response));
  if (!message) {
    env_.owner.garbage(message.error().flaw == protocol::Flaw::not_json ? "not_json" : "not_jsonrpc");
    PendingRequest* const asker = asker_of_unreadable(text, pending_);
    if (asker && !asker->answer.filled()) asker->answer.fill(fail(unreadable()));
    return;
  }
  if (message->is_response()) return take_answer(text, *message);
  if (message->is_request()) return take_request(text, *message);
  pass_on(text, *message, pending_, env_.owner);
}

void SseChannel::take_answer(std::string_view text, const protocol::Message& message) {
  PendingRequest* const pending = pending_.find(message.id(text));
  if (!pending || pending->answer.filled()) return env_.owner.late_answer();
  if (pending->fault) [[unlikely]]
    return strike_answer(*pending, text);
  deliver(pending_, *pending, text, message, env_.budget);
}

void SseChannel::take_request(std::string_view text, const protocol::Message& message) {
  const std::string_view id = message.id(text);
  if (message.method() == Method::ping) return respond(protocol::result_response(id, "{}"));
  if (env_.declares.none() || !pending_.asked(text, message, weak_from_this())) refuse(id);
}

void SseChannel::refuse(std::string_view id) {
  env_.owner.garbage("request");
  respond(protocol::method_not_found_response(id));
}

void SseChannel::respond(std::string response) {
  tell(std::move(response));
}

}  // namespace sallyport::client
