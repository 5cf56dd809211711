// Runs of functions that may outlive the request that began them: as suspended ones (suspended.hpp), or as
// tasks (tasks.hpp).
#pragma once

#include "server/failing.hpp"
#include "server/running.hpp"
#include "task/group.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sallyport::server {

struct Run {
  Run(task::Loop& loop, pipeline::Call& call);

  Asked asked() const { return {method, correlation, tool, idempotent, &running->trace()}; }

  task::Scope scope;    // its own: a request that ends does not end it
  task::Event changed;  // it asks something, wants to be a task, or has ended
  std::shared_ptr<Running> running;
  std::optional<Result<std::string>> outcome;
  // Of the request:
  protocol::Method method;
  protocol::Revision revision;
  CorrelationId correlation;
  std::string tool;
  bool idempotent;
};

class Runs {
 public:
  explicit Runs(task::Loop& loop) : group_(loop) {}

  // Makes the function's run: the text of a complete result.
  using Start = std::function<Task<std::string>(std::shared_ptr<Running>)>;
  void begin(std::shared_ptr<Run> run, const Start& start);
  // Until all have ended; whoever keeps them has cancelled them.
  Task<void> join() { return group_.join(); }

 private:
  static Task<void> keep_running(std::shared_ptr<Run> run, Task<std::string> task);

  task::Group group_;
};

}  // namespace sallyport::server
