// What an agent is told of a failure that a tool's own request met with: sentences of ours, in which no word
// of a peer, a library or a request stands.
#pragma once

#include "classify/classify.hpp"

#include <string>
#include <string_view>

namespace sallyport::classify {

// "Upstream HTTP request failed (Not Found, client error).", and of a rate limit when to come again.
// `protocol`: HTTP, GraphQL, gRPC.
std::string answer_message(std::string_view protocol, const Error& error);

// Where no complete answer came. `subject`: "HTTP request".
std::string failure_message(std::string_view subject, FailureClass failure, const Error& error);

}  // namespace sallyport::classify
