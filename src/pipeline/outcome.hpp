// How a request ended, read off its reply: what telemetry and audit say of it.
#pragma once

#include "pipeline/call.hpp"
#include "telemetry/call_record.hpp"

namespace sallyport::pipeline {

// An upstream's own error counts under TOOL_001: the call came through and was answered.
telemetry::Outcome outcome(const Reply& reply);
telemetry::Outcome outcome(const Answer& answer);
telemetry::Outcome outcome(const Error& error);

}  // namespace sallyport::pipeline
