#include "json/scanner.hpp"

namespace sallyport::json {

std::string_view describe(FaultKind kind) {
  switch (kind) {
    case FaultKind::syntax:
      return "unexpected character";
    case FaultKind::truncated:
      return "unexpected end of text";
    case FaultKind::depth:
      return "nested too deeply";
    case FaultKind::keys:
      return "too many object keys";
    case FaultKind::string_too_long:
      return "string too long";
    case FaultKind::too_large:
      return "text too large";
    case FaultKind::utf8:
      return "invalid UTF-8";
    case FaultKind::control_character:
      return "control character in a string";
    case FaultKind::duplicate_key:
      return "duplicate key";
    case FaultKind::trailing_data:
      return "data after the value";
    case FaultKind::number:
      return "malformed number";
    case FaultKind::escape:
      return "invalid escape";
  }
  return "malformed";
}

}  // namespace sallyport::json
