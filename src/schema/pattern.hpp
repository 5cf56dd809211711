// Regular expressions of schemas (ECMA-262) for RE2, whose time is linear in the text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace sallyport::schema {

inline constexpr std::size_t max_pattern = 4096;  // bytes

// The same expression in RE2's words; nothing where it has none: back references, looking around, and what
// ECMA-262 does not have.
std::optional<std::string> to_re2(std::string_view ecma);

// Null where there is none, or it takes more than 64 KiB.
std::shared_ptr<const re2::RE2> compile_pattern(std::string_view ecma);

// Does it match anywhere in the text?
bool finds(const re2::RE2& pattern, std::string_view text);

}  // namespace sallyport::schema
