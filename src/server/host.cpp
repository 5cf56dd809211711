#include "server/host.hpp"

#include "errors/authored.hpp"
#include "pipeline/client_wishes.hpp"
#include "protocol/completion.hpp"
#include "protocol/edge.hpp"
#include "protocol/envelope.hpp"
#include "protocol/mcp_headers.hpp"
#include "server/results.hpp"
#include "server/running.hpp"
#include "server/thrown.hpp"
#include "session/finish.hpp"
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
constexpr std::size_t max_subscriptions = 1000;  // to resources, of one client

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
Error of_function(Error error, Code mistake) {
  if (!error.authored() && (error.code() == Code::system_internal_error)) {
    Error masked(mistake);
    masked.with_executed(Executed::yes).with_can_retry(false).with_cause(std::move(error));
    return masked;
  }
  if (error.code() != Code::proto_cancelled && error.executed() == Executed::maybe)
    error.with_executed(Executed::yes);
  return error;
}

Error suggesting(Code code, std::string_view name, const std::optional<std::string>& meant) {
  Error error(code);
  error.with_executed(Executed::no).with_slot(Slot::tool, name);
  if (meant) error.with_slot(Slot::suggestion, *meant);
  return error;
}

Error no_resource(std::string_view uri) {
  return Error(Code::proto_resource_not_found)
      .with_executed(Executed::no)
      .with_spec_data(Json::object({{"uri", uri}}).text());
}

bool says_not_found(const Error& error) {
  return error.authored() && error.authored()->error_class == ErrorClass::not_found_error;
}

std::string text_of(const pipeline::Call& call, Field field) {
  std::string scratch;
  return std::string(call.message->text(field, call.bytes, scratch).value_or(""));
}

std::optional<Error> missing_capability(const Tool& tool, const pipeline::Call& call) {
  Json missing;
  for (const Capability each : tool.needed()) {
    if (can(declared(call), each)) continue;
    for (const auto& [name, value] : required(each).members()) missing.set(name, value);
  }
  return missing.is_null() ? std::nullopt : std::optional(lacking(missing));
}

// What a function throws ends this coroutine with its error.
template <class Outcome>
Task<Outcome> run(const detail::Body<Outcome>& body, std::string_view arguments, Running& running) {
  if (arguments.empty()) arguments = "{}";
  Context context(running);
  if (body.sync) co_return body.sync(arguments, context);
  co_return co_await body.async(arguments, context);
}

using Adapters = std::shared_ptr<const classify::AdapterChain>;

// What an ordinary function throws is shown to the adapters.
Result<ToolResult> call_function(const detail::ToolBody& body, std::string_view arguments, Running& running,
                                 const classify::AdapterChain& adapters) {
  std::exception_ptr thrown;
  try {
    Context context(running);
    return body.sync(arguments.empty() ? "{}" : arguments, context);
  } catch (...) {
    thrown = std::current_exception();
  }
  return fail(of_thrown(thrown, adapters));
}

Task<ToolResult> call_on_worker(std::shared_ptr<Tool> tool, Adapters adapters, std::string arguments,
                                std::shared_ptr<Running> running) {
  running->begin_remote();
  Result<ToolResult> result = co_await task::offload(
      running->loop(), [tool, adapters, arguments = std::move(arguments), running]() -> Result<ToolResult> {
        return call_function(tool->body(), arguments, *running, *adapters);
      });
  running->end_remote();
  co_return result;
}

Task<ToolResult> run_tool(std::shared_ptr<Tool> tool, Adapters adapters, std::string arguments,
                          std::shared_ptr<Running> running) {
  if (tool->is_blocking()) co_return co_await call_on_worker(tool, adapters, std::move(arguments), running);
  if (tool->body().sync) co_return call_function(tool->body(), arguments, *running, *adapters);
  Result<ToolResult> result = co_await run<ToolResult>(tool->body(), arguments, *running);
  if (!result) co_return Failure(of_coroutine(std::move(result).error()));
  co_return result;
}

