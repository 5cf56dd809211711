// Of which type a value is, by its first character.
#pragma once

#include "json/scanner.hpp"

namespace sallyport::json {

// Of a value that was scanned.
constexpr Type type_of(char first) noexcept {
  switch (first) {
    case '{':
      return Type::object;
    case '[':
      return Type::array;
    case '"':
      return Type::string;
    case 't':
      return Type::true_value;
    case 'f':
      return Type::false_value;
    case 'n':
      return Type::null;
    default:
      return Type::number;
  }
}

}  // namespace sallyport::json
