// A call that is being worked on, as its function's Context sees it.
#pragma once

#include "pipeline/call.hpp"
#include "server/context.hpp"
#include "task/loop.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::server {

class Running {
 public:
  Running(task::Loop& loop, pipeline::Call& call, task::Scope& scope) noexcept
      : loop_(&loop), call_(&call), scope_(&scope) {}

  task::Loop& loop() const noexcept { return *loop_; }
  pipeline::Call& call() const noexcept { return *call_; }
  task::Scope& scope() const noexcept { return *scope_; }

  void log(LogLevel level, const Json& data, std::string_view logger);
  void progress(double done, std::optional<double> total, std::string_view message);

 private:
  task::Loop* loop_;
  pipeline::Call* call_;
  task::Scope* scope_;
  std::optional<double> told_;  // of progress
};

}  // namespace sallyport::server
