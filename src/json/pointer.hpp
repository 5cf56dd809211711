// JSON Pointer (RFC 6901): a path into a document as text.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::json {

// The unescaped keys of a pointer ("" has none); nothing if it is malformed (no leading '/', a bad '~').
std::optional<std::vector<std::string>> parse_pointer(std::string_view pointer);

// The pointer of these keys.
std::string format_pointer(std::span<const std::string> keys);

}  // namespace sallyport::json
