// The keywords that look at a value by itself: its type, its size, what it is equal to.
#include "schema/check.hpp"
#include "schema/number.hpp"
#include "schema/pattern.hpp"
#include "schema/value.hpp"
#include "schema/view.hpp"

#include <algorithm>
#include <unordered_map>

namespace sallyport::schema {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t max_quoted = 200;  // bytes of words of the schema in a rule

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
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

}  // namespace sallyport::schema
