#include "schema/value.hpp"

#include "schema/number.hpp"

#include <bit>
#include <functional>
#include <string_view>

namespace sallyport::schema {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

bool spend(std::uint32_t& steps, std::size_t bytes) {
  const auto cost = static_cast<std::uint32_t>(1 + bytes / 64);
  steps = steps > cost ? steps - cost : 0;
  return steps != 0;
}

bool is_number(element value) {
  return value.is_number();
}

bool equal_arrays(simdjson::dom::array a, simdjson::dom::array b, std::uint32_t& steps) {
  auto other = b.begin();
  for (const element each : a) {
    if (!(other != b.end()) || !equal(each, *other, steps)) return false;
    ++other;
  }
  return !(other != b.end());
}

bool equal_objects(simdjson::dom::object a, simdjson::dom::object b, std::uint32_t& steps) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a) {
    element other;
    if (!spend(steps, b.size()) || b.at_key(key).get(other) != simdjson::SUCCESS ||
        !equal(value, other, steps))
      return false;
  }
  return true;
}

std::uint64_t mix(std::uint64_t seed, std::uint64_t value) {
  return std::rotl(seed ^ value, 23) * 0x9E3779B97F4A7C15ULL;
}

std::uint64_t text_hash(std::string_view text) {
  return std::hash<std::string_view>{}(text);
}

std::uint64_t number_hash(element value) {
  double as_double = 0;  // equal numbers are the same double, though not the other way round
  switch (value.type()) {
    case element_type::INT64:
      as_double = static_cast<double>(value.get_int64().value_unsafe());
      break;
    case element_type::UINT64:
      as_double = static_cast<double>(value.get_uint64().value_unsafe());
      break;
    default:
      as_double = value.get_double().value_unsafe();
  }
  return std::bit_cast<std::uint64_t>(as_double == 0 ? 0.0 : as_double);
}

}  // namespace

bool equal(element a, element b, std::uint32_t& steps) {
  if (!spend(steps, 0)) return false;
  if (is_number(a) && is_number(b)) return compare(a, b) == 0;
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case element_type::ARRAY:
      return equal_arrays(a.get_array().value_unsafe(), b.get_array().value_unsafe(), steps);
    case element_type::OBJECT:
      return equal_objects(a.get_object().value_unsafe(), b.get_object().value_unsafe(), steps);
    case element_type::STRING: {
      const std::string_view text = a.get_string().value_unsafe();
      return spend(steps, text.size()) && text == b.get_string().value_unsafe();
    }
    case element_type::BOOL:
      return a.get_bool().value_unsafe() == b.get_bool().value_unsafe();
    default:
      return true;
  }
}

std::uint64_t hash(element value, std::uint32_t& steps) {
  if (!spend(steps, 0)) return 0;
  switch (value.type()) {
    case element_type::ARRAY: {
      std::uint64_t all = 1;
      for (const element each : value.get_array().value_unsafe()) all = mix(all, hash(each, steps));
      return all;
    }
    case element_type::OBJECT: {
      std::uint64_t all = 2;
      for (const auto& [key, each] : value.get_object().value_unsafe())
        all += mix(text_hash(key), hash(each, steps));
      return all;
    }
    case element_type::STRING: {
      const std::string_view text = value.get_string().value_unsafe();
      spend(steps, text.size());
      return mix(3, text_hash(text));
    }
    case element_type::BOOL:
      return value.get_bool().value_unsafe() ? 5 : 7;
    case element_type::NULL_VALUE:
      return 11;
    default:
      return mix(13, number_hash(value));
  }
}

}  // namespace sallyport::schema
