// A schema after compilation: subschemas as lists of keywords, references as numbers.
#pragma once

#include "json/dom.hpp"
#include "schema/schema.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <simdjson.h>

namespace re2 {
class RE2;
}

namespace sallyport::schema {

using NodeId = std::uint32_t;  // of a subschema
inline constexpr NodeId no_node = UINT32_MAX;

// A set of JSON types; an integer is a number too.
enum Types : std::uint8_t {
  is_null = 1,
  is_boolean = 2,
  is_string = 4,
  is_array = 8,
  is_object = 16,
  is_integer_type = 32,
  is_number_type = 64,
};

using Pattern = std::shared_ptr<const re2::RE2>;
using Names = std::vector<std::string_view>;

namespace keyword {

struct Type {
  std::uint8_t types = 0;
};
struct Enum {
  std::vector<simdjson::dom::element> values;
  bool single = false;  // `const`
};
struct Bound {
  enum class Kind : std::uint8_t { at_least, at_most, above, below } kind;
  simdjson::dom::element limit;
};
struct MultipleOf {
  simdjson::dom::element of;
};
struct Size {
  enum class Of : std::uint8_t { string, array, object } of;
  bool least;
  std::uint64_t limit;
};
struct Matches {
  Pattern pattern;
  std::string_view written;
};
struct Unique {};
struct Required {
  Names names;
};
struct DependentRequired {
  std::vector<std::pair<std::string_view, Names>> rules;
};
struct AllOf {
  std::vector<NodeId> all;
};
struct AnyOf {
  std::vector<NodeId> any;
};
struct OneOf {
  std::vector<NodeId> one;
};
struct Not {
  NodeId node;
};
struct If {
  NodeId condition = no_node;
  NodeId then = no_node;
  NodeId otherwise = no_node;
};
struct Ref {
  NodeId node = no_node;
};
// Leads to the outermost of the resources gone through that has the anchor, if `node` has it.
struct DynamicRef {
  NodeId node = no_node;
  std::string anchor;  // empty: the ordinary kind
};
struct DependentSchemas {
  std::vector<std::pair<std::string_view, NodeId>> rules;
};
// `properties` (sorted by name), `patternProperties`, `additionalProperties`.
struct Members {
  std::vector<std::pair<std::string_view, NodeId>> named;
  std::vector<std::pair<Pattern, NodeId>> patterns;
  NodeId rest = no_node;
};
struct PropertyNames {
  NodeId node;
};
struct Items {
  std::vector<NodeId> first;
  NodeId rest = no_node;
};
struct Contains {
  NodeId node = no_node;
  std::uint64_t least = 1;
  std::optional<std::uint64_t> most;
  bool evaluates = true;  // what it finds counts for `unevaluatedItems`
};
struct UnevaluatedMembers {
  NodeId node;
};
struct UnevaluatedItems {
  NodeId node;
};

}  // namespace keyword

using Keyword =
    std::variant<keyword::Type, keyword::Enum, keyword::Bound, keyword::MultipleOf, keyword::Size,
                 keyword::Matches, keyword::Unique, keyword::Required, keyword::DependentRequired,
                 keyword::AllOf, keyword::AnyOf, keyword::OneOf, keyword::Not, keyword::If, keyword::Ref,
                 keyword::DynamicRef, keyword::DependentSchemas, keyword::Members, keyword::PropertyNames,
                 keyword::Items, keyword::Contains, keyword::UnevaluatedMembers, keyword::UnevaluatedItems>;

struct Node {
  bool never = false;        // the schema `false`
  bool unevaluated = false;  // it has one of the last two, so its other keywords tell what they looked at
  std::uint32_t resource = 0;
  std::vector<Keyword> keywords;  // in the order in which they are looked at
};

struct Compiled {
  std::optional<json::Dom> source;  // what the views point into
  std::vector<Node> nodes;          // the first is the root
  // The dynamic anchors of each resource, a schema with an `$id` of its own; the first is the root's.
  std::vector<std::map<std::string, NodeId>> dynamic_anchors;
  Doubt doubt = Doubt::none;
  std::string about;
};

}  // namespace sallyport::schema
