// Log lines, and calls that failed in the gateway, as log records of OTLP JSON.
#pragma once

#include "telemetry/call_record.hpp"
#include "telemetry/log.hpp"

#include <string>

namespace sallyport::telemetry {

// The fields `trace` and `span`, in hex, say where the line stands.
std::string otlp_log_line(SystemTime time, log::Level level, std::string_view message, log::Fields fields,
                          bool developer_text);

// Why a call failed, in its trace: what its span says in short.
std::string otlp_failure(const CallRecord& record, bool developer_text);

}  // namespace sallyport::telemetry
