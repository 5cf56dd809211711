// Runs a command's coroutine to its end on a loop of its own, with Ctrl-C as its cancellation.
#pragma once

#include "net/signals.hpp"
#include "pipeline/call.hpp"
#include "task/group.hpp"

#include <functional>
#include <string>

namespace sallyport::cli {

// `body` ends with the exit code; an error of it is explained on stderr: exit code 1. The first SIGINT or
// SIGTERM cancels, so that what was started is stopped; a second one ends the program at once.
int run_to_end(const std::function<Task<int>(task::Loop&)>& body);

// Says on stderr what is being waited for once that takes longer than a second.
class Progress {
 public:
  // `what` is asked whenever something is printed; its answer is escaped.
  Progress(task::Loop& loop, std::function<std::string()> what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void schedule(std::chrono::seconds pause);
  void show();

  task::Loop* loop_;
  std::function<std::string()> what_;
  SteadyTime begun_;
  bool terminal_;
  bool shown_ = false;
  task::Timer timer_;
};

}  // namespace sallyport::cli
