// A value as one of the types of JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <simdjson.h>

namespace sallyport::schema {

inline std::optional<simdjson::dom::object> object_in(simdjson::dom::element value) {
  if (!value.is_object()) return std::nullopt;
  return value.get_object().value_unsafe();
}

inline std::optional<simdjson::dom::array> array_in(simdjson::dom::element value) {
  if (!value.is_array()) return std::nullopt;
  return value.get_array().value_unsafe();
}

inline std::optional<std::string_view> text_in(simdjson::dom::element value) {
  if (!value.is_string()) return std::nullopt;
  return std::string_view(value.get_string().value_unsafe());
}

// size() of simdjson saturates.
template <class Container>
std::size_t count(const Container& container) {
  std::size_t n = 0;
  for (auto each = container.begin(); each != container.end(); ++each) ++n;
  return n;
}

inline std::size_t places_in(simdjson::dom::element value) {
  if (const auto members = object_in(value)) return count(*members);
  if (const auto elements = array_in(value)) return count(*elements);
  return 0;
}

}  // namespace sallyport::schema
