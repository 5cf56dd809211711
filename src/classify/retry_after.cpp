#include "classify/retry_after.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace sallyport::classify {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

enum class Unit : std::uint8_t { seconds, milliseconds };

struct Source {
  std::string_view name;
  Unit unit = Unit::seconds;
  bool is_ratelimit = false;  // a structured field, not a single value
};

constexpr std::array<Source, 7> sources = {{
    {"retry-after-ms", Unit::milliseconds},
    {"retry-after"},
    {"ratelimit", Unit::seconds, true},
    {"x-ratelimit-reset"},
    {"x-rate-limit-reset"},
    {"ratelimit-reset"},
    {"x-ratelimit-reset-ms", Unit::milliseconds},
}};

constexpr std::size_t longest_number = 40;

// Greater values are moments since 1970, in whatever header they stand.
constexpr double least_epoch_seconds = 1e9;
constexpr double least_epoch_milliseconds = 1e12;

// Digits with an optional fraction: no sign, no exponent.
std::optional<double> parse_number(std::string_view text) {
  if (text.empty() || text.size() > longest_number) return std::nullopt;
  if (text.find_first_not_of("0123456789.") != text.npos || text.front() == '.') return std::nullopt;
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, status] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (status != std::errc{} || stop != end) return std::nullopt;
  return value;
}

// Cuts the front of `rest` up to a separator that stands outside a quoted string.
std::string_view cut(std::string_view& rest, char separator) noexcept {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < rest.size(); ++i) {
    if (quoted && rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && rest[i] == separator) {
      break;
    }
  }
  i = std::min(i, rest.size());
  const std::string_view part = rest.substr(0, i);
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return trim(part);
}

// What a ratelimit item or the older list says: how much is left, and when there is more.
struct Quota {
  std::optional<double> remaining;
  std::optional<double> reset;

  void read(std::string_view parameter, std::string_view remaining_key, std::string_view reset_key) {
    const std::string_view key = cut(parameter, '=');
    if (iequals(key, remaining_key)) remaining = parse_number(trim(parameter));
    if (iequals(key, reset_key)) reset = parse_number(trim(parameter));
  }
};

// `"burst";r=0;t=12, "day";r=100;t=3600`: the longest wait among the quotas that are used up.
std::optional<double> ratelimit_items(std::string_view value) {
  std::optional<double> longest;
  while (!value.empty()) {
    std::string_view item = cut(value, ',');
    Quota quota;
    cut(item, ';');
    while (!item.empty()) quota.read(cut(item, ';'), "r", "t");
    if (quota.remaining == 0.0 && quota.reset) longest = std::max(longest.value_or(0), *quota.reset);
  }
  return longest;
}

// `limit=100, remaining=0, reset=50`, with commas or semicolons.
std::optional<double> ratelimit_list(std::string_view value) {
  Quota quota;
  while (!value.empty()) {
    std::string_view item = cut(value, ',');
    while (!item.empty()) quota.read(cut(item, ';'), "remaining", "reset");
  }
  if (quota.remaining.value_or(0) > 0) return std::nullopt;
  return quota.reset;
}

std::optional<double> parse_ratelimit(std::string_view value) {
  if (const auto seconds = ratelimit_items(value)) return seconds;
  return ratelimit_list(value);
}

class Reading {
 public:
  Reading(Headers headers, SystemTime now) : now_(now), base_(since_epoch(now)) {
    for (const HeaderField& field : headers) {
      if (!iequals(field.name, "date")) continue;
      if (const auto date = parse_http_date(trim(field.value), now)) base_ = date->time_since_epoch();
      break;
    }
  }

  // The delay that a field asks for; negative for a moment in the past.
  std::optional<Milliseconds> delay(const Source& source, std::string_view value) const {
    value = trim(value);
    const auto number = source.is_ratelimit ? parse_ratelimit(value) : parse_number(value);
    if (number) return from_number(*number, source.unit);
    if (const auto date = parse_http_date(value, now_)) return Milliseconds(date->time_since_epoch()) - base_;
    return std::nullopt;
  }

 private:
  static Milliseconds since_epoch(SystemTime time) { return time.time_since_epoch(); }

  Milliseconds from_number(double number, Unit unit) const {
    if (number > least_epoch_milliseconds) return Milliseconds(number) - base_;
    if (number > least_epoch_seconds) return Milliseconds(number * 1000) - base_;
    return Milliseconds(unit == Unit::seconds ? number * 1000 : number);
  }

  SystemTime now_;
  Milliseconds base_;
};

RetryAfter bounded(Milliseconds delay, std::string_view source) {
  const Milliseconds longest = longest_retry_after;
  const Milliseconds wait = std::clamp(delay, Milliseconds(0), longest);
  return {.delay = std::chrono::milliseconds(std::llround(wait.count())),
          .source = source,
          .clamped = delay > longest};
}

constexpr std::array<std::string_view, 4> remaining_names = {
    "x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining", "x-app-rate-limit-remaining"};
constexpr std::array<std::string_view, 3> limit_names = {"x-ratelimit-limit", "x-rate-limit-limit",
                                                         "ratelimit-limit"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view other) { return iequals(name, other); });
}

// A decimal number that may be negative.
std::optional<double> parse_signed(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto number = parse_number(text.substr(negative ? 1 : 0));
  return number && negative ? -*number : number;
}

bool asks_to_wait(std::string_view value) {
  if (value.empty()) return false;
  const auto number = parse_signed(value);
  return !number || *number > 0;
}

}  // namespace

std::optional<RetryAfter> read_retry_after(Headers headers, SystemTime now) {
  const Reading reading(headers, now);
  for (const Source& source : sources) {
    for (const HeaderField& field : headers) {
      if (!iequals(field.name, source.name)) continue;
      if (const auto delay = reading.delay(source, field.value)) return bounded(*delay, source.name);
    }
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> retry_after(Headers headers, SystemTime now) {
  const auto after = read_retry_after(headers, now);
  return after ? std::optional(after->delay) : std::nullopt;
}

bool is_rate_limit_evidence(Headers headers) {
  bool waits = false;
  bool limited = false;
  for (const HeaderField& field : headers) {
    const std::string_view value = trim(field.value);
    if (is_one_of(field.name, remaining_names) && parse_signed(value) == 0.0) return true;
    waits = waits || (iequals(field.name, "retry-after") && asks_to_wait(value));
    limited = limited || is_one_of(field.name, limit_names);
  }
  return waits && limited;
}

}  // namespace sallyport::classify
