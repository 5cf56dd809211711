// Says once, for everybody who tells of it, what the gateway did about a failure: the one way in which layers
// that recover report a step.
#pragma once

#include "pipeline/call.hpp"
#include "recovery/outcome.hpp"
#include "telemetry/metrics.hpp"

namespace sallyport::pipeline {

// Counts the step, and makes it what the wire, the log, the span, the audit record and the dashboard say of
// the call; of several steps the last. `failed`: with what the call failed before it.
void note_recovery(Call& call, telemetry::Registry& metrics, const Error& failed, Strategy strategy,
                   recovery::Outcome outcome);

}  // namespace sallyport::pipeline
