// Patterns for names, as operators write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

// `*` matches any run of characters, `?` one.
bool matches(std::string_view pattern, std::string_view name) noexcept;
// Does the first match every name that the second matches? False also where that is not plain to see.
bool includes(std::string_view pattern, std::string_view other) noexcept;
bool matches_any(const std::vector<std::string>& patterns, std::string_view name) noexcept;

}  // namespace sallyport
