// Subscribes a modern subscriptions/listen to its resources, each on the path of a request of its own.
#pragma once

#include "pipeline/front.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::transport {

// The URIs that are honoured. LIMIT_011 if they are too many; another that fails is left out.
Task<std::vector<std::string>> subscribe_all(task::Loop& loop, pipeline::Front& front,
                                             session::Client& client, const pipeline::Principal& principal,
                                             std::string_view endpoint, std::vector<std::string> uris);

}  // namespace sallyport::transport
