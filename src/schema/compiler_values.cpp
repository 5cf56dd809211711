// The keywords that look at a value by itself: its type, its size, what it is equal to.
#include "schema/compiler.hpp"
#include "schema/pattern.hpp"
#include "schema/source.hpp"

#include <algorithm>
#include <array>

namespace sallyport::schema {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

std::uint8_t type_named(std::string_view name) {
  struct Row {
    std::string_view name;
    std::uint8_t type;
  };
  constexpr auto rows = std::to_array<Row>({{"null", is_null},
                                            {"boolean", is_boolean},
                                            {"string", is_string},
                                            {"array", is_array},
                                            {"object", is_object},
                                            {"integer", is_integer_type},
                                            {"number", is_number_type}});
  const auto* const row = std::ranges::find(rows, name, &Row::name);
  return row == rows.end() ? std::uint8_t{0} : row->type;
}

}  // namespace

void Compiler::values(object schema, const Place& place) {
  if (const auto type = find(schema, "type")) {
    keyword::Type made;
    if (type->is_string()) {
      made.types = type_named(type->get_string().value_unsafe());
    } else if (simdjson::dom::array list; type->get_array().get(list) == simdjson::SUCCESS) {
      for (const element each : list) {
        const std::uint8_t one =
            each.is_string() ? type_named(each.get_string().value_unsafe()) : std::uint8_t{0};
        if (one == 0) return malformed("type");
        made.types |= one;
      }
    }
    if (made.types == 0) return malformed("type");
    add(place, made);
  }
  if (const auto list = find(schema, "enum")) {
    keyword::Enum made;
    simdjson::dom::array array;
    if (list->get_array().get(array) != simdjson::SUCCESS) return malformed("enum");
    for (const element each : array) made.values.push_back(each);
    add(place, std::move(made));
  }
  if (const auto value = find(schema, "const")) add(place, keyword::Enum{{*value}, true});
  if (const auto pattern = find(schema, "pattern")) {
    if (!pattern->is_string()) return malformed("pattern");
    const std::string_view written = pattern->get_string().value_unsafe();
    auto compiled = compile_pattern(written);
    if (!compiled) return doubt(Doubt::pattern, written);
    add(place, keyword::Matches{std::move(compiled), written});
  }
}

void Compiler::numbers(object schema, const Place& place) {
  using Kind = keyword::Bound::Kind;
  constexpr std::pair<std::string_view, Kind> bounds[] = {{"minimum", Kind::at_least},
                                                          {"maximum", Kind::at_most},
                                                          {"exclusiveMinimum", Kind::above},
                                                          {"exclusiveMaximum", Kind::below}};
  for (const auto& [key, kind] : bounds) {
    const auto limit = find(schema, key);
    if (!limit) continue;
    if (!limit->is_number()) return malformed(key);
    add(place, keyword::Bound{kind, *limit});
  }
  if (const auto of = find(schema, "multipleOf")) {
    double value = 0;
    if (of->get_double().get(value) != simdjson::SUCCESS || !(value > 0)) return malformed("multipleOf");
    add(place, keyword::MultipleOf{*of});
  }
}

// Such numbers are whole, but may be written as 2.0.
std::optional<std::uint64_t> Compiler::count(object schema, std::string_view key) {
  const auto found = find(schema, key);
  if (!found) return std::nullopt;
  double value = -1;
  if (found->get_double().get(value) != simdjson::SUCCESS || !(value >= 0) || value > 9e15 ||
      value != static_cast<double>(static_cast<std::uint64_t>(value))) {
    malformed(key);
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(value);
}

void Compiler::size(object schema, const Place& place, std::string_view key, keyword::Size::Of of,
                    bool least) {
  if (const auto limit = count(schema, key)) add(place, keyword::Size{of, least, *limit});
}

void Compiler::sizes(object schema, const Place& place) {
  using Of = keyword::Size::Of;
  size(schema, place, "minLength", Of::string, true);
  size(schema, place, "maxLength", Of::string, false);
  size(schema, place, "minItems", Of::array, true);
  size(schema, place, "maxItems", Of::array, false);
  size(schema, place, "minProperties", Of::object, true);
  size(schema, place, "maxProperties", Of::object, false);
  if (const auto unique = find(schema, "uniqueItems")) {
    if (!unique->is_bool()) return malformed("uniqueItems");
    if (unique->get_bool().value_unsafe()) add(place, keyword::Unique{});
  }
}

}  // namespace sallyport::schema
