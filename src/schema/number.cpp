#include "schema/number.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

namespace sallyport::schema {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

__extension__ using Wide = unsigned __int128;
__extension__ using WideSigned = __int128;

WideSigned integer(element number) {
  return number.type() == element_type::INT64 ? WideSigned(int64_t(number.get_int64().value_unsafe()))
                                              : WideSigned(uint64_t(number.get_uint64().value_unsafe()));
}

bool is_double(element number) {
  return number.type() == element_type::DOUBLE;
}

double real(element number) {
  return number.get_double().value_unsafe();
}

std::partial_ordering compare_with_double(WideSigned a, double b) {
  constexpr double beyond = 18446744073709551616.0;  // 2^64: no integer of ours is as large
  if (b >= beyond) return std::partial_ordering::less;
  if (b < -beyond) return std::partial_ordering::greater;
  const double whole = std::trunc(b);
  if (const auto order = a <=> WideSigned(whole); order != 0) return order;
  return 0.0 <=> (b - whole);
}

// |number| as mantissa * 10^exponent.
struct Decimal {
  std::uint64_t mantissa = 0;
  int exponent = 0;
};

Decimal decimal(element number) {
  if (!is_double(number)) {
    const WideSigned value = integer(number);
    return {static_cast<std::uint64_t>(value < 0 ? -value : value), 0};
  }
  std::array<char, 32> text{};
  const double value = std::abs(real(number));
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific).ptr;
  const std::string_view written(text.data(), static_cast<std::size_t>(end - text.data()));
  const std::size_t e = written.find('e');
  Decimal out;
  for (const char c : written.substr(0, e)) {
    if (c == '.') continue;
    out.mantissa = out.mantissa * 10 + static_cast<std::uint64_t>(c - '0');
  }
  const std::string_view digits = written.substr(e + 2);
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), out.exponent);
  if (written[e + 1] == '-') out.exponent = -out.exponent;
  const std::size_t point = written.find('.');
  if (point != std::string_view::npos) out.exponent -= static_cast<int>(e - point - 1);
  return out;
}

void strip(Decimal& number) {
  while (number.mantissa != 0 && number.mantissa % 10 == 0) {
    number.mantissa /= 10;
    ++number.exponent;
  }
}

}  // namespace

std::partial_ordering compare(element a, element b) {
  if (is_double(a) && is_double(b)) return real(a) <=> real(b);
  if (is_double(b)) return compare_with_double(integer(a), real(b));
  if (is_double(a)) return 0 <=> compare_with_double(integer(b), real(a));
  return integer(a) <=> integer(b);
}

bool is_integer(element number) {
  return !is_double(number) || std::trunc(real(number)) == real(number);
}

bool is_multiple(element number, element of) {
  Decimal value = decimal(number);
  Decimal divisor = decimal(of);
  if (value.mantissa == 0) return true;
  strip(value);
  strip(divisor);
  if (value.exponent < divisor.exponent) {
    // value = k * divisor: mantissa = k * (divisor.mantissa * 10^n), which has to stay below the mantissa.
    Wide whole = divisor.mantissa;
    for (int n = divisor.exponent - value.exponent; n > 0; --n) {
      whole *= 10;
      if (whole > value.mantissa) return false;
    }
    return value.mantissa % whole == 0;
  }
  Wide rest = value.mantissa % divisor.mantissa;
  for (int n = value.exponent - divisor.exponent; n > 0 && rest != 0; --n)
    rest = rest * 10 % divisor.mantissa;
  return rest == 0;
}

std::string text_of(element number) {
  std::array<char, 32> text{};
  char* const first = text.data();
  char* const last = first + text.size();
  const auto end =
      number.type() == element_type::INT64    ? std::to_chars(first, last, number.get_int64().value_unsafe())
      : number.type() == element_type::UINT64 ? std::to_chars(first, last, number.get_uint64().value_unsafe())
                                              : std::to_chars(first, last, real(number));
  return {first, end.ptr};
}

}  // namespace sallyport::schema
