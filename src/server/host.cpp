#include "server/host.hpp"

#include "pipeline/client_wishes.hpp"
#include "protocol/completion.hpp"
#include "protocol/edge.hpp"
#include "protocol/envelope.hpp"
#include "protocol/mcp_headers.hpp"
#include "server/executing.hpp"
#include "server/failing.hpp"
#include "server/invoke.hpp"
#include "server/results.hpp"
#include "server/running.hpp"
#include "server/spans.hpp"
#include "server/thrown.hpp"
#include "session/finish.hpp"

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

std::string text_of(const pipeline::Call& call, Field field) {
  std::string scratch;
  return std::string(call.message->text(field, call.bytes, scratch).value_or(""));
}

// How a call of a tool is to run: as a task from its beginning, or as an answer that may become one.
struct Way {
  std::optional<protocol::TaskWish> task;
  bool may_become_task = false;
};

Result<Way> way_of(const Tool& tool, const pipeline::Call& call) {
  const TaskSupport support = tool.task_support();
  if (protocol::era(call.revision) == protocol::Era::modern) {
    const bool can = protocol::declares_tasks(call.message->raw(Field::meta_capabilities, call.bytes));
    if (!can && support == TaskSupport::required) return fail(protocol::missing_tasks_extension());
    if (!can || support == TaskSupport::forbidden) return Way{};
    if (tool.task_start() == TaskStart::when_told) return Way{.task = {}, .may_become_task = true};
    return Way{.task = protocol::TaskWish{}};
  }
  const auto wish = TRY(protocol::read_task_wish(*call.message, call.bytes, call.revision));
  if (wish && support == TaskSupport::forbidden)
    return fail(protocol::wrong_task_support(tool.name(), "it does not run as a task; leave `task` out"));
  if (wish || support != TaskSupport::required) return Way{.task = wish};
  if (call.revision != protocol::Revision::v2025_11_25)
    return fail(Error(Code::proto_cannot_bridge)
                    .with_executed(Executed::no)
                    .with_slot(Slot::constraint,
                               "the tool runs only as a task, which the client's revision "
                               "does not have"));
  return fail(protocol::wrong_task_support(tool.name(), "it runs only as a task; add `task` to the params"));
}

}  // namespace

Host::Host(task::Loop& loop, Registry& registry)
    : loop_(&loop),
      registry_(&registry),
      idle_(loop),
      runs_(loop),
      tasks_(loop, registry.task_limits, runs_),
      suspended_(loop, {}, runs_,
                 [this](const pipeline::Call& call, std::shared_ptr<Run> run) {
                   return tasks_.adopt(call, std::move(run));
                 }),
      exceptions_(
          [this](const std::exception_ptr& thrown) { return known_thrown(thrown, *registry_->adapters); }) {
  registry_->on_change([this](protocol::Topic topic) { changed(topic); });
  registry_->on_update([this](const std::string& uri) { updated(uri); });
}

Host::~Host() {
  registry_->on_change({});
  registry_->on_update({});
}

Task<pipeline::Reply> Host::call(pipeline::Call& call) {
  task::Scope& caller = co_await task::current_scope();
  if (draining_) co_return failed(asked_by(call), draining_error(), caller);
  call.log_demand = &log_demand_;
  task::Scope scope(caller);
  session::Running running(call.message->id(call.bytes), scope);
  running_.add(running);
  const RequestSpan span(registry_->calls, loop_->timers(), call);
  Result<pipeline::Reply> reply = co_await dispatch(call).in(scope);
  running_.remove(running);
  if (running_.empty()) idle_.set();
  if (!reply) reply = failed(asked_by(call), std::move(reply).error(), scope);
  span.end(*reply);
  co_return reply;
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
    case Method::tasks_get:
    case Method::tasks_list:
    case Method::tasks_cancel:
    case Method::tasks_update:
    case Method::tasks_result:
      CO_TRY(protocol::check_served(call.method(), call.revision));
      if (!registry_->offers().tasks) co_return Failure(not_offered(call.method()));
      if (call.method() == Method::tasks_result) co_return co_await tasks_.result(call);
      co_return CO_TRY(tasks_.answer(call));
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
  CO_TRY(check_scopes(*tool, call.principal->grant.get(), call.principal->source));
  CO_TRY(check_needs(*tool, declared(call)));
  const std::string_view arguments = call.message->raw(Field::arguments, call.bytes);
  if (call.param_headers) {
    const auto spec = CO_TRY(protocol::param_headers(tool->body().input_schema));
    CO_TRY(protocol::check_param_headers(spec, arguments, *call.param_headers));
  }
  const auto way = CO_TRY(way_of(*tool, call));
  const Runs::Start start = [this, tool, arguments = std::string(arguments),
                             revision = call.revision](std::shared_ptr<Running> running) {
    return tool_text(*registry_, tool, arguments, revision, std::move(running));
  };
  if (way.task && !call.message->has(Field::request_state))
    co_return local(CO_TRY(tasks_.begin(call, *way.task, start)));
  co_return local(CO_TRY(co_await work(call, may_ask(*registry_, tool->body()), start, way.may_become_task)));
}

Task<pipeline::Reply> Host::read_resource(pipeline::Call& call) {
  const std::string uri = text_of(call, Field::uri);
  const auto found = registry_->find_resource(uri);
  if (!found) co_return Failure(no_resource(uri));
  co_return local(CO_TRY(co_await work(
      call, may_ask(*registry_, found->resource->body()),
      [this, reading = *found, uri, revision = call.revision](std::shared_ptr<Running> running) {
        return resource_text(*registry_, reading, uri, revision, std::move(running));
      })));
}

Task<pipeline::Reply> Host::get_prompt(pipeline::Call& call) {
  const std::string name = text_of(call, Field::name);
  const std::shared_ptr<Prompt> prompt = registry_->prompts().find(name);
  if (!prompt)
    co_return Failure(suggesting(Code::proto_prompt_not_found, name, registry_->similar_prompt(name)));
  const std::string_view arguments = call.message->raw(Field::arguments, call.bytes);
  co_return local(CO_TRY(co_await work(call, may_ask(*registry_, prompt->body()),
                                       [this, prompt, arguments = std::string(arguments),
                                        revision = call.revision](std::shared_ptr<Running> running) {
                                         return prompt_text(*registry_, prompt, arguments, revision,
                                                            std::move(running));
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

Task<std::string> Host::work(pipeline::Call& call, bool may_ask, Runs::Start start, bool may_be_task) {
  if (protocol::era(call.revision) == protocol::Era::modern) {
    if (call.message->has(Field::request_state)) co_return co_await suspended_.resume(call);
    if (may_ask) co_return co_await suspended_.run(call, start, may_be_task);
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

Task<void> Host::stop() {
  suspended_.stop();
  tasks_.stop();
  CO_TRY(co_await runs_.join());
  co_return co_await tasks_.join();
}

Task<void> Host::finish_calls(SteadyTime until) {
  return session::finish_calls(*loop_, running_, idle_, until);
}

}  // namespace sallyport::server
