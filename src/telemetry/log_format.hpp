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

}  // namespace sallyport::log
