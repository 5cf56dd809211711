#include "server/invoke.hpp"

#include "errors/authored.hpp"
#include "errors/tool_errors.hpp"
#include "server/spans.hpp"
#include "server/thrown.hpp"
#include "task/group.hpp"
#include "telemetry/log.hpp"
#include "transport/authenticator.hpp"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace server {
namespace {

// Calls of tools by tools: beyond it they are taken for a circle.
constexpr int max_depth = 8;

using protocol::Method;
using Adapters = std::shared_ptr<const classify::AdapterChain>;

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

bool says_not_found(const Error& error) {
  return error.authored() && error.authored()->error_class == ErrorClass::not_found_error;
}

Error out_of_time(std::chrono::milliseconds limit, const Error& cancelled) {
  return Error(Code::tool_timeout)
      .with_executed(Executed::yes)
      .with_slot(Slot::seconds, std::chrono::ceil<std::chrono::seconds>(limit).count())
      .with_cause(cancelled);
}

// What a function throws ends this coroutine with its error.
template <class T>
Task<T> run(const detail::Body<T>& body, std::string arguments, Running& running) {
  Context context(running);
  if (body.sync) co_return body.sync(arguments, context);
  co_return co_await body.async(arguments, context);
}

// What an ordinary function throws is shown to the adapters.
Result<ToolResult> call_function(const detail::ToolBody& body, std::string_view arguments, Running& running,
                                 const classify::AdapterChain& adapters) {
  std::exception_ptr thrown;
  try {
    Context context(running);
    return body.sync(arguments, context);
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
        Result<ToolResult> made = call_function(tool->body(), arguments, *running, *adapters);
        running->leave_worker();
        return made;
      });
  running->end_remote();
  co_return result;
}

Task<ToolResult> run_tool(std::shared_ptr<Tool> tool, Adapters adapters, std::string arguments,
                          std::shared_ptr<Running> running) {
  if (tool->is_blocking()) co_return co_await call_on_worker(tool, adapters, std::move(arguments), running);
  if (tool->body().sync) co_return call_function(tool->body(), arguments, *running, *adapters);
  Result<ToolResult> result = co_await run<ToolResult>(tool->body(), std::move(arguments), *running);
  if (!result) co_return Failure(of_coroutine(std::move(result).error()));
  co_return result;
}

// The source is the author's: what it throws is caught here.
Result<Secret> find_secret(const Registry& registry, const std::string& name) {
  try {
    if (auto value = registry.secrets(name)) return *std::move(value);
    return Secret();
  } catch (const std::exception& caught) {
    return fail(Error(Code::config_provider_error)
                    .with_executed(Executed::no)
                    .with_developer_message("the secret " + name + ": " + caught.what()));
  }
}

Error missing_secret(const Tool& tool, const std::string& name) {
  Error error(Code::config_missing_required);
  error.with_executed(Executed::no)
      .with_can_retry(false)
      .with_authored({.error_class = ErrorClass::fatal_tool_error,
                      .message = "The tool '" + tool.name() + "' needs the secret '" + name +
                                 "', which this server was not given. Tell whoever runs it; calling again "
                                 "will not help."});
  return error;
}

Result<void> give_secrets(const Registry& registry, const Tool& tool, Running& running) {
  Running::Secrets secrets;
  for (const std::string& name : tool.secrets()) {
    Secret value = TRY(find_secret(registry, name));
    if (value.empty()) return fail(missing_secret(tool, name));
    secrets.emplace(name, std::move(value));
  }
  running.give_secrets(std::move(secrets));
  return {};
}

Task<Outcome> tool_itself(std::shared_ptr<Tool> tool, std::string arguments,
                          std::shared_ptr<Running> running) {
  CO_TRY(tool->check(arguments));
  CO_TRY(give_secrets(running->registry(), *tool, *running));
  co_return CO_TRY(
      co_await run_tool(tool, running->registry().adapters, std::move(arguments), std::move(running)));
}

