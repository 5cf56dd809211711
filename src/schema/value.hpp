// Equality of JSON values as JSON Schema has it: numbers by value, members in any order.
#pragma once

#include <cstdint>

#include <simdjson.h>

namespace sallyport::schema {

// `steps` is counted down by what is looked at, and never below 0: at 0 the answer means nothing.
bool equal(simdjson::dom::element a, simdjson::dom::element b, std::uint32_t& steps);

// Equal values have equal hashes.
std::uint64_t hash(simdjson::dom::element value, std::uint32_t& steps);

}  // namespace sallyport::schema
