// What a legacy server hears of the questions that it asks during a call.
#pragma once

#include "pipeline/call.hpp"
#include "pipeline/questions.hpp"

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::layers {

// To a connection that may be gone.
void respond(const std::weak_ptr<pipeline::ResponseSink>& server, std::string response);

// The params that the client of `call` is asked with, or the response that says why it is not; `open`
// questions wait already.
std::expected<std::string, std::string> askable_params(const pipeline::Call& call,
                                                       const protocol::Question& question, std::size_t open);

// To the question with this raw id: the raw result of the client, if it is an answer.
std::string answer_response(std::string_view id, protocol::Method method, std::string_view result);

}  // namespace sallyport::layers