// Everything around a function, the first that was registered outermost.
class Chain {
 public:
  using Innermost = std::function<Task<Outcome>(std::string arguments)>;

  Chain(std::vector<std::shared_ptr<const Middleware>> around, Invocation& call, Innermost innermost)
      : around_(std::move(around)), call_(&call), innermost_(std::move(innermost)) {}

  Task<Outcome> from(std::size_t place) {
    if (place == around_.size()) return innermost_(call_->arguments.text());
    return (*around_[place])(*call_, [this, place] { return from(place + 1); });
  }

 private:
  std::vector<std::shared_ptr<const Middleware>> around_;
  Invocation* call_;
  Innermost innermost_;
};

template <class T>
Task<T> through(Invocation::Of of, std::string name, std::string arguments, std::shared_ptr<Running> running,
                Chain::Innermost innermost) {
  if (arguments.empty()) arguments = "{}";
  const auto& around = running->registry().middleware;
  Outcome outcome;
  if (around.empty()) {
    outcome = CO_TRY(co_await innermost(std::move(arguments)));
  } else {
    Context context(*running);
    Invocation call{of, std::move(name), Json::trusted(std::move(arguments)), running->depth(), context};
    Chain chain(around, call, std::move(innermost));
    outcome = CO_TRY(co_await chain.from(0));
  }
  if (T* made = std::get_if<T>(&outcome)) co_return std::move(*made);
  co_return Failure(
      Error(Code::system_internal_error)
          .with_developer_message("a middleware answered with what is no outcome of this kind of call"));
}

}  // namespace

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

Result<void> check_needs(const Tool& tool, std::string_view declared_capabilities) {
  Json missing;
  for (const Capability each : tool.needed()) {
    if (can(declared_capabilities, each)) continue;
    for (const auto& [name, value] : required(each).members()) missing.set(name, value);
  }
  if (missing.is_null()) return {};
  return fail(lacking(missing));
}

Result<void> check_scopes(const Tool& tool, const pipeline::Grant* grant, std::string_view source) {
  if (tool.scopes().empty()) return {};
  if (!grant && source == "stdio" && tool.on_stdio() == OnStdio::allowed) return {};
  const auto granted = [&](const std::string& scope) {
    return grant && std::ranges::find(grant->scopes, scope) != grant->scopes.end();
  };
  if (std::ranges::all_of(tool.scopes(), granted)) return {};
  std::string needed;
  for (const std::string& scope : tool.scopes()) needed.append(needed.empty() ? "" : " ").append(scope);
  Error error(Code::auth_insufficient_permissions);
  error.with_executed(Executed::no)
      .with_slot(Slot::constraint, grant ? "this tool needs the scopes " + needed
                                         : "this tool is for callers with a token, and none was asked for")
      .with_extra(transport::needed_scopes_key, needed);
  return fail(std::move(error));
}

Task<ToolResult> invoke_tool(const Registry& registry, std::shared_ptr<Tool> tool, std::string arguments,
                             std::shared_ptr<Running> running) {
  running->serve(registry);
  const FunctionSpan span(registry.calls, *running, Method::tools_call, tool->name());
  task::Timers& timers = running->loop().timers();
  if (tool->time()) running->set_deadline(timers.now() + *tool->time());
  Task<ToolResult> work =
      through<ToolResult>(Invocation::Of::tool, tool->name(), std::move(arguments), running,
                          [tool, running](std::string given) { return tool_itself(tool, given, running); });
  Result<ToolResult> result =
      tool->time() ? co_await task::with_deadline(
                         timers, timers.now() + *tool->time(), std::move(work),
                         [&](const Error& cancelled) { return out_of_time(*tool->time(), cancelled); })
                   : co_await std::move(work);
  // Last, so that it holds for what middleware made of it too.
  if (result)
    if (const auto fits = tool->check_result(*result); !fits) result = Failure(fits.error());
  if (!result) result = Failure(of_function(std::move(result).error(), Code::tool_execution_failed));
  span.end(result ? nullptr : &result.error(), result && result->is_error);
  co_return result;
}