Error out_of_time(std::chrono::milliseconds limit, const Error& cancelled) {
  return Error(Code::tool_timeout)
      .with_executed(Executed::yes)
      .with_slot(Slot::seconds, std::chrono::ceil<std::chrono::seconds>(limit).count())
      .with_cause(cancelled);
}

// These own what they use: they may outlive the request that they were begun for.

Task<std::string> tool_text(std::shared_ptr<Tool> tool, Adapters adapters, std::string arguments,
                            protocol::Revision revision, std::shared_ptr<Running> running) {
  CO_TRY(tool->check(arguments));
  Task<ToolResult> work = run_tool(tool, std::move(adapters), std::move(arguments), running);
  task::Timers& timers = running->loop().timers();
  Result<ToolResult> result =
      tool->time() ? co_await task::with_deadline(
                         timers, timers.now() + *tool->time(), std::move(work),
                         [&](const Error& cancelled) { return out_of_time(*tool->time(), cancelled); })
                   : co_await std::move(work);
  if (!result) co_return Failure(of_function(std::move(result).error(), Code::tool_execution_failed));
  co_return call_result(*result, revision);
}

Task<std::string> resource_text(std::shared_ptr<Resource> resource, std::string uri, std::string arguments,
                                protocol::Revision revision, std::shared_ptr<Running> running) {
  Result<ReadResult> result = co_await run(resource->body(), arguments, *running);
  if (!result && says_not_found(result.error()))
    co_return Failure(no_resource(uri).with_cause(result.error()));
  if (!result) co_return Failure(of_function(std::move(result).error(), Code::system_operation_failed));
  co_return read_result(*result, *resource, uri, revision);
}

