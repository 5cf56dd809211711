// Patterns for names, as operators write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

// `*` matches any run of characters, `?` one.
bool matches(std::string_view pattern, std::string_view name) noexcept;
bool matches_any(const std::vector<std::string>& patterns, std::string_view name) noexcept;

}  // namespace sallyport