Task<ReadResult> invoke_resource(const Registry& registry, Registry::Reading reading, std::string uri,
                                 std::shared_ptr<Running> running) {
  running->serve(registry);
  const FunctionSpan span(registry.calls, *running, Method::resources_read, {});
  const std::shared_ptr<Resource> resource = reading.resource;
  Result<ReadResult> result = co_await through<ReadResult>(
      Invocation::Of::resource, uri, std::move(reading.arguments), running,
      [resource, running](std::string given) -> Task<Outcome> {
        co_return CO_TRY(co_await run(resource->body(), std::move(given), *running));
      });
  if (!result)
    result = Failure(says_not_found(result.error())
                         ? no_resource(uri).with_cause(result.error())
                         : of_function(std::move(result).error(), Code::system_operation_failed));
  span.end(result ? nullptr : &result.error());
  co_return result;
}

Task<PromptResult> invoke_prompt(const Registry& registry, std::shared_ptr<Prompt> prompt,
                                 std::string arguments, std::shared_ptr<Running> running) {
  running->serve(registry);
  const FunctionSpan span(registry.calls, *running, Method::prompts_get, prompt->name());
  Result<PromptResult> result = co_await through<PromptResult>(
      Invocation::Of::prompt, prompt->name(), std::move(arguments), running,
      [prompt, running](std::string given) -> Task<Outcome> {
        co_return CO_TRY(co_await run(prompt->body(), std::move(given), *running));
      });
  if (!result) result = Failure(of_function(std::move(result).error(), Code::system_operation_failed));
  span.end(result ? nullptr : &result.error());
  co_return result;
}

// A failure of the one that was called says nothing about whether its caller had begun.
Task<ToolResult> call_from(std::shared_ptr<Running> caller, std::string name, Json arguments) {
  const Registry& registry = caller->registry();
  const std::shared_ptr<Tool> tool = registry.tools().find(name);
  if (!tool) co_return Failure(FatalToolError("A tool called one that is not there.", name).error());
  if (caller->depth() >= max_depth)
    co_return Failure(FatalToolError("Tools called each other too often in a row.", name).error());
  if (!arguments.is_object())
    co_return Failure(FatalToolError("A tool called another without an object of arguments.", name).error());
  Result<void> allowed = check_needs(*tool, caller->capabilities());
  if (allowed) allowed = check_scopes(*tool, caller->grant(), caller->source());
  if (!allowed) co_return Failure(std::move(allowed).error().with_executed(Executed::maybe));
  task::Scope& scope = co_await task::current_scope();
  Result<ToolResult> result =
      co_await invoke_tool(registry, tool, arguments.text(), Running::within(caller, scope));
  if (result || result.error().code() == Code::proto_cancelled) co_return result;
  co_return Failure(std::move(result).error().with_executed(Executed::maybe));
}

void warn_of_useless_tools(const Registry& registry, bool http) {
  for (const auto& tool : registry.tools().all()) {
    for (const std::string& name : tool->secrets()) {
      const Result<Secret> value = find_secret(registry, name);
      if (value && !value->empty()) continue;
      log::warn("a tool lacks a secret: its calls are refused", {{"tool", tool->name()}, {"secret", name}});
    }
    const bool open = http ? registry.authenticate != nullptr : tool->on_stdio() == OnStdio::allowed;
    if (!tool->scopes().empty() && !open)
      log::warn("a tool needs scopes, and nobody is asked for a token: its calls are refused",
                {{"tool", tool->name()}});
  }
}

}  // namespace server

Task<ToolResult> Context::call(std::string_view tool, const Json& arguments) {
  return server::call_from(call_->shared_from_this(), std::string(tool), arguments);
}

}  // namespace sallyport
