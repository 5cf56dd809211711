// Names an error anew once more is known of it: what the operation was, or that it was a limit of ours that
// ended it.
#pragma once

#include "classify/classify.hpp"

#include <chrono>
#include <optional>
#include <source_location>

namespace sallyport::classify {

// The code that the table has for this operation in place of that of a tool call or of none; what the table
// does not name stays as it is. The old one becomes the cause.
Error for_operation(const Error& error, Operation operation);

// A limit of our own has ended something; `cancelled` says how far it had come, and whether it ran. NET_001:
// who knows what it was for refines that.
Error out_of_time(const Error& cancelled, std::optional<std::chrono::milliseconds> limit = {},
                  std::source_location where = std::source_location::current());

}  // namespace sallyport::classify
