#include "server/host.hpp"

#include "errors/authored.hpp"
#include "pipeline/client_wishes.hpp"
#include "protocol/edge.hpp"
#include "protocol/envelope.hpp"
#include "protocol/mcp_headers.hpp"
#include "server/results.hpp"
#include "server/running.hpp"
#include "task/group.hpp"
#include "telemetry/log.hpp"

#include <algorithm>

namespace sallyport::server {
namespace {

using pipeline::local;
using protocol::Field;
using protocol::Method;

// How long a modern client may keep what server/discover says.
constexpr std::uint64_t discover_ttl_ms = 60000;

Error draining_error() {
  return Error(Code::limit_draining)
      .with_executed(Executed::no)
      .with_can_retry(true)
      .with_retry_after(std::chrono::seconds(5));
}

Error not_offered(Method method) {
  return Error(Code::proto_method_not_found)
      .with_executed(Executed::no)
      .with_slot(Slot::method, protocol::name(method));
}

// Whoever raised it as an exception of ours, or returned an Error, said what it is. Anything else that leaves
// a function is a mistake of it: what it says is for its developer alone.
Error of_tool(Error error) {
  if (!error.authored() && (error.code() == Code::system_internal_error)) {
    Error masked(Code::tool_execution_failed);
    masked.with_executed(Executed::yes).with_can_retry(false).with_cause(std::move(error));
    return masked;
  }
  if (error.code() != Code::proto_cancelled && error.executed() == Executed::maybe)
    error.with_executed(Executed::yes);
  return error;
}

std::string_view word(Capability capability) {
  switch (capability) {
    case Capability::sampling:
      return "sampling";
    case Capability::elicitation:
      return "elicitation";
    case Capability::roots:
      return "roots";
  }
  std::unreachable();
}

// What the client declared that it can be asked for: with each request in the modern era, with `initialize`
// before it.
std::string_view declared(const pipeline::Call& call) {
  if (protocol::era(call.revision) == protocol::Era::modern)
    return call.message->raw(Field::meta_capabilities, call.bytes);
  return call.client ? std::string_view(call.client->capabilities) : std::string_view();
}

std::optional<Error> missing_capability(const Tool& tool, const pipeline::Call& call) {
  const Json has = Json::trusted(std::string(declared(call).empty() ? "{}" : declared(call)));
  Json missing;
  for (const Capability each : tool.needed())
    if (!has.find(word(each))) missing.set(word(each), Json::object());
  if (missing.is_null()) return std::nullopt;
  Error error(Code::proto_missing_client_capability);
  error.with_executed(Executed::no)
      .with_slot(Slot::constraint, missing.members().front().first)
      .with_spec_data(Json::object({{"requiredCapabilities", missing}}).text());
  return error;
}

// The text for the agent is its author's.
void put_words_of_author(protocol::CanonicalFailure& failure, const Error& error) {
  const Authored* authored = error.authored();
  if (!authored || authored->message.empty()) return;
  failure.text = authored->message;
  if (!authored->additional_prompt_content.empty())
    failure.text.append("\n\n").append(authored->additional_prompt_content);
}

}  // namespace

Host::Host(task::Loop& loop, Registry& registry) : loop_(&loop), registry_(&registry), idle_(loop) {
  registry_->on_change([this](protocol::Topic topic) { changed(topic); });
}

Host::~Host() {
  registry_->on_change({});
}

Task<pipeline::Reply> Host::call(pipeline::Call& call) {
  task::Scope& caller = co_await task::current_scope();
  if (draining_) co_return failed(call, draining_error(), caller);
  call.log_demand = &log_demand_;
  task::Scope scope(caller);
  session::Running running(call.message->id(call.bytes), scope);
  running_.add(running);
  Result<pipeline::Reply> reply = co_await dispatch(call).in(scope);
  running_.remove(running);
  if (running_.empty()) idle_.set();
  if (reply) co_return reply;
  co_return failed(call, std::move(reply).error(), scope);
}

pipeline::Failed Host::failed(const pipeline::Call& call, Error error, const task::Scope& scope) {
  if (error.code() == Code::proto_cancelled && scope.reason() == task::CancelReason::shutdown) {
    Error ended(error.executed() == Executed::no ? Code::limit_deadline_exhausted : Code::tool_timeout);
    ended.with_can_retry(false).with_executed(error.executed()).with_cause(error);
    error = std::move(ended);
  }
  const bool tools_call = call.method() == Method::tools_call;
  if (error.code() != Code::proto_cancelled) {
    log::warn("a request failed", {{"method", protocol::name(call.method())},
                                   {"tool", call.shown_name},
                                   {"ref", call.correlation.hex()},
                                   {"error", error}});
  }
  protocol::FailureContext context;
  context.correlation = call.correlation;
  context.tool = call.shown_name;
  context.tools_call = tools_call;
  context.idempotent = call.idempotent;
  if (error.authored()) context.additional_prompt_content = error.authored()->additional_prompt_content;
  protocol::CanonicalFailure failure = protocol::render(error, context);
  put_words_of_author(failure, error);
  return {std::move(error), std::move(failure)};
}

protocol::CanonicalFailure Host::failure(const Error& error, const CorrelationId& correlation) {
  protocol::FailureContext context;
  context.correlation = correlation;
  return protocol::render(error, context);
}

std::optional<Error> Host::admit(const net::Peer&) {
  if (draining_) return draining_error();
  return std::nullopt;
}

Task<pipeline::Reply> Host::dispatch(pipeline::Call& call) {
  CO_TRY(protocol::check_params(*call.message, call.bytes));
  CO_TRY(pipeline::take_log_level(call));
  switch (call.method()) {
    case Method::initialize:
      co_return initialize(call);
    case Method::ping:
      co_return local(protocol::empty_result(call.revision));
    case Method::server_discover:
      co_return local(protocol::discover_result(registry_->offers(), discover_ttl_ms,
                                                protocol::CacheScope::private_scope,
                                                registry_->instructions));
    case Method::logging_set_level:
      co_return CO_TRY(pipeline::set_log_level(call));
    case Method::tools_call:
      co_return co_await call_tool(call);
    default:
      break;
  }
  const auto row = std::ranges::find(protocol::list_rows, call.method(), &protocol::ListRow::method);
  if (row == protocol::list_rows.end() || !registry_->offers().has(row->topic))
    co_return Failure(not_offered(call.method()));
  std::string scratch;
  const auto cursor = call.message->text(Field::cursor, call.bytes, scratch);
  co_return pipeline::Local{CO_TRY(registry_->list(row->list, call.revision, cursor))};
}

pipeline::Reply Host::initialize(const pipeline::Call& call) {
  if (call.client) call.client->capabilities = call.message->raw(Field::capabilities, call.bytes);
  std::string scratch;
  const auto requested = call.message->text(Field::protocol_version, call.bytes, scratch);
  return local(protocol::initialize_result(protocol::negotiate(requested.value_or("")), registry_->offers(),
                                           registry_->instructions));
}

Task<pipeline::Reply> Host::call_tool(pipeline::Call& call) {
  std::string scratch;
  const std::string_view name = call.message->text(Field::name, call.bytes, scratch).value_or("");
  const std::shared_ptr<Tool> tool = registry_->find_tool(name);
  if (!tool) {
    Error error(Code::tool_not_found);
    error.with_executed(Executed::no).with_slot(Slot::tool, name);
    if (const auto meant = registry_->similar_tool(name)) error.with_slot(Slot::suggestion, *meant);
    co_return Failure(std::move(error));
  }
  call.shown_name = tool->name();
  call.idempotent = tool->is_idempotent();
  Result<ToolResult> result = co_await run(*tool, call);
  if (!result) co_return Failure(of_tool(std::move(result).error()));
  co_return local(call_result(*result, call.revision));
}

// What a function throws ends this coroutine with its error.
Task<ToolResult> Host::run(Tool& tool, pipeline::Call& call) {
  if (const auto missing = missing_capability(tool, call)) co_return Failure(*missing);
  std::string_view arguments = call.message->raw(Field::arguments, call.bytes);
  if (call.param_headers) {
    const auto spec = CO_TRY(protocol::param_headers(tool.body().input_schema));
    CO_TRY(protocol::check_param_headers(spec, arguments, *call.param_headers));
  }
  if (arguments.empty()) arguments = "{}";
  Running running(*loop_, call, co_await task::current_scope());
  Context context(running);
  if (tool.body().sync) co_return tool.body().sync(arguments, context);
  co_return co_await tool.body().async(arguments, context);
}

pipeline::Front::Subscription Host::subscribe(std::string_view, pipeline::Listener& listener) {
  const auto place = listeners_->insert(listeners_->end(), &listener);
  return {nullptr, [listeners = listeners_, place](std::nullptr_t) { listeners->erase(place); }};
}

// Listeners hear from the loop, once for all changes of a turn.
void Host::changed(protocol::Topic topic) {
  const bool told = !pending_.empty();
  pending_.add(topic);
  if (told) return;
  loop_->post([this] {
    const protocol::Topics topics = std::exchange(pending_, {});
    for (const protocol::TopicRow& row : protocol::topic_rows) {
      if (!topics.has(row.topic)) continue;
      const Listeners current = *listeners_;
      for (pipeline::Listener* listener : current) listener->list_changed(row.topic);
    }
  });
}

Task<void> Host::finish_calls(SteadyTime until) {
  const auto wait = [](Host& host) -> Task<void> {
    while (!host.running_.empty()) CO_TRY(co_await host.idle_.wait());
    co_return ok();
  };
  const Result<void> finished = co_await task::with_deadline(
      loop_->timers(), until, wait(*this), [](const Error& cancelled) { return cancelled; });
  if (finished) co_return ok();
  running_.cancel_all(task::CancelReason::shutdown);
  co_return co_await wait(*this);
}

}  // namespace sallyport::server
