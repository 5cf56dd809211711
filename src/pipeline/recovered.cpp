#include "pipeline/recovered.hpp"

#include "classify/classify.hpp"
#include "telemetry/metrics_names.hpp"

namespace sallyport::pipeline {

void note_recovery(Call& call, telemetry::Registry& metrics, const Error& failed, Strategy strategy,
                   recovery::Outcome outcome) {
  call.recovery = protocol::RecoveryNote{strategy, call.attempts, recovery::name(outcome)};
  metrics
      .counter(telemetry::metrics::recovery,
               {name(strategy), recovery::name(outcome), wire_name(failed.code()),
                classify::name(classify::operation_of(call.method()))})
      .increment();
}

}  // namespace sallyport::pipeline
