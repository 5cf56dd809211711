// Tries a call again where its failure passes and nothing can run twice.
#pragma once

#include "base/ids.hpp"
#include "pipeline/call.hpp"
#include "recovery/budget.hpp"
#include "recovery/outcome.hpp"
#include "recovery/policy.hpp"
#include "task/timers.hpp"
#include "telemetry/metrics.hpp"

namespace sallyport::layers {

class Retry final : public pipeline::Layer {
 public:
  using Random = double (*)();  // in [0, 1)

  Retry(std::unique_ptr<pipeline::Service> next, task::Timers& timers, telemetry::Registry& metrics,
        recovery::Policy policy, const recovery::BudgetLimit& budget, Random random = random_share)
      : Layer(std::move(next)),
        timers_(&timers),
        metrics_(&metrics),
        policy_(std::move(policy)),
        budget_(budget),
        random_(random) {}

  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  // Goes on where the first attempt failed.
  Task<pipeline::Reply> again(pipeline::Call& call, Error failed);

  // Before the attempt of this number: why there is none, or when it begins.
  struct Plan {
    std::optional<recovery::Outcome> refused;
    SteadyTime begins{};
  };
  Plan plan(pipeline::Call& call, const Error& failed, std::uint32_t attempt,
            const recovery::Decision& decision);

  task::Timers* timers_;
  telemetry::Registry* metrics_;
  recovery::Policy policy_;
  recovery::BudgetLimit budget_;
  Random random_;
};

}  // namespace sallyport::layers
