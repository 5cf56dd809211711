#include "schema/dialect.hpp"

#include <algorithm>
#include <array>

namespace sallyport::schema {
namespace {

constexpr std::uint8_t d7 = 1;
constexpr std::uint8_t d2019 = 2;
constexpr std::uint8_t d2020 = 4;
constexpr std::uint8_t later = d2019 | d2020;
constexpr std::uint8_t any = d7 | later;

struct KeywordRow {
  std::string_view name;
  std::uint8_t drafts;
};

// The last ones are of no draft, but every generator of schemas writes them, and they are no rules.
constexpr auto known = std::to_array<KeywordRow>({
    {"$id", any},
    {"$schema", any},
    {"$ref", any},
    {"$comment", any},
    {"$defs", any},
    {"definitions", any},
    {"$anchor", later},
    {"$vocabulary", later},
    {"$dynamicRef", d2020},
    {"$dynamicAnchor", d2020},
    {"$recursiveRef", d2019},
    {"$recursiveAnchor", d2019},
    {"type", any},
    {"enum", any},
    {"const", any},
    {"multipleOf", any},
    {"minimum", any},
    {"maximum", any},
    {"exclusiveMinimum", any},
    {"exclusiveMaximum", any},
    {"minLength", any},
    {"maxLength", any},
    {"pattern", any},
    {"minItems", any},
    {"maxItems", any},
    {"uniqueItems", any},
    {"minProperties", any},
    {"maxProperties", any},
    {"required", any},
    {"dependentRequired", later},
    {"dependentSchemas", later},
    {"dependencies", any},
    {"allOf", any},
    {"anyOf", any},
    {"oneOf", any},
    {"not", any},
    {"if", any},
    {"then", any},
    {"else", any},
    {"properties", any},
    {"patternProperties", any},
    {"additionalProperties", any},
    {"propertyNames", any},
    {"items", any},
    {"prefixItems", d2020},
    {"additionalItems", d7 | d2019},
    {"contains", any},
    {"minContains", later},
    {"maxContains", later},
    {"unevaluatedItems", later},
    {"unevaluatedProperties", later},
    {"title", any},
    {"description", any},
    {"default", any},
    {"examples", any},
    {"readOnly", any},
    {"writeOnly", any},
    {"deprecated", any},
    {"format", any},
    {"contentMediaType", any},
    {"contentEncoding", any},
    {"contentSchema", later},
    {"example", any},
    {"enumNames", any},
    {"errorMessage", any},
});

}  // namespace

std::optional<Draft> draft_of(std::string_view uri) {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  if (uri == "https://json-schema.org/draft/2020-12/schema") return Draft::d2020;
  if (uri == "https://json-schema.org/draft/2019-09/schema") return Draft::d2019;
  if (uri == "http://json-schema.org/draft-07/schema" || uri == "https://json-schema.org/draft-07/schema")
    return Draft::d7;
  return std::nullopt;
}

bool is_known(std::string_view name, Draft draft) {
  if (name.starts_with("x-")) return true;
  const auto* const row = std::ranges::find(known, name, &KeywordRow::name);
  return row != known.end() && (row->drafts & static_cast<std::uint8_t>(draft)) != 0;
}

}  // namespace sallyport::schema
