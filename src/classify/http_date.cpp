#include "base/strings.hpp"
#include "classify/retry_after.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace sallyport::classify {
namespace {

using std::chrono::sys_seconds;

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> days = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                  "Friday", "Saturday", "Sunday"};
constexpr std::chrono::years longest_future(50);

// Cuts a text from its front; after the first mismatch everything fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool literal(std::string_view expected) noexcept {
    if (!text_.starts_with(expected)) return false;
    text_.remove_prefix(expected.size());
    return true;
  }

  std::optional<int> digits(std::size_t count) noexcept {
    const std::string_view number = text_.substr(0, count);
    if (number.size() != count || number.find_first_not_of("0123456789") != number.npos) return std::nullopt;
    text_.remove_prefix(count);
    return parse_int<int>(number);
  }

  // Day of the month in asctime: two digits, or a space and one.
  std::optional<int> padded_day() noexcept { return literal(" ") ? digits(1) : digits(2); }

  std::optional<unsigned> month() noexcept {
    const auto found = std::ranges::find(months, text_.substr(0, 3));
    if (found == months.end()) return std::nullopt;
    text_.remove_prefix(3);
    return static_cast<unsigned>(found - months.begin()) + 1;
  }

  // Which day it is follows from the date; that a name stands there tells the forms apart.
  bool day_name(bool in_full) noexcept {
    return std::ranges::any_of(
        days, [&](std::string_view day) { return literal(in_full ? day : day.substr(0, 3)); });
  }

  std::optional<std::chrono::seconds> time() noexcept {
    const auto hour = digits(2);
    if (!hour || *hour > 23 || !literal(":")) return std::nullopt;
    const auto minute = digits(2);
    if (!minute || *minute > 59 || !literal(":")) return std::nullopt;
    const auto second = digits(2);
    if (!second || *second > 60) return std::nullopt;  // 60: a leap second
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
  }

  bool at_end() const noexcept { return text_.empty(); }

 private:
  std::string_view text_;
};

std::optional<sys_seconds> moment(std::optional<int> year, std::optional<unsigned> month,
                                  std::optional<int> day, std::optional<std::chrono::seconds> time) noexcept {
  if (!year || !month || !day || !time) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + *time;
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<sys_seconds> parse_imf_fixdate(std::string_view text) noexcept {
  Reader reader(text);
  if (!reader.day_name(false) || !reader.literal(", ")) return std::nullopt;
  const auto day = reader.digits(2);
  if (!reader.literal(" ")) return std::nullopt;
  const auto month = reader.month();
  if (!reader.literal(" ")) return std::nullopt;
  const auto year = reader.digits(4);
  if (!reader.literal(" ")) return std::nullopt;
  const auto time = reader.time();
  if (!reader.literal(" GMT") || !reader.at_end()) return std::nullopt;
  return moment(year, month, day, time);
}

// The latest year with these two digits that does not put the date over 50 years ahead (RFC 9110,
// section 5.6.7).
std::optional<sys_seconds> nearest_century(int two_digits, std::optional<unsigned> month,
                                           std::optional<int> day, std::optional<std::chrono::seconds> time,
                                           SystemTime now) noexcept {
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const sys_seconds latest = std::chrono::floor<std::chrono::seconds>(now) + longest_future;
  const int century = static_cast<int>(today.year()) / 100 * 100;
  for (const int base : {century + 100, century, century - 100}) {
    const auto date = moment(base + two_digits, month, day, time);
    if (date && *date <= latest) return date;
  }
  return std::nullopt;
}

// "Sunday, 06-Nov-94 08:49:37 GMT"
std::optional<sys_seconds> parse_rfc850(std::string_view text, SystemTime now) noexcept {
  Reader reader(text);
  if (!reader.day_name(true) || !reader.literal(", ")) return std::nullopt;
  const auto day = reader.digits(2);
  if (!reader.literal("-")) return std::nullopt;
  const auto month = reader.month();
  if (!reader.literal("-")) return std::nullopt;
  const auto year = reader.digits(2);
  if (!year || !reader.literal(" ")) return std::nullopt;
  const auto time = reader.time();
  if (!reader.literal(" GMT") || !reader.at_end()) return std::nullopt;
  return nearest_century(*year, month, day, time, now);
}

// "Sun Nov  6 08:49:37 1994"
std::optional<sys_seconds> parse_asctime(std::string_view text) noexcept {
  Reader reader(text);
  if (!reader.day_name(false) || !reader.literal(" ")) return std::nullopt;
  const auto month = reader.month();
  if (!reader.literal(" ")) return std::nullopt;
  const auto day = reader.padded_day();
  if (!reader.literal(" ")) return std::nullopt;
  const auto time = reader.time();
  if (!reader.literal(" ")) return std::nullopt;
  const auto year = reader.digits(4);
  if (!reader.at_end()) return std::nullopt;
  return moment(year, month, day, time);
}

}  // namespace

std::optional<sys_seconds> parse_http_date(std::string_view text, SystemTime now) {
  if (const auto date = parse_imf_fixdate(text)) return date;
  if (const auto date = parse_rfc850(text, now)) return date;
  return parse_asctime(text);
}

}  // namespace sallyport::classify
