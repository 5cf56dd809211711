// One request to a legacy client on the stream of its call, and the answer.
#pragma once

#include "pipeline/call.hpp"
#include "task/loop.hpp"

#include <chrono>
#include <string>

namespace sallyport::layers {

// Gives what the client answered, an error of its own included; fails when it does not in time, or went away.
// It is told when nobody waits for its answer any more. `params`: raw, or empty.
Task<session::ClientAnswer> ask_client(task::Loop& loop, pipeline::Call& call, protocol::Method method,
                                       std::string params, std::chrono::milliseconds patience);

// What is wrong with an answer, if anything is: the client refused, or it is none.
Result<std::string> good_answer(protocol::Method method, session::ClientAnswer answer);

}  // namespace sallyport::layers
