// Subscribes a modern subscriptions/listen to its resources and tasks, each on the path of a request of its
// own.
#pragma once

#include "pipeline/front.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sallyport::transport {

// What a listen wants to hear of beside lists, and what of that is honoured.
struct Watched {
  std::vector<std::string> uris;
  std::vector<std::string> tasks;
  std::string meta;  // of the listen, raw: what its client declared
};
Watched watched_by(const protocol::Message& listen, std::string_view bytes);

// What is honoured. LIMIT_011 if they are too many, PROTO_006 for tasks without the extension; another that
// fails is left out.
Task<Watched> subscribe_all(task::Loop& loop, pipeline::Front& front, session::Client& client,
                            const pipeline::Principal& principal, std::string_view endpoint, Watched wanted);

}  // namespace sallyport::transport
