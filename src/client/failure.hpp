// Failures that every kind of channel meets, classified.
#pragma once

#include "classify/classify.hpp"
#include "pipeline/call.hpp"

#include <string_view>

namespace sallyport::client {

// Of a request that the server may have read.
Error failure(classify::FailureClass kind, std::string_view detail);

// Of one that it never saw.
Error never_sent(classify::FailureClass kind, std::string_view detail);

// For a server that answers `initialize` with an error: its own words, in place of what it can do.
Error refused_to_begin(const pipeline::Answer& answer);

}  // namespace sallyport::client
