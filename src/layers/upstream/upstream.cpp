#include "layers/upstream/upstream.hpp"

#include "classify/classify.hpp"
#include "json/splice.hpp"
#include "net/connect.hpp"
#include "pipeline/edited.hpp"
#include "pipeline/outcome.hpp"
#include "protocol/completion.hpp"
#include "protocol/envelope.hpp"
#include "protocol/rewrite.hpp"
#include "protocol/tasks.hpp"
#include "upstream/record.hpp"
#include "upstream/server.hpp"
#include "upstream/tool.hpp"

#include <algorithm>
#include <array>

namespace sallyport::layers {
namespace {

using protocol::Field;
using protocol::Method;

// Whom failures are laid to: without authentication there is one principal, so it is the address.
std::string_view caller_of(const pipeline::Principal& principal) {
  return principal.is_anonymous() ? principal.source : principal.name;
}

Error malformed() {
  classify::Context context;
  context.phase = Phase::decode;
  return classify::make_error(classify::FailureClass::protocol, context).with_can_retry(false);
}

bool asks_back(const pipeline::Answer& answer) {
  return answer.message.kind() == protocol::MessageKind::result_response &&
         protocol::classify_result(answer.message, answer.bytes) == protocol::ResultClass::input_required;
}

// What a server may answer to any call; that it asks something back is the asking layer's business.
Result<void> check_answer(const pipeline::Call& call, const pipeline::Answer& answer) {
  if (answer.message.kind() != protocol::MessageKind::result_response) return {};
  if (asks_back(answer) && call.method() != Method::completion_complete) return {};
  const protocol::ResultClass type = protocol::classify_result(answer.message, answer.bytes);
  if (type == protocol::ResultClass::task && call.takes_task) return {};
  if (type == protocol::ResultClass::complete) return {};
  return fail(malformed());
}

// The members of params, without braces, under the server's own name.
Result<std::string> params_of(const pipeline::Call& call) {
  std::string params;
  switch (call.method()) {
    case Method::prompts_get:
      params = R"("name":)" + json::quote(call.own_name);
      if (const auto arguments = call.message->raw(Field::arguments, call.bytes); !arguments.empty())
        params.append(R"(,"arguments":)").append(arguments);
      return params;
    case Method::completion_complete: {
      const protocol::Completion asked = TRY(protocol::read_completion(*call.message, call.bytes));
      return protocol::completion_params(asked, call.own_name);
    }
    case Method::tasks_get:
    case Method::tasks_result:
    case Method::tasks_cancel:
      return R"("taskId":)" + json::quote(call.own_name);
    case Method::tasks_update:
      return R"("taskId":)" + json::quote(call.own_name) + R"(,"inputResponses":)" +
             std::string(call.message->raw(Field::input_responses, call.bytes));
    default:
      return R"("uri":)" + json::quote(call.own_name);
  }
}

// A resource that was asked for as sp+{server}:{uri} is called so in the answer too: under its plain URI the
// caller would find another server's.
void rename_contents(std::string_view asked, std::string_view own, pipeline::Answer& answer,
                     json::Span contents) {
  const std::string shown = json::quote(asked);
  json::Splice splice(answer.bytes);
  json::ElementCursor cursor(answer.bytes, contents);
  while (const auto block = cursor.next()) {
    if (!block->is(json::Type::object)) continue;
    const json::Value uri = json::find_member(answer.bytes, block->span, "uri").value;
    if (uri.is(json::Type::string) && json::equals_unescaped(uri.of(answer.bytes), own))
      splice.replace(uri.span, shown);
  }
  (void)pipeline::take_edited(answer, splice.to_string());
}

// What every client relies on in an answer that is none to a tool call.
Result<void> check_content(const pipeline::Call& call, pipeline::Answer& answer) {
  if (answer.message.kind() != protocol::MessageKind::result_response || asks_back(answer)) return {};
  struct Shape {
    Method method;
    std::string_view member;
    json::Type type;
  };
  static constexpr std::array shapes{
      Shape{Method::prompts_get, "messages", json::Type::array},
      Shape{Method::resources_read, "contents", json::Type::array},
      Shape{Method::completion_complete, "completion", json::Type::object},
  };
  const auto shape = std::ranges::find(shapes, call.method(), &Shape::method);
  if (shape == shapes.end()) return {};
  const json::Value value =
      json::find_member(answer.bytes, answer.message[Field::result].value.span, shape->member).value;
  if (!value.is(shape->type)) return fail(malformed());
  if (call.method() != Method::resources_read) return {};
  std::string scratch;
  const auto asked = call.message->text(Field::uri, call.bytes, scratch);
  if (asked && *asked != call.own_name) rename_contents(*asked, call.own_name, answer, value.span);
  return {};
}

// What a modern server is told that its caller can do.
std::string capabilities_of(const pipeline::Call& call) {
  std::string capabilities = protocol::client_capabilities_json(call.askable, protocol::latest_modern);
  return call.takes_task ? protocol::with_tasks_extension(std::move(capabilities)) : capabilities;
}

// A modern server refuses a tool that runs only as a task to callers who cannot take one; a legacy caller has
// no way to take one.
bool wants_a_task(const pipeline::Call& call, const pipeline::Answer& answer) {
  constexpr int missing_capability = -32021;
  if (protocol::era(call.revision) == protocol::Era::modern) return false;
  if (answer.message.kind() != protocol::MessageKind::error_response) return false;
  if (answer.message.error_code(answer.bytes) != missing_capability) return false;
  const json::Value data = answer.message[Field::error_data].value;
  if (!data.is(json::Type::object)) return false;
  const json::Value required = json::find_member(answer.bytes, data.span, "requiredCapabilities").value;
  return required.is(json::Type::object) && protocol::declares_tasks(required.of(answer.bytes));
}

// A server that completes nothing, of a revision in which it could not say so before.
bool completes_nothing(const pipeline::Call& call, const pipeline::Answer& answer) {
  constexpr int method_not_found = -32601;
  return call.method() == Method::completion_complete &&
         call.server->revision() == protocol::Revision::v2024_11_05 &&
         answer.message.kind() == protocol::MessageKind::error_response &&
         answer.message.error_code(answer.bytes) == method_not_found;
}

// Where an HTTP server is; without a host for a child process.
net::Endpoint endpoint_of(const upstream::Server& server) {
  if (server.target().is_stdio()) return {};
  return net::parse_endpoint(server.target().url).value_or(net::Endpoint());
}

// What the call makes of a wait that its own deadline ended is decided further out, and is this.
telemetry::Outcome failed_outcome(const Error& error, const task::Scope& scope) {
  telemetry::Outcome outcome = pipeline::outcome(error);
  if (scope.cancelled() && scope.reason() == task::CancelReason::deadline) {
    outcome.code = Code::tool_timeout;
    outcome.kind = row(Code::tool_timeout).kind;
  }
  return outcome;
}

}  // namespace

// The subscription is the gateway's, one for all who want it; this client hears under the URI that it named.
Task<pipeline::Reply> Upstream::subscribe(pipeline::Call& call) {
  session::Client* const client = call.client;
  if (!client) {
    co_return Failure(Error(Code::proto_method_not_found)
                          .with_executed(Executed::no)
                          .with_slot(Slot::method, protocol::name(call.method())));
  }
  std::string scratch;
  const std::string shown(call.message->text(Field::uri, call.bytes, scratch).value_or(""));
  const pipeline::Local done{std::make_shared<const std::string>(protocol::empty_result(call.revision))};
  if (client->subscriptions.contains(shown)) co_return done;
  if (client->subscriptions.size() >= subscriptions_) {
    co_return Failure(Error(Code::limit_too_many_subscriptions)
                          .with_executed(Executed::no)
                          .with_slot(Slot::limit, subscriptions_));
  }
  auto watching = CO_TRY(co_await upstream::Server::watch(
      call.server, call.own_name, [client, shown] { client->resource_updated(shown); }));
  if (watching.refusal) {
    watching.refusal->method = call.method();
    co_return std::move(watching.refusal);
  }
  client->subscriptions.try_emplace(shown, std::move(watching.watch));
  co_return done;
}

// The same request with a span of its own, of which its server hears.
Task<std::unique_ptr<pipeline::Answer>> Upstream::traced(pipeline::Call& call, client::Outgoing& outgoing) {
  const telemetry::SpanId span = telemetry::SpanId::make();
  const std::string parent = telemetry::TraceParent{call.trace.id, span, call.trace.sampled}.text();
  outgoing.traceparent = parent;
  outgoing.tracestate = call.trace.state;
  const SystemTime started = timers_->clock().system_now();
  const SteadyTime before = timers_->now();
  auto answer = co_await call.server->request(outgoing);
  if (!call.trace.sampled) co_return answer;
  telemetry::AttemptRecord record;
  record.started = started;
  record.took = timers_->now() - before;
  record.method = call.method();
  record.server = call.server->key();
  record.target = upstream::target_of(call);
  record.listed = !call.tool || call.tool->listed;
  record.revision = call.server->revision();
  const net::Endpoint endpoint = endpoint_of(*call.server);
  record.address = endpoint.host;
  record.port = endpoint.port;
  record.number = call.attempts;
  record.outcome =
      answer ? pipeline::outcome(**answer) : failed_outcome(answer.error(), co_await task::current_scope());
  record.error = answer ? nullptr : &answer.error();
  record.correlation = call.correlation;
  record.trace = call.trace.id;
  record.parent = call.trace.span;
  record.span = span;
  record.state = call.trace.state;
  hub_->finished(record);
  co_return answer;
}

Task<pipeline::Reply> Upstream::call(pipeline::Call& call) {
  if (call.method() == Method::resources_subscribe) co_return co_await subscribe(call);
  client::Outgoing outgoing;
  outgoing.method = call.method();
  std::string params;
  if (call.tool) {
    outgoing.name = call.tool->name;
    outgoing.arguments = call.message->raw(Field::arguments, call.bytes);
    outgoing.param_headers = call.tool->param_headers;
  } else {
    params = CO_TRY(params_of(call));
    outgoing.params = params;
    if (protocol::row(call.method()).name_source != protocol::NameSource::none) outgoing.name = call.own_name;
  }
  const std::string capabilities = capabilities_of(call);
  outgoing.capabilities = capabilities;
  outgoing.answers = call.answers;
  outgoing.task = call.task;
  outgoing.task_sink = call.task_sink;
  outgoing.caller = caller_of(*call.principal);
  outgoing.hops = call.hops;
  outgoing.events = call.events;
  outgoing.questions = call.questions;
  if (call.events) outgoing.progress_token = call.message->raw(Field::progress_token, call.bytes);
  if (call.log_level) {
    outgoing.log_level = call.log_level;
    outgoing.log_asked = call.log_asked;
    outgoing.log_wanted = call.log_demand->lowest();
  }
  outgoing.repeatable = call.idempotent;
  outgoing.timer = call.timer;
  ++call.attempts;
  auto asked = call.trace.active() ? traced(call, outgoing) : call.server->request(outgoing);
  auto answer = CO_TRY(co_await std::move(asked));
  answer->method = call.method();
  if (completes_nothing(call, *answer))
    co_return pipeline::Local{std::make_shared<const std::string>(protocol::empty_completion(call.revision))};
  if (wants_a_task(call, *answer))
    co_return Failure(Error(Code::proto_cannot_bridge)
                          .with_executed(Executed::no)
                          .with_slot(Slot::constraint,
                                     "the tool runs only as a task of 2026-07-28, which "
                                     "the client's revision does not have"));
  Result<void> sound = check_answer(call, *answer);
  if (sound && !call.tool) sound = check_content(call, *answer);
  if (sound) co_return answer;
  if (sound.error().code() == Code::network_protocol_error) call.server->answered_badly(outgoing.caller);
  co_return Failure(std::move(sound).error());
}

}  // namespace sallyport::layers
