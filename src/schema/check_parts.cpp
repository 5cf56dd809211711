// The keywords that look at the members and elements of a value.
#include "json/scanner.hpp"
#include "schema/check.hpp"
#include "schema/view.hpp"

#include <algorithm>

namespace sallyport::schema {

using simdjson::dom::element;

bool Check::check(const keyword::Required& rule, element value, Seen*) {
  const auto members = object_in(value);
  if (!members) return true;
  for (const std::string_view name : rule.names) {
    if (!spend(members->size())) return false;
    if (members->at_key(name).error() != simdjson::SUCCESS) return misfit("is required", name);
  }
  return true;
}

bool Check::check(const keyword::DependentRequired& rule, element value, Seen*) {
  const auto members = object_in(value);
  if (!members) return true;
  for (const auto& [name, wanted] : rule.rules) {
    if (!spend(members->size())) return false;
    if (members->at_key(name).error() != simdjson::SUCCESS) continue;
    for (const std::string_view each : wanted) {
      if (!spend(members->size())) return false;
      if (members->at_key(each).error() != simdjson::SUCCESS)
        return misfit("is required beside `" + std::string(name) + "`", each);
    }
  }
  return true;
}

bool Check::check(const keyword::Members& rule, element value, Seen* seen) {
  const auto members = object_in(value);
  if (!members) return true;
  std::size_t place = 0;
  for (const auto& [key, each] : *members) {
    const auto named =
        std::ranges::lower_bound(rule.named, key, {}, &std::pair<std::string_view, NodeId>::first);
    bool evaluated = named != rule.named.end() && named->first == key;
    const Step step = evaluated ? Step{named->first} : Step{{}, 0, Step::Kind::unnamed};
    if (evaluated && !below(named->second, each, step)) return false;
    for (const auto& [pattern, id] : rule.patterns) {
      if (!matches(pattern, key)) {
        if (doubt_ != Doubt::none) return false;
        continue;
      }
      if (!below(id, each, step)) return false;
      evaluated = true;
    }
    if (!evaluated && rule.rest != no_node) {
      if (!spend()) return false;
      if (schema_.nodes[rule.rest].never)
        return misfit("must not have members that the schema does not name");
      if (!below(rule.rest, each, step)) return false;
      evaluated = true;
    }
    if (evaluated && seen) seen->mark(place);
    ++place;
    if (!spend()) return false;
  }
  return true;
}

bool Check::check(const keyword::PropertyNames& rule, element value, Seen*) {
  const auto members = object_in(value);
  if (!members) return true;
  for (const auto& [key, each] : *members) {
    if (!spend(key.size() + 640)) return false;  // a tree of its own
    const auto name = json::Dom::parse(json::quote(key));
    if (!name) {
      doubt_ = Doubt::value;
      return false;
    }
    if (!attempt(rule.node, name->root(), nullptr))
      return doubt_ == Doubt::none && misfit("must not have members whose names do not fit `propertyNames`");
  }
  return true;
}

bool Check::check(const keyword::Items& rule, element value, Seen* seen) {
  const auto elements = array_in(value);
  if (!elements) return true;
  std::size_t place = 0;
  for (const element each : *elements) {
    const NodeId id = place < rule.first.size() ? rule.first[place] : rule.rest;
    if (id == no_node) break;
    if (schema_.nodes[id].never && id == rule.rest)
      return misfit("must have at most " + std::to_string(rule.first.size()) + " items");
    if (!below(id, each, {{}, place, Step::Kind::index})) return false;
    if (seen) seen->mark(place);
    ++place;
  }
  return true;
}

bool Check::check(const keyword::Contains& rule, element value, Seen* seen) {
  const auto elements = array_in(value);
  if (!elements) return true;
  std::size_t place = 0;
  std::uint64_t found = 0;
  for (const element each : *elements) {
    if (attempt(rule.node, each, nullptr)) {
      ++found;
      if (seen && rule.evaluates) seen->mark(place);
    }
    if (doubt_ != Doubt::none) return false;
    ++place;
  }
  if (found < rule.least)
    return misfit("must have at least " + std::to_string(rule.least) +
                  " items that fit the schema's `contains`");
  if (rule.most && found > *rule.most)
    return misfit("must have at most " + std::to_string(*rule.most) +
                  " items that fit the schema's `contains`");
  return true;
}

bool Check::check(const keyword::UnevaluatedMembers& rule, element value, Seen* seen) {
  const auto members = object_in(value);
  if (!members) return true;
  std::size_t place = 0;
  for (const auto& [key, each] : *members) {
    if (!spend()) return false;
    if (!seen->places[place]) {
      if (schema_.nodes[rule.node].never)
        return misfit("must not have members that the schema does not name");
      if (!below(rule.node, each, {{}, 0, Step::Kind::unnamed})) return false;
      seen->mark(place);
    }
    ++place;
  }
  return true;
}

bool Check::check(const keyword::UnevaluatedItems& rule, element value, Seen* seen) {
  const auto elements = array_in(value);
  if (!elements) return true;
  std::size_t place = 0;
  for (const element each : *elements) {
    if (!spend()) return false;
    if (!seen->places[place]) {
      if (schema_.nodes[rule.node].never) return misfit("must not have items that the schema does not name");
      if (!below(rule.node, each, {{}, place, Step::Kind::index})) return false;
      seen->mark(place);
    }
    ++place;
  }
  return true;
}

}  // namespace sallyport::schema
