#include "pipeline/round_table.hpp"

#include <utility>

namespace sallyport::pipeline {
namespace {

Error bad_state() {
  return Error(Code::proto_invalid_request_state).with_executed(Executed::no);
}

// Without the charge for its bytes.
std::unique_ptr<Answer> copy_of(const Answer& answer) {
  auto copy = std::make_unique<Answer>();
  copy->bytes = answer.bytes;
  copy->message = answer.message;
  copy->method = answer.method;
  copy->degraded = answer.degraded;
  return copy;
}

// For one request more that gets the same.
Result<Reply> again(const Answer& kept, net::Budget& buffered) {
  net::Budget::Charge charge = buffered.charge();
  if (!charge.grow(kept.bytes.size()))
    return fail(Error(Code::system_resource_exhausted).with_executed(Executed::yes));
  auto answer = copy_of(kept);
  answer->charge = std::move(charge);
  return Reply(std::move(answer));
}

// Of a call that its client gave up nothing is left to come back to.
bool given_up(const Result<Reply>& reply) {
  return !reply && reply.error().code() == Code::proto_cancelled;
}

}  // namespace

Task<Reply> Round::outcome(net::Budget& buffered) {
  if (!over_) CO_TRY(co_await ended_.wait());
  if (const auto* answer = std::get_if<std::shared_ptr<const Answer>>(&kept_))
    co_return CO_TRY(again(**answer, buffered));
  if (const auto* local = std::get_if<Local>(&kept_)) co_return *local;
  if (const auto* error = std::get_if<Error>(&kept_)) co_return Failure(*error);
  co_return Failure(Error(Code::limit_answer_not_kept).with_executed(Executed::yes).with_can_retry(false));
}

RoundTable::Arrived RoundTable::arrive(std::string_view key, std::string_view answers, SystemTime until) {
  forget_old();
  const auto [found, fresh] = rounds_.try_emplace(std::string(key));
  if (!fresh) {
    const bool same = found->second->answers_ == answers;
    return {same ? Arrival::again : Arrival::otherwise, found->second};
  }
  found->second = std::make_shared<Round>(*loop_, answers, until);
  order_.emplace_back(key);
  return {Arrival::first, found->second};
}

void RoundTable::end(std::string_view key, const Result<Reply>& reply) {
  const auto found = rounds_.find(std::string(key));
  if (found == rounds_.end()) return;
  const std::shared_ptr<Round> round = found->second;
  round->over_ = true;
  if (reply) {
    round->kept_ = copy(*reply, round->charge_);
    if (!std::holds_alternative<std::monostate>(round->kept_)) keeping_.push_back(round);
  } else {
    round->kept_ = given_up(reply) ? bad_state() : reply.error();
    if (reply.error().executed() == Executed::no) rounds_.erase(found);
  }
  round->ended_.set();
}

Round::Kept RoundTable::copy(const Reply& reply, net::Budget::Charge& charged) {
  if (const auto* local = std::get_if<Local>(&reply)) {
    if (!grow(charged, local->result->size())) return {};
    return *local;
  }
  const auto* answer = std::get_if<std::unique_ptr<Answer>>(&reply);
  if (!answer || !grow(charged, (*answer)->bytes.size())) return {};
  return std::shared_ptr<const Answer>(copy_of(**answer));
}

bool RoundTable::grow(net::Budget::Charge& charge, std::size_t bytes) {
  if (bytes > max_kept) return false;
  charge = bytes_->charge();
  while (!charge.grow(bytes))
    if (!shed()) return false;
  return true;
}

bool RoundTable::shed() {
  while (!keeping_.empty()) {
    const std::shared_ptr<Round> oldest = keeping_.front().lock();
    keeping_.pop_front();
    if (!oldest) continue;
    oldest->kept_ = {};
    oldest->charge_.release();
    return true;
  }
  return false;
}

void RoundTable::forget_old() {
  const SystemTime now = loop_->clock().system_now();
  while (!order_.empty()) {
    const auto oldest = rounds_.find(order_.front());
    const bool stays =
        oldest != rounds_.end() && oldest->second->until_ >= now && rounds_.size() < max_rounds;
    if (stays) break;
    if (oldest != rounds_.end()) rounds_.erase(oldest);
    order_.pop_front();
  }
  while (!keeping_.empty() && keeping_.front().expired()) keeping_.pop_front();
}

}  // namespace sallyport::pipeline
