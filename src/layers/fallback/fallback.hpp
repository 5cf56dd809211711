// Asks the server that stands in for one that failed.
#pragma once

#include "pipeline/call.hpp"
#include "recovery/policy.hpp"
#include "telemetry/metrics.hpp"
#include "upstream/roster.hpp"

namespace sallyport::layers {

// In front of resolve: what stands in is found, checked and called as itself.
class Fallback final : public pipeline::Layer {
 public:
  Fallback(std::unique_ptr<pipeline::Service> next, upstream::Roster& roster, telemetry::Registry& metrics,
           recovery::Policy policy)
      : Layer(std::move(next)), roster_(&roster), metrics_(&metrics), policy_(std::move(policy)) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  Task<pipeline::Reply> elsewhere(pipeline::Call& call, Error first);
  std::shared_ptr<upstream::Member> stand_in(const pipeline::Call& call, const Error& failed) const;

  upstream::Roster* roster_;
  telemetry::Registry* metrics_;
  recovery::Policy policy_;
};

}  // namespace sallyport::layers