Task<std::string> prompt_text(std::shared_ptr<Prompt> prompt, std::string arguments,
                              protocol::Revision revision, std::shared_ptr<Running> running) {
  Result<PromptResult> result = co_await run(prompt->body(), arguments, *running);
  if (!result) co_return Failure(of_function(std::move(result).error(), Code::system_operation_failed));
  co_return prompt_result(*result, revision);
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

Host::Host(task::Loop& loop, Registry& registry)
    : loop_(&loop), registry_(&registry), idle_(loop), suspended_(loop, {}) {
  registry_->on_change([this](protocol::Topic topic) { changed(topic); });
  registry_->on_update([this](const std::string& uri) { updated(uri); });
}

Host::~Host() {
  registry_->on_change({});
  registry_->on_update({});
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
    case Method::resources_read:
      co_return co_await read_resource(call);
    case Method::prompts_get:
      co_return co_await get_prompt(call);
    case Method::completion_complete:
      co_return CO_TRY(complete(call));
    case Method::resources_subscribe:
      co_return CO_TRY(subscribe_resource(call));
    case Method::resources_unsubscribe:
      co_return pipeline::unsubscribe(call);
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
  const std::string name = text_of(call, Field::name);
  const std::shared_ptr<Tool> tool = registry_->tools().find(name);
  if (!tool) co_return Failure(suggesting(Code::tool_not_found, name, registry_->similar_tool(name)));
  call.shown_name = tool->name();
  call.idempotent = tool->is_idempotent();
  if (const auto missing = missing_capability(*tool, call)) co_return Failure(*missing);
  const std::string_view arguments = call.message->raw(Field::arguments, call.bytes);
  if (call.param_headers) {
    const auto spec = CO_TRY(protocol::param_headers(tool->body().input_schema));
    CO_TRY(protocol::check_param_headers(spec, arguments, *call.param_headers));
  }
  const bool may_ask = tool->body().async != nullptr;
  co_return local(
      CO_TRY(co_await work(call, may_ask,
                           [tool, adapters = registry_->adapters, arguments = std::string(arguments),
                            revision = call.revision](std::shared_ptr<Running> running) {
                             return tool_text(tool, adapters, arguments, revision, std::move(running));
                           })));
}

Task<pipeline::Reply> Host::read_resource(pipeline::Call& call) {
  const std::string uri = text_of(call, Field::uri);
  const auto found = registry_->find_resource(uri);
  if (!found) co_return Failure(no_resource(uri));
  const bool may_ask = found->resource->body().async != nullptr;
  co_return local(CO_TRY(co_await work(
      call, may_ask, [reading = *found, uri, revision = call.revision](std::shared_ptr<Running> running) {
        return resource_text(reading.resource, uri, reading.arguments, revision, std::move(running));
      })));
}

Task<pipeline::Reply> Host::get_prompt(pipeline::Call& call) {
  const std::string name = text_of(call, Field::name);
  const std::shared_ptr<Prompt> prompt = registry_->prompts().find(name);
  if (!prompt)
    co_return Failure(suggesting(Code::proto_prompt_not_found, name, registry_->similar_prompt(name)));
  const std::string_view arguments = call.message->raw(Field::arguments, call.bytes);
  const bool may_ask = prompt->body().async != nullptr;
  co_return local(CO_TRY(co_await work(call, may_ask,
                                       [prompt, arguments = std::string(arguments),
                                        revision = call.revision](std::shared_ptr<Running> running) {
                                         return prompt_text(prompt, arguments, revision, std::move(running));
                                       })));
}

// What is asked about has to be there; where nobody can propose anything, nothing is proposed.
Result<pipeline::Reply> Host::complete(const pipeline::Call& call) {
  const protocol::Completion asked = TRY(protocol::read_completion(*call.message, call.bytes));
  const Completers* completers = nullptr;
  const std::shared_ptr<Prompt> prompt = registry_->prompts().find(asked.ref);
  const std::shared_ptr<Resource> resource = registry_->templates().find(asked.ref);
  if (asked.of == protocol::Completion::Of::prompt) {
    if (!prompt)
      return fail(suggesting(Code::proto_prompt_not_found, asked.ref, registry_->similar_prompt(asked.ref)));
    completers = &prompt->completers();
  } else {
    if (!resource) return fail(no_resource(asked.ref));
    completers = &resource->completers();
  }
  const Json argument = Json::trusted(std::string(asked.argument));
  const auto completer = completers->find(argument.find("name")->as_string().value_or(""));
  std::vector<std::string> values;
  if (completer != completers->end()) {
    std::map<std::string, std::string> chosen;
    if (!asked.context.empty()) {
      const Json others = Json::trusted(std::string(asked.context)).find("arguments").value_or(Json());
      for (const auto& [name, value] : others.members()) chosen[name] = value.as_string().value_or("");
    }
    values = completer->second(argument.find("value")->as_string().value_or(""), chosen);
  }
  return local(completion_result(values, call.revision));
}

Result<pipeline::Reply> Host::subscribe_resource(const pipeline::Call& call) {
  const std::string uri = text_of(call, Field::uri);
  if (!registry_->find_resource(uri)) return fail(no_resource(uri));
  session::Client* const client = call.client;
  if (!client || client->subscriptions.contains(uri)) return local(protocol::empty_result(call.revision));
  if (client->subscriptions.size() >= max_subscriptions)
    return fail(Error(Code::limit_too_many_subscriptions)
                    .with_executed(Executed::no)
                    .with_slot(Slot::limit, static_cast<std::int64_t>(max_subscriptions)));
  const auto place = subscribers_->emplace(uri, client);
  client->subscriptions[uri] = std::shared_ptr<void>(
      nullptr, [subscribers = subscribers_, place](std::nullptr_t) { subscribers->erase(place); });
  return local(protocol::empty_result(call.revision));
}

void Host::updated(const std::string& uri) {
  const auto [first, last] = subscribers_->equal_range(uri);
  std::vector<session::Client*> clients;
  for (auto each = first; each != last; ++each) clients.push_back(each->second);
  for (session::Client* client : clients) client->resource_updated(uri);
}

Task<std::string> Host::work(pipeline::Call& call, bool may_ask, Suspended::Start start) {
  if (protocol::era(call.revision) == protocol::Era::modern) {
    if (call.message->has(Field::request_state)) co_return co_await suspended_.resume(call);
    if (may_ask) co_return co_await suspended_.run(call, std::move(start));
  }
  task::Scope& scope = co_await task::current_scope();
  co_return co_await start(std::make_shared<Running>(*loop_, scope, call));
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
  return session::finish_calls(*loop_, running_, idle_, until);
}

}  // namespace sallyport::server
