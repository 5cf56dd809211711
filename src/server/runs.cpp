#include "server/runs.hpp"

#include <utility>

namespace sallyport::server {

Run::Run(task::Loop& loop, pipeline::Call& call)
    : changed(loop),
      running(std::make_shared<Running>(loop, scope, call)),
      method(call.method()),
      revision(call.revision),
      correlation(call.correlation),
      tool(call.shown_name),
      idempotent(call.idempotent) {
  running->defer_questions(changed);
}

Task<void> Runs::keep_running(std::shared_ptr<Run> run, Task<std::string> task) {
  run->outcome.emplace(co_await std::move(task).in(run->scope));
  run->changed.set();
  co_return ok();
}

void Runs::begin(std::shared_ptr<Run> run, const Start& start) {
  Task<std::string> task = start(run->running);
  group_.spawn(keep_running(std::move(run), std::move(task)));
}

}  // namespace sallyport::server
