// The keywords that hold subschemas against a value, its members or its elements.
#include "schema/compiler.hpp"
#include "schema/pattern.hpp"
#include "schema/source.hpp"

#include <algorithm>

namespace sallyport::schema {

using simdjson::dom::element;
using simdjson::dom::object;

std::optional<Names> Compiler::names(std::string_view key, element list) {
  simdjson::dom::array array;
  Names all;
  if (list.get_array().get(array) == simdjson::SUCCESS) {
    for (const element each : array) {
      if (!each.is_string()) {
        malformed(key);
        return std::nullopt;
      }
      all.emplace_back(each.get_string().value_unsafe());
    }
    return all;
  }
  malformed(key);
  return std::nullopt;
}

void Compiler::combinations(object schema, const Place& place) {
  if (const auto list = find(schema, "allOf")) add(place, keyword::AllOf{children(place, "allOf", *list)});
  if (const auto list = find(schema, "anyOf")) add(place, keyword::AnyOf{children(place, "anyOf", *list)});
  if (const auto list = find(schema, "oneOf")) add(place, keyword::OneOf{children(place, "oneOf", *list)});
  if (const auto node = find(schema, "not")) add(place, keyword::Not{child(place, "not", *node)});
  if (const auto condition = find(schema, "if")) {
    keyword::If made;
    made.condition = child(place, "if", *condition);
    if (const auto then = find(schema, "then")) made.then = child(place, "then", *then);
    if (const auto otherwise = find(schema, "else")) made.otherwise = child(place, "else", *otherwise);
    add(place, made);
  }
}

void Compiler::members(object schema, const Place& place) {
  if (const auto list = find(schema, "required"))
    if (auto all = names("required", *list)) add(place, keyword::Required{std::move(*all)});
  keyword::Members made;
  if (const auto named = find(schema, "properties")) {
    object all;
    if (named->get_object().get(all) != simdjson::SUCCESS) return malformed("properties");
    const Place below{place.node, step(place.path, "properties")};
    for (const auto& [name, each] : all) made.named.emplace_back(name, child(below, name, each));
    std::ranges::sort(made.named);
  }
  if (const auto patterns = find(schema, "patternProperties")) {
    object all;
    if (patterns->get_object().get(all) != simdjson::SUCCESS) return malformed("patternProperties");
    const Place below{place.node, step(place.path, "patternProperties")};
    for (const auto& [written, each] : all) {
      auto compiled = compile_pattern(written);
      if (!compiled) return doubt(Doubt::pattern, written);
      made.patterns.emplace_back(std::move(compiled), child(below, written, each));
    }
  }
  if (const auto rest = find(schema, "additionalProperties"))
    made.rest = child(place, "additionalProperties", *rest);
  if (!made.named.empty() || !made.patterns.empty() || made.rest != no_node) add(place, std::move(made));
  if (const auto node = find(schema, "propertyNames"))
    add(place, keyword::PropertyNames{child(place, "propertyNames", *node)});
}

void Compiler::dependencies(object schema, const Place& place) {
  keyword::DependentRequired required;
  keyword::DependentSchemas schemas;
  const auto take = [&](std::string_view key, bool lists, bool subschemas) {
    const auto found = find(schema, key);
    if (!found) return;
    object all;
    if (found->get_object().get(all) != simdjson::SUCCESS) return malformed(key);
    const Place below{place.node, step(place.path, key)};
    for (const auto& [name, each] : all) {
      if (lists && each.is_array()) {
        if (auto wanted = names(key, each)) required.rules.emplace_back(name, std::move(*wanted));
      } else if (subschemas) {
        schemas.rules.emplace_back(name, child(below, name, each));
      } else {
        malformed(key);
      }
    }
  };
  take("dependencies", true, true);  // of draft-07, and taken by validators of the later ones too
  if (draft_ != Draft::d7) {
    take("dependentRequired", true, false);
    take("dependentSchemas", false, true);
  }
  if (!required.rules.empty()) add(place, std::move(required));
  if (!schemas.rules.empty()) add(place, std::move(schemas));
}

void Compiler::items(object schema, const Place& place) {
  keyword::Items made;
  const std::string_view list_key = draft_ == Draft::d2020 ? "prefixItems" : "items";
  const std::string_view rest_key = draft_ == Draft::d2020 ? "items" : "additionalItems";
  const auto items = find(schema, "items");
  if (const auto list = find(schema, list_key); list && (list->is_array() || draft_ == Draft::d2020)) {
    made.first = children(place, list_key, *list);
    if (const auto rest = find(schema, rest_key)) made.rest = child(place, rest_key, *rest);
  } else if (items) {
    made.rest = child(place, "items", *items);
  }
  if (!made.first.empty() || made.rest != no_node) add(place, std::move(made));
  if (const auto node = find(schema, "contains")) {
    keyword::Contains contains;
    contains.node = child(place, "contains", *node);
    contains.evaluates = draft_ == Draft::d2020;
    if (draft_ != Draft::d7) {
      contains.least = count(schema, "minContains").value_or(1);
      contains.most = count(schema, "maxContains");
    }
    add(place, contains);
  }
}

void Compiler::unevaluated(object schema, const Place& place) {
  if (draft_ == Draft::d7) return;
  if (const auto node = find(schema, "unevaluatedItems"))
    add(place, keyword::UnevaluatedItems{child(place, "unevaluatedItems", *node)});
  if (const auto node = find(schema, "unevaluatedProperties"))
    add(place, keyword::UnevaluatedMembers{child(place, "unevaluatedProperties", *node)});
  out_.nodes[place.node].unevaluated =
      find(schema, "unevaluatedItems") || find(schema, "unevaluatedProperties");
}

}  // namespace sallyport::schema
