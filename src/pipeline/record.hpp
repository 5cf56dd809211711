// The facts of a call as a record for telemetry, as far as every server of a protocol knows them.
#pragma once

#include "pipeline/call.hpp"
#include "telemetry/call_record.hpp"

namespace sallyport::pipeline {

// All but the outcome and what the call was found to be for. The views are into the call. `now` and `took`:
// when it ended, and after how long.
telemetry::CallRecord record_of(const Call& call, SystemTime now, std::chrono::steady_clock::duration took);

}  // namespace sallyport::pipeline
