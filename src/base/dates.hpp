// Dates as text.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

// RFC 3339 in UTC, to the second: "2026-11-22T05:32:45Z".
std::string format_rfc3339(SystemTime time);

// The same to the millisecond: "2026-11-22T05:32:45.007Z".
std::string format_rfc3339_millis(SystemTime time);

// A date of RFC 3339, to the millisecond; nothing for what is none.
std::optional<SystemTime> parse_rfc3339(std::string_view text);

}  // namespace sallyport
