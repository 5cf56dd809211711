// How the parts of a log line are written, for people and for machines.
#pragma once

#include "base/clock.hpp"
#include "telemetry/log.hpp"

#include <string>
#include <string_view>

namespace sallyport::log {

// `message key=value key="two words"`, without what could steer a terminal or end the line.
std::string format_text(std::string_view message, Fields fields, bool developer_text);

// One JSON object without a line end: time (RFC 3339, UTC), level, message, then the fields.
std::string format_json(SystemTime time, Level level, std::string_view message, Fields fields,
                        bool developer_text);

// For who writes a line piece by piece. `{"time":…,"level":…,"message":…`, or the same as text; the end is
// the caller's. `level` and `message` are ours.
void append_line_start(std::string& out, SystemTime time, std::string_view level, std::string_view message,
                       bool json);

// A value that others chose: clipped, escaped, in quotes where the format wants them.
void append_string(std::string& out, std::string_view value, bool json);

}  // namespace sallyport::log
