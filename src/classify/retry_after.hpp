// When a peer says that we may ask again: every header and form in use, against an injected clock.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

namespace sallyport::classify {

struct HeaderField {
  std::string_view name;
  std::string_view value;
};

// In any order, names in any case.
using Headers = std::span<const HeaderField>;

inline constexpr std::chrono::milliseconds longest_retry_after = std::chrono::hours(24);

struct RetryAfter {
  std::chrono::milliseconds delay;  // 0 … longest_retry_after
  std::string_view source;          // the header's name in lower case
  bool clamped;                     // the peer asked for more than longest_retry_after
};

// The first usable of retry-after-ms, retry-after, ratelimit, x-ratelimit-reset, x-rate-limit-reset,
// ratelimit-reset, x-ratelimit-reset-ms. Moments count from the reply's own Date, else from `now`.
std::optional<RetryAfter> read_retry_after(Headers headers, SystemTime now);
std::optional<std::chrono::milliseconds> retry_after(Headers headers, SystemTime now);

// IMF-fixdate, RFC 850 (a year that would lie over 50 years after `now` is in the century before) and
// asctime.
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view text, SystemTime now);

// Does a 403 with these headers mean "too many requests"?
bool is_rate_limit_evidence(Headers headers);

}  // namespace sallyport::classify
