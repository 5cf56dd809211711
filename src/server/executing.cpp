#include "server/executing.hpp"

#include "errors/authored.hpp"
#include "server/results.hpp"
#include "server/thrown.hpp"
#include "task/group.hpp"

namespace sallyport::server {
namespace {

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

// What a function throws ends this coroutine with its error.
template <class Outcome>
Task<Outcome> run(const detail::Body<Outcome>& body, std::string_view arguments, Running& running) {
  if (arguments.empty()) arguments = "{}";
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

}  // namespace

Error no_resource(std::string_view uri) {
  return Error(Code::proto_resource_not_found)
      .with_executed(Executed::no)
      .with_spec_data(Json::object({{"uri", uri}}).text());
}

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

}  // namespace sallyport::server
