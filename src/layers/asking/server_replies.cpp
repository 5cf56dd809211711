#include "layers/asking/server_replies.hpp"

#include "protocol/envelope.hpp"

namespace sallyport::layers {

void respond(const std::weak_ptr<pipeline::ResponseSink>& server, std::string response) {
  if (const auto there = server.lock()) there->respond(std::move(response));
}

std::expected<std::string, std::string> askable_params(const pipeline::Call& call,
                                                       const protocol::Question& question, std::size_t open) {
  if (!protocol::covers(call.askable, protocol::needed(question)))
    return std::unexpected(protocol::method_not_found_response(question.key));
  auto params = protocol::question_params(question, call.revision);
  if (!params)
    return std::unexpected(
        protocol::unanswered_response(question.key, "The client's revision cannot ask this"));
  if (open >= protocol::max_questions)
    return std::unexpected(protocol::unanswered_response(question.key, "Too many questions at a time"));
  return *std::move(params);
}

std::string answer_response(std::string_view id, protocol::Method method, std::string_view result) {
  if (protocol::is_answer(method, result)) return protocol::result_response(id, result);
  return protocol::unanswered_response(id, "The client's answer is none to what it was asked");
}

}  // namespace sallyport::layers
