// SHA-256: fingerprints of keys and tool definitions.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace sallyport {

std::array<std::byte, 32> sha256(std::string_view data);

}  // namespace sallyport
