// Answers from the caller's view what needs no upstream, and sends the rest down the stack.
#pragma once

#include "pipeline/call.hpp"
#include "telemetry/metrics.hpp"
#include "upstream/roster.hpp"

namespace sallyport::layers {

class Route final : public pipeline::Layer {
 public:
  Route(std::unique_ptr<pipeline::Service> calls, task::Timers& timers, telemetry::Registry& metrics,
        upstream::Roster& roster)
      : Layer(std::move(calls)), timers_(&timers), metrics_(&metrics), roster_(&roster) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  Task<pipeline::Reply> answer(pipeline::Call& call);
  pipeline::Reply initialize(const pipeline::Call& call);
  pipeline::Reply discover(const pipeline::Call& call);
  Task<pipeline::Reply> list(pipeline::Call& call, const protocol::ListRow& row);

  task::Timers* timers_;
  telemetry::Registry* metrics_;
  upstream::Roster* roster_;
};

}  // namespace sallyport::layers
