// The small language of the catalog's texts: literal text and optional parts in brackets that are filled from
// slots.
#pragma once

#include "errors/error.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace sallyport {

inline constexpr std::array<std::pair<std::string_view, Slot>, 10> slot_names = {{
    {"server", Slot::server},
    {"tool", Slot::tool},
    {"suggestion", Slot::suggestion},
    {"seconds", Slot::seconds},
    {"limit", Slot::limit},
    {"attempts", Slot::attempts},
    {"pointer", Slot::pointer},
    {"constraint", Slot::constraint},
    {"method", Slot::method},
    {"version", Slot::version},
}};

constexpr std::optional<Slot> parse_slot(std::string_view name) {
  for (const auto& [known, slot] : slot_names) {
    if (known == name) return slot;
  }
  return std::nullopt;
}

// Walks a template: `literal` gets text outside brackets, `optional` gets the part before and after the bar
// of each pair of brackets. False where the brackets do not match.
template <class Literal, class Optional>
constexpr bool walk_template(std::string_view text, Literal literal, Optional optional) {
  while (!text.empty()) {
    const std::size_t open = text.find('[');
    literal(text.substr(0, open));
    if (open == text.npos) return true;
    text.remove_prefix(open + 1);
    const std::size_t close = text.find(']');
    if (close == text.npos) return false;
    const std::string_view part = text.substr(0, close);
    const std::size_t bar = part.find('|');
    optional(part.substr(0, bar), bar == part.npos ? std::string_view() : part.substr(bar + 1));
    text.remove_prefix(close + 1);
  }
  return true;
}

// Calls `literal` and `slot` alternately for the pieces of one part; stops and returns false when `slot`
// does, or where a brace is not closed.
template <class Literal, class OnSlot>
constexpr bool walk_slots(std::string_view part, Literal literal, OnSlot slot) {
  while (true) {
    const std::size_t open = part.find('{');
    literal(part.substr(0, open));
    if (open == part.npos) return true;
    part.remove_prefix(open + 1);
    const std::size_t close = part.find('}');
    if (close == part.npos || !slot(part.substr(0, close))) return false;
    part.remove_prefix(close + 1);
  }
}

// Every slot known and inside brackets, every pair of brackets with at least one slot, no nesting, no stray
// sign.
constexpr bool is_valid_template(std::string_view text) {
  constexpr std::string_view signs = "[]{}|";
  bool valid = true;
  const auto plain = [&](std::string_view part) { valid = valid && part.find_first_of(signs) == part.npos; };
  const bool matched = walk_template(text, plain, [&](std::string_view part, std::string_view otherwise) {
    int slots = 0;
    const bool known = walk_slots(part, plain, [&](std::string_view name) {
      ++slots;
      return parse_slot(name).has_value();
    });
    valid = valid && known && slots > 0;
    plain(otherwise);
  });
  return matched && valid;
}

}  // namespace sallyport
