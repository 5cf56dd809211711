// How a request ended, read off its reply: what telemetry and audit say of it.
#pragma once

#include "pipeline/call.hpp"
#include "telemetry/call_record.hpp"

#include <optional>

namespace sallyport::pipeline {

// Of what ran and answered: with `isError`, with a JSON-RPC error, or well.
telemetry::Outcome answered(bool tool_error, std::optional<int> rpc_code = {});

// An upstream's own error counts under TOOL_001: the call came through and was answered.
telemetry::Outcome outcome(const Reply& reply);
telemetry::Outcome outcome(const Answer& answer);
telemetry::Outcome outcome(const Error& error);

}  // namespace sallyport::pipeline
