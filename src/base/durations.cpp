#include "base/durations.hpp"

#include "base/strings.hpp"

#include <array>
#include <limits>

namespace sallyport {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 5> duration_units = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 5> size_units = {
    {{"TiB", 1ull << 40}, {"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"B", 1}}};

constexpr std::string_view digits = "0123456789";

std::string_view take_prefix(std::string_view& text, std::size_t length) {
  if (length > text.size()) length = text.size();
  const std::string_view prefix = text.substr(0, length);
  text.remove_prefix(length);
  return prefix;
}

std::string_view take_digits(std::string_view& text) {
  return take_prefix(text, text.find_first_not_of(digits));
}

std::string_view take_unit(std::string_view& text) {
  return take_prefix(text, text.find_first_of(digits));
}

std::optional<std::uint64_t> multiply(std::uint64_t value, std::uint64_t factor, std::uint64_t max) {
  if (value > max / factor) return std::nullopt;
  return value * factor;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
  constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  std::size_t next_unit = 0;
  while (!text.empty()) {
    const auto number = parse_int<std::uint64_t>(take_digits(text));
    const std::string_view unit_name = take_unit(text);
    if (!number) return std::nullopt;
    while (next_unit < duration_units.size() && duration_units[next_unit].name != unit_name) ++next_unit;
    if (next_unit == duration_units.size()) return std::nullopt;
    const auto part = multiply(*number, duration_units[next_unit++].factor, max);
    if (!part || *part > max - total) return std::nullopt;
    total += *part;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

std::string format_duration(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  if (count == 0) return "0s";
  std::string text = count < 0 ? "-" : "";
  std::uint64_t left = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  for (const Unit& unit : duration_units) {
    if (left < unit.factor) continue;
    text += std::to_string(left / unit.factor);
    text += unit.name;
    left %= unit.factor;
  }
  return text;
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept {
  constexpr auto max = std::numeric_limits<std::uint64_t>::max();
  const auto number = parse_int<std::uint64_t>(take_digits(text));
  if (!number || text.empty()) return number;
  for (const Unit& unit : size_units) {
    if (unit.name == text) return multiply(*number, unit.factor, max);
  }
  return std::nullopt;
}

std::string format_size(std::uint64_t bytes) {
  for (const Unit& unit : size_units) {
    if (unit.factor > 1 && bytes >= unit.factor && bytes % unit.factor == 0) {
      return std::to_string(bytes / unit.factor).append(unit.name);
    }
  }
  return std::to_string(bytes);
}

}  // namespace sallyport
