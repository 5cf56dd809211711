// How tools are called towards agents: prefix, alphabet, length, and who may be called at all.
#pragma once

#include "base/patterns.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace sallyport::upstream {

// `{prefix}{tool}` in [A-Za-z0-9_-] and at most `max` characters: other characters become `_`; what is longer
// is cut to max - 9 characters, `_`, and 8 hexadecimal digits of SHA-256(server, tool), so that it stays the
// same whoever else is there. An empty prefix passes the name byte for byte.
std::string exposed_name(std::string_view server, std::string_view prefix, std::string_view tool,
                         std::size_t max);

}  // namespace sallyport::upstream
