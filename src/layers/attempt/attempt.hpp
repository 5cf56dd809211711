// The time of one attempt, where a rule of `recovery` limits it: a call that may be repeated need not wait
// for all of its time on a server that hangs.
#pragma once

#include "pipeline/call.hpp"
#include "recovery/policy.hpp"
#include "task/timers.hpp"

namespace sallyport::layers {

class Attempt final : public pipeline::Layer {
 public:
  Attempt(std::unique_ptr<pipeline::Service> next, task::Timers& timers, recovery::Policy policy)
      : Layer(std::move(next)), timers_(&timers), policy_(std::move(policy)) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  Task<pipeline::Reply> limited(pipeline::Call& call, std::chrono::milliseconds limit);

  task::Timers* timers_;
  recovery::Policy policy_;
};

}  // namespace sallyport::layers
