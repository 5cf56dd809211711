// The time that a call has as a whole; past it everything below is cancelled, the upstream included.
#pragma once

#include "pipeline/call.hpp"
#include "task/timers.hpp"
#include "telemetry/metrics.hpp"

#include <chrono>

namespace sallyport::layers {

class Deadline final : public pipeline::Layer {
 public:
  Deadline(std::unique_ptr<pipeline::Service> next, task::Timers& timers, telemetry::Registry& metrics,
           std::chrono::milliseconds tool, std::chrono::milliseconds tool_max)
      : Layer(std::move(next)), timers_(&timers), metrics_(&metrics), tool_(tool), tool_max_(tool_max) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  task::Timers* timers_;
  telemetry::Registry* metrics_;
  std::chrono::milliseconds tool_;
  std::chrono::milliseconds tool_max_;
};

}  // namespace sallyport::layers
