// Answers from the caller's view what needs no upstream, and sends the rest down the stack.
#pragma once

#include "pipeline/call.hpp"
#include "upstream/fleet.hpp"

namespace sallyport::layers {

class Route final : public pipeline::Layer {
 public:
  Route(std::unique_ptr<pipeline::Service> calls, task::Timers& timers, upstream::Fleet& fleet)
      : Layer(std::move(calls)), timers_(&timers), fleet_(&fleet) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  Task<pipeline::Reply> initialize(pipeline::Call& call);
  Task<pipeline::Reply> list_tools(pipeline::Call& call);

  task::Timers* timers_;
  upstream::Fleet* fleet_;
};

}  // namespace sallyport::layers
