#include "session/questions.hpp"

#include "errors/mcp_errors.hpp"
#include "json/scanner.hpp"

#include <utility>

namespace sallyport::session {

Result<std::string> result_of(ClientAnswer answer) {
  if (!answer.refused) return std::move(answer.raw);
  const json::Span whole{0, static_cast<std::uint32_t>(answer.raw.size())};
  const json::Value words = json::find_member(answer.raw, whole, "message").value;
  Error error = ServerRequestError("The client refused what it was asked.").error();
  error.with_can_retry(false).with_slot(Slot::constraint, "the client refused what it was asked");
  if (words.is(json::Type::string)) error.with_developer_message(json::unescape(words.of(answer.raw)));
  return fail(std::move(error));
}

Error unanswered(std::string_view text) {
  Error error(Code::proto_question_unanswered);
  error.with_authored({.error_class = ErrorClass::server_request_error, .message = std::string(text)});
  return error;
}

Result<Questions::Open> Questions::open(task::Loop& loop) {
  if (open_.size() >= max_open)
    return fail(Error(Code::limit_concurrency).with_slot(Slot::limit, static_cast<std::int64_t>(max_open)));
  Open made{R"("ask-)" + std::to_string(++last_) + '"', std::make_shared<AnswerSlot>(loop)};
  open_.emplace(made.id, made.answer);
  return made;
}

void Questions::drop(std::string_view id) noexcept {
  if (const auto found = open_.find(id); found != open_.end()) open_.erase(found);
}

void Questions::answered(const protocol::Message& response, std::string_view bytes) {
  const auto found = open_.find(response.id(bytes));
  if (found == open_.end()) return;
  const std::shared_ptr<AnswerSlot> slot = found->second;
  open_.erase(found);
  const bool refused = response.kind() == protocol::MessageKind::error_response;
  const protocol::Field field = refused ? protocol::Field::error : protocol::Field::result;
  slot->fill(ClientAnswer{std::string(response.raw(field, bytes)), refused});
}

void Questions::end() noexcept {
  for (auto& [id, slot] : std::exchange(open_, {}))
    slot->fill(fail(unanswered("The client went away before it answered.")));
}

}  // namespace sallyport::session
