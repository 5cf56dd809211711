// Numbers as JSON Schema compares them: by value, whatever their form (1, 1.0 and 1e0 are one number).
#pragma once

#include <compare>
#include <optional>
#include <string>

#include <simdjson.h>

namespace sallyport::schema {

// Of an element that is a number; exact between integers of any sign, and between an integer and a double.
std::partial_ordering compare(simdjson::dom::element a, simdjson::dom::element b);

bool is_integer(simdjson::dom::element number);

// Exact, in decimal: 0.0075 is a multiple of 0.0001, and 1e308 is none of 0.123456789. `of` is above 0.
bool is_multiple(simdjson::dom::element number, simdjson::dom::element of);

std::string text_of(simdjson::dom::element number);  // the shortest that reads back

}  // namespace sallyport::schema
