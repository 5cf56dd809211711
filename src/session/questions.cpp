#include "session/questions.hpp"

#include "errors/mcp_errors.hpp"

#include <utility>

namespace sallyport::session {
namespace {

// What the client's error says was written by others: it is for developers.
Error refused(const protocol::Message& response, std::string_view bytes) {
  std::string scratch;
  const auto words = response.text(protocol::Field::error_message, bytes, scratch);
  Error error = ServerRequestError("The client refused what it was asked.").error();
  error.with_can_retry(false).with_developer_message(words.value_or(""));
  return error;
}

}  // namespace

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
  if (response.kind() == protocol::MessageKind::error_response) {
    slot->fill(fail(refused(response, bytes)));
  } else {
    slot->fill(std::string(response.raw(protocol::Field::result, bytes)));
  }
}

void Questions::end() noexcept {
  for (auto& [id, slot] : std::exchange(open_, {}))
    slot->fill(fail(
        Error(ServerRequestError("The client went away before it answered.").error()).with_can_retry(false)));
}

}  // namespace sallyport::session
