// The place of a call in a distributed trace, read off its `_meta`.
#pragma once

#include "pipeline/call.hpp"
#include "telemetry/trace_context.hpp"

namespace sallyport::pipeline {

// The trace of a trusted caller goes on, with its `tracestate`; another one's is linked.
telemetry::Trace begin_trace(const Call& call, bool trusted);

}  // namespace sallyport::pipeline
