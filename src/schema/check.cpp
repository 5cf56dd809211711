#include "schema/check.hpp"

#include "json/pointer.hpp"
#include "json/scanner.hpp"
#include "schema/number.hpp"
#include "schema/pattern.hpp"
#include "schema/value.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace sallyport::schema {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr int max_depth = 400;
constexpr std::size_t max_quoted = 200;  // bytes of words of the schema in a rule

std::uint8_t type_of(element value) {
  switch (value.type()) {
    case element_type::NULL_VALUE:
      return is_null;
    case element_type::BOOL:
      return is_boolean;
    case element_type::STRING:
      return is_string;
    case element_type::ARRAY:
      return is_array;
    case element_type::OBJECT:
      return is_object;
    default:
      return is_integer(value) ? is_integer_type | is_number_type : is_number_type;
  }
}

std::optional<simdjson::dom::object> object_in(element value) {
  if (!value.is_object()) return std::nullopt;
  return value.get_object().value_unsafe();
}

std::optional<simdjson::dom::array> array_in(element value) {
  if (!value.is_array()) return std::nullopt;
  return value.get_array().value_unsafe();
}

std::optional<std::string_view> text_in(element value) {
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

std::size_t places_in(element value) {
  if (const auto members = object_in(value)) return count(*members);
  if (const auto elements = array_in(value)) return count(*elements);
  return 0;
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string must_be_of(std::uint8_t types) {
  if ((types & is_number_type) != 0) types &= static_cast<std::uint8_t>(~is_integer_type);
  constexpr std::pair<std::uint8_t, std::string_view> words[] = {{is_string, "a string"},
                                                                 {is_integer_type, "an integer"},
                                                                 {is_number_type, "a number"},
                                                                 {is_boolean, "true or false"},
                                                                 {is_array, "an array"},
                                                                 {is_object, "an object"},
                                                                 {is_null, "null"}};
  std::string rule = "must be ";
  bool first = true;
  for (const auto& [type, word] : words) {
    if ((types & type) == 0) continue;
    if (!std::exchange(first, false)) rule += " or ";
    rule += word;
  }
  return rule;
}

// The values that are allowed, where they are short.
std::string must_be_one_of(const keyword::Enum& rule) {
  std::string list;
  for (const element each : rule.values) {
    if (!list.empty()) list += ", ";
    if (const auto text = text_in(each)) {
      list += *text;
    } else if (each.is_object() || each.is_array()) {
      list.append(max_quoted + 1, ' ');
    } else {
      list += each.is_number() ? text_of(each)
              : each.is_bool() ? (each.get_bool().value_unsafe() ? "true" : "false")
                               : "null";
    }
    if (list.size() > max_quoted) return "must be what the schema's `enum` or `const` names";
  }
  return (rule.single ? "must be " : "must be one of: ") + list;
}

std::string_view noun(keyword::Size::Of of) {
  switch (of) {
    case keyword::Size::Of::string:
      return " characters";
    case keyword::Size::Of::array:
      return " items";
    case keyword::Size::Of::object:
      break;
  }
  return " members";
}

}  // namespace

void Check::Seen::add(const Seen& other) {
  for (std::size_t i = 0; i < places.size() && i < other.places.size(); ++i)
    if (other.places[i]) places[i] = true;
}

Verdict Check::run(element value) {
  const bool fits = node(0, value, nullptr);
  if (doubt_ != Doubt::none) return {std::nullopt, doubt_};
  if (fits) return {};
  return {misfit_ ? std::move(misfit_) : Misfit{{}, "must fit the schema"}, Doubt::none};
}

bool Check::spend(std::size_t bytes) {
  const auto cost = static_cast<std::uint32_t>(1 + bytes / 64);
  if (steps_ > cost) {
    steps_ -= cost;
    return true;
  }
  doubt_ = Doubt::budget;
  return false;
}

bool Check::node(NodeId id, element value, Seen* seen) {
  const Node& it = schema_.nodes[id];
  if (!spend()) return false;
  if (it.never) return misfit("must not be there");
  if (depth_ == max_depth) {
    doubt_ = Doubt::budget;
    return false;
  }
  ++depth_;
  const bool another = resources_.empty() || resources_.back() != it.resource;
  if (another) resources_.push_back(it.resource);
  const bool fits = node_of_resource(it, value, seen);
  if (another) resources_.pop_back();
  --depth_;
  return fits && doubt_ == Doubt::none;
}

bool Check::node_of_resource(const Node& it, element value, Seen* seen) {
  Seen own;
  Seen* const told = it.unevaluated ? &own : seen;
  if (it.unevaluated) {
    own.places.resize(places_in(value));
    if (!spend(own.places.size())) return false;
  }
  for (const Keyword& each : it.keywords)
    if (!std::visit([&](const auto& rule) { return check(rule, value, told); }, each)) return false;
  if (it.unevaluated && seen) seen->add(own);
  return true;
}

bool Check::below(NodeId id, element value, Step step) {
  path_.push_back(step);
  const bool fits = node(id, value, nullptr);
  path_.pop_back();
  return fits;
}

bool Check::attempt(NodeId id, element value, Seen* seen) {
  ++quiet_;
  Seen own;
  if (seen) own.places.resize(seen->places.size());
  const bool fits = (!seen || spend(own.places.size())) && node(id, value, seen ? &own : nullptr);
  if (fits && seen) seen->add(own);
  --quiet_;
  return fits;
}

// Names that only the value has are left out, and so is what lies below them.
bool Check::misfit(std::string rule, std::string_view member) {
  if (quiet_ != 0 || misfit_ || doubt_ != Doubt::none) return false;
  std::vector<std::string> steps;
  const auto unnamed = std::ranges::find(path_, Step::Kind::unnamed, &Step::kind);
  for (auto step = path_.begin(); step != unnamed; ++step)
    steps.push_back(step->kind == Step::Kind::index ? std::to_string(step->index) : std::string(step->name));
  if (unnamed != path_.end()) {
    rule.insert(0, "a value in it ");
  } else if (!member.empty()) {
    steps.emplace_back(member);
  }
  misfit_ = Misfit{json::format_pointer(steps), std::move(rule)};
  return false;
}

bool Check::misfit(std::string rule) {
  return misfit(std::move(rule), {});
}

bool Check::check(const keyword::Type& rule, element value, Seen*) {
  return (type_of(value) & rule.types) != 0 || misfit(must_be_of(rule.types));
}

bool Check::check(const keyword::Enum& rule, element value, Seen*) {
  for (const element each : rule.values) {
    if (equal(value, each, steps_)) return true;
    if (!spend()) return false;
  }
  return misfit(must_be_one_of(rule));
}

bool Check::check(const keyword::Bound& rule, element value, Seen*) {
  if (!value.is_number()) return true;
  const auto order = compare(value, rule.limit);
  using Kind = keyword::Bound::Kind;
  switch (rule.kind) {
    case Kind::at_least:
      return order >= 0 || misfit("must be at least " + text_of(rule.limit));
    case Kind::at_most:
      return order <= 0 || misfit("must be at most " + text_of(rule.limit));
    case Kind::above:
      return order > 0 || misfit("must be greater than " + text_of(rule.limit));
    case Kind::below:
      break;
  }
  return order < 0 || misfit("must be less than " + text_of(rule.limit));
}

bool Check::check(const keyword::MultipleOf& rule, element value, Seen*) {
  return !value.is_number() || is_multiple(value, rule.of) ||
         misfit("must be a multiple of " + text_of(rule.of));
}

bool Check::check(const keyword::Size& rule, element value, Seen*) {
  using Of = keyword::Size::Of;
  std::size_t size = 0;
  if (const auto text = text_in(value); text && rule.of == Of::string) {
    if (!spend(text->size())) return false;
    size = characters(*text);
  } else if ((value.is_array() && rule.of == Of::array) || (value.is_object() && rule.of == Of::object)) {
    size = places_in(value);
    if (!spend(size)) return false;
  } else {
    return true;
  }
  if (rule.least ? size >= rule.limit : size <= rule.limit) return true;
  return misfit((rule.least ? "must have at least " : "must have at most ") + std::to_string(rule.limit) +
                std::string(noun(rule.of)));
}

bool Check::matches(const Pattern& pattern, std::string_view text) {
  return spend(text.size() * 4) && finds(*pattern, text);
}

bool Check::check(const keyword::Matches& rule, element value, Seen*) {
  const auto text = text_in(value);
  if (!text || matches(rule.pattern, *text)) return true;
  return misfit(rule.written.size() > max_quoted ? "must match the schema's `pattern`"
                                                 : "must match the pattern " + std::string(rule.written));
}

bool Check::check(const keyword::Unique&, element value, Seen*) {
  const auto elements = array_in(value);
  if (!elements) return true;
  std::unordered_multimap<std::uint64_t, element> known;
  for (const element each : *elements) {
    const std::uint64_t print = hash(each, steps_);
    const auto [first, last] = known.equal_range(print);
    for (auto other = first; other != last; ++other) {
      if (equal(each, other->second, steps_)) return misfit("must have no two equal items");
      if (!spend()) return false;
    }
    if (!spend()) return false;
    known.emplace(print, each);
  }
  return true;
}

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

Verdict Schema::check(std::string_view value, std::uint32_t steps) const {
  if (compiled_->doubt != Doubt::none && compiled_->doubt != Doubt::keyword)
    return {std::nullopt, compiled_->doubt};
  const auto tree = json::Dom::parse(value);
  if (!tree) return {std::nullopt, Doubt::value};
  return Check(*compiled_, steps).run(tree->root());
}

}  // namespace sallyport::schema
