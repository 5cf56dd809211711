#include "protocol/decimal.hpp"

#include "base/strings.hpp"

#include <cstdint>
#include <optional>

namespace sallyport::protocol {

namespace {

constexpr std::size_t max_digits = 40;

// (-)digits × 10^exponent, the digits without zeros at either end; zero has none.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

std::string_view take_digits(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// The exponent part, which is all that is left; at most 18 digits so that it cannot overflow.
std::optional<std::int64_t> parse_exponent(std::string_view text) {
  if (text.empty()) return 0;
  if (!take(text, 'e') && !take(text, 'E')) return std::nullopt;
  if (text.starts_with("+-")) return std::nullopt;
  take(text, '+');
  if (text.size() > 18) return std::nullopt;
  return parse_int<std::int64_t>(text);
}

void normalise(Decimal& value) {
  value.digits.erase(0, std::min(value.digits.find_first_not_of('0'), value.digits.size()));
  while (value.digits.ends_with('0')) {
    value.digits.pop_back();
    ++value.exponent;
  }
  if (value.digits.empty()) value = {};
}

std::optional<Decimal> parse(std::string_view text) {
  Decimal value;
  value.negative = take(text, '-');
  const std::string_view whole = take_digits(text);
  if (whole.empty() || (whole.size() > 1 && whole.starts_with('0'))) return std::nullopt;
  std::string_view fraction;
  if (take(text, '.')) {
    fraction = take_digits(text);
    if (fraction.empty()) return std::nullopt;
  }
  const auto exponent = parse_exponent(text);
  if (!exponent) return std::nullopt;
  value.digits.append(whole).append(fraction);
  value.exponent = *exponent - static_cast<std::int64_t>(fraction.size());
  normalise(value);
  return value;
}

}  // namespace

bool equal_decimals(std::string_view a, std::string_view b) {
  const auto left = parse(a);
  return left && left == parse(b);
}

std::string plain_decimal(std::string_view number) {
  auto value = parse(number);
  const bool integral = value && value->exponent >= 0 &&
                        value->exponent <= static_cast<std::int64_t>(max_digits) &&
                        value->digits.size() + static_cast<std::size_t>(value->exponent) <= max_digits;
  if (!integral) return std::string(number);
  if (value->digits.empty()) return "0";
  value->digits.append(static_cast<std::size_t>(value->exponent), '0');
  return value->negative ? "-" + value->digits : value->digits;
}

}  // namespace sallyport::protocol
