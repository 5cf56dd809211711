// What a kind means, in words, for docs and `explain`.
#pragma once

#include "errors/kind.hpp"

#include <string_view>

namespace sallyport {

// One sentence.
std::string_view meaning(Kind kind) noexcept;

// The name of the predicate that holds for it ("is_tool_error"); empty for Kind::unknown.
std::string_view predicate(Kind kind) noexcept;

}  // namespace sallyport
