// A JSON-RPC error that an upstream answered with, as one of our errors.
#pragma once

#include "classify/classify.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::classify {

// `http_status` is kept as status_code when it is 400 or more. The upstream's message belongs in the
// context's `detail`: it reaches the developer only.
Error from_jsonrpc(std::int64_t code, std::optional<int> http_status, const Context& context);

}  // namespace sallyport::classify
