// The time that a call has as a whole; past it everything below is cancelled, the upstream included.
#pragma once

#include "pipeline/call.hpp"
#include "recovery/policy.hpp"
#include "task/timers.hpp"
#include "telemetry/metrics.hpp"

#include <chrono>

namespace sallyport::layers {

class Deadline final : public pipeline::Layer {
 public:
  Deadline(std::unique_ptr<pipeline::Service> next, task::Timers& timers, telemetry::Registry& metrics,
           std::chrono::milliseconds tool, std::chrono::milliseconds tool_max, recovery::Policy policy = {})
      : Layer(std::move(next)),
        timers_(&timers),
        metrics_(&metrics),
        tool_(tool),
        tool_max_(tool_max),
        policy_(std::move(policy)) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  // Only here it is known how the call ends: what is escalated says so in the audit record and above.
  Error ended(pipeline::Call& call, Error error) const;

  task::Timers* timers_;
  telemetry::Registry* metrics_;
  std::chrono::milliseconds tool_;
  std::chrono::milliseconds tool_max_;
  recovery::Policy policy_;
};

}  // namespace sallyport::layers
