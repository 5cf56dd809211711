// What telemetry hears of a server's own work: each request of a client, and each function that runs for one.
#pragma once

#include "pipeline/call.hpp"
#include "server/running.hpp"
#include "task/timers.hpp"
#include "telemetry/call_record.hpp"

#include <optional>
#include <string_view>

namespace sallyport::server {

// The trace of a caller on this machine, or of one who showed a token, goes on in ours; another one's is
// linked. Nothing is made while nobody listens.
class RequestSpan {
 public:
  RequestSpan(const telemetry::CallHub& hub, task::Timers& timers, pipeline::Call& call);
  void end(const pipeline::Reply& reply) const;

 private:
  const telemetry::CallHub* hub_;
  task::Timers* timers_;
  const pipeline::Call* call_;
  SteadyTime started_;
};

// Below the request's that it was begun for, or that of the function that called it. It may end after both: a
// function goes on while its client is away, or as a task.
class FunctionSpan {
 public:
  // `name`: of a tool or prompt; it outlives this.
  FunctionSpan(const telemetry::CallHub& hub, Running& running, protocol::Method method,
               std::string_view name);
  void end(const Error* failed, bool says_error = false) const;

 private:
  const telemetry::CallHub* hub_;
  Running* running_;
  protocol::Method method_;
  std::string_view name_;
  SteadyTime started_;
};

}  // namespace sallyport::server
