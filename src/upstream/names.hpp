// How tools are called towards agents: prefix, alphabet, length, and who may be called at all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::upstream {

// `{prefix}{tool}` in [A-Za-z0-9_-] and at most `max` characters: other characters become `_`; what is longer
// is cut to max - 9 characters, `_`, and 8 hexadecimal digits of SHA-256(server, tool), so that it stays the
// same whoever else is there. An empty prefix passes the name byte for byte.
std::string exposed_name(std::string_view server, std::string_view prefix, std::string_view tool,
                         std::size_t max);

// `*` matches any run of characters, `?` one.
bool matches(std::string_view pattern, std::string_view name) noexcept;
bool matches_any(const std::vector<std::string>& patterns, std::string_view name) noexcept;

}  // namespace sallyport::upstream
