// Decimal numbers as text: equality and plain form without the rounding of a double.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::protocol {

// Do both texts, JSON numbers by their grammar, name the same number? ("42.0" and "42"). False if one is no
// number.
bool equal_decimals(std::string_view a, std::string_view b);

// An integer of at most 40 digits without fraction and exponent ("42.0" and "4.2e1" give "42"); any other
// text unchanged.
std::string plain_decimal(std::string_view number);

}  // namespace sallyport::protocol
