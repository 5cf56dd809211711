// Reads the text of a schema as a tree.
#pragma once

#include "json/pointer.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <simdjson.h>

namespace sallyport::schema {

inline std::optional<simdjson::dom::element> find(simdjson::dom::object in, std::string_view key) {
  simdjson::dom::element found;
  if (in.at_key(key).get(found) != simdjson::SUCCESS) return std::nullopt;
  return found;
}

inline std::optional<std::string_view> text(simdjson::dom::object in, std::string_view key) {
  const auto found = find(in, key);
  if (!found || !found->is_string()) return std::nullopt;
  return std::string_view(found->get_string().value_unsafe());
}

inline std::string step(const std::string& path, std::string_view key) {
  const std::string name(key);
  return path + json::format_pointer({&name, 1});
}

}  // namespace sallyport::schema
