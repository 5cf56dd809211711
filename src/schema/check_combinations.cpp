// The keywords that hold other subschemas against the same value.
#include "schema/check.hpp"
#include "schema/view.hpp"

#include <algorithm>

namespace sallyport::schema {

using simdjson::dom::element;

bool Check::check(const keyword::AllOf& rule, element value, Seen* seen) {
  return std::ranges::all_of(rule.all, [&](NodeId each) { return node(each, value, seen); });
}

// What all alternatives have to be; 0 where one of them is not told by its type.
std::uint8_t Check::types_of_all(const std::vector<NodeId>& nodes) const {
  std::uint8_t all = 0;
  for (const NodeId id : nodes) {
    const auto& keywords = schema_.nodes[id].keywords;
    const auto* const type = keywords.empty() ? nullptr : std::get_if<keyword::Type>(&keywords.front());
    if (!type) return 0;
    all |= type->types;
  }
  return all;
}

bool Check::check(const keyword::AnyOf& rule, element value, Seen* seen) {
  bool fits = false;
  for (const NodeId each : rule.any) {
    fits = attempt(each, value, seen) || fits;
    if (doubt_ != Doubt::none) return false;
    if (fits && !seen) return true;
  }
  if (fits) return true;
  const std::uint8_t types = types_of_all(rule.any);
  return misfit(types != 0 && (types & type_of(value)) == 0 ? must_be_of(types)
                                                            : "must fit one of the schemas of `anyOf`");
}

bool Check::check(const keyword::OneOf& rule, element value, Seen* seen) {
  std::size_t fitting = 0;
  for (const NodeId each : rule.one) {
    if (attempt(each, value, seen)) ++fitting;
    if (doubt_ != Doubt::none) return false;
  }
  if (fitting == 1) return true;
  const std::uint8_t types = types_of_all(rule.one);
  return misfit(types != 0 && (types & type_of(value)) == 0
                    ? must_be_of(types)
                    : "must fit exactly one of the schemas of `oneOf`");
}

bool Check::check(const keyword::Not& rule, element value, Seen*) {
  const bool fits = attempt(rule.node, value, nullptr);
  if (doubt_ != Doubt::none) return false;
  return !fits || misfit("must not fit the schema's `not`");
}

bool Check::check(const keyword::If& rule, element value, Seen* seen) {
  const bool fits = attempt(rule.condition, value, seen);
  if (doubt_ != Doubt::none) return false;
  const NodeId next = fits ? rule.then : rule.otherwise;
  return next == no_node || node(next, value, seen);
}

bool Check::check(const keyword::Ref& rule, element value, Seen* seen) {
  return node(rule.node, value, seen);
}

bool Check::check(const keyword::DynamicRef& rule, element value, Seen* seen) {
  NodeId target = rule.node;
  if (!rule.anchor.empty()) {
    for (const std::uint32_t resource : resources_) {
      const auto& anchors = schema_.dynamic_anchors[resource];
      const auto found = anchors.find(rule.anchor);
      if (found == anchors.end()) continue;
      target = found->second;
      break;
    }
  }
  return spend(resources_.size()) && node(target, value, seen);
}

bool Check::check(const keyword::DependentSchemas& rule, element value, Seen* seen) {
  const auto members = object_in(value);
  if (!members) return true;
  for (const auto& [name, id] : rule.rules) {
    if (!spend(members->size())) return false;
    if (members->at_key(name).error() == simdjson::SUCCESS && !node(id, value, seen)) return false;
  }
  return true;
}

}  // namespace sallyport::schema
