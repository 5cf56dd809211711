// The facts of a call as a record for telemetry and audit, read off the call itself.
#pragma once

#include "pipeline/call.hpp"
#include "recovery/rule.hpp"
#include "telemetry/call_record.hpp"

namespace sallyport::upstream {

// The tool or prompt that a call is about, by its server's own name; never a URI. A tool that its server does
// not list is named by its caller: it is repeated where it cannot be anything else.
std::string_view target_of(const pipeline::Call& call);

// What recovery decides by; views into the call.
recovery::Facts facts_of(const pipeline::Call& call);

// All but the outcome. The views are into the call. `now` and `took`: when it ended, and after how long.
telemetry::CallRecord record_of(const pipeline::Call& call, SystemTime now,
                                std::chrono::steady_clock::duration took);

}  // namespace sallyport::upstream
