// Finds the tool that a name means in the caller's own view, or says that there is none and what there is
// instead.
#pragma once

#include "pipeline/call.hpp"
#include "upstream/fleet.hpp"

namespace sallyport::layers {

class Resolve final : public pipeline::Layer {
 public:
  Resolve(std::unique_ptr<pipeline::Service> next, task::Timers& timers, upstream::Fleet& fleet)
      : Layer(std::move(next)), timers_(&timers), fleet_(&fleet) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  bool take(pipeline::Call& call, std::string_view name);
  bool take_unlisted(pipeline::Call& call, std::string_view name);
  Error unknown(const pipeline::Call& call, std::string_view name);

  task::Timers* timers_;
  upstream::Fleet* fleet_;
};

}  // namespace sallyport::layers
