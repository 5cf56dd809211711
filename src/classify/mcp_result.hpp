// A tool's own answer that it failed, as one of our errors: for telemetry, never instead of the answer.
#pragma once

#include "classify/classify.hpp"

namespace sallyport::classify {

// A result with `isError`: it ran, and what it says is for the caller. Its text belongs in the context's
// `detail`.
Error from_mcp_result(const Context& context);

}  // namespace sallyport::classify
