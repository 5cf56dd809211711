// Spans as OTLP JSON, by the semantic conventions for MCP and GenAI; ours are `sallyport.*`.
#pragma once

#include "telemetry/call_record.hpp"

#include <string>

namespace sallyport::telemetry {

// The request as its caller sees it: a SERVER span, in the caller's trace or linked to it.
void append_otlp_span(std::string& out, const CallRecord& record, bool developer_text);
// A function that ran for it: an INTERNAL span.
void append_otlp_span(std::string& out, const RunRecord& record, bool developer_text);
// One request to a server on its behalf: a CLIENT span below it.
void append_otlp_span(std::string& out, const AttemptRecord& record, bool developer_text);

}  // namespace sallyport::telemetry
