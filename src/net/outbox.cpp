#include "net/outbox.hpp"

#include "classify/classify.hpp"

#include <utility>

namespace sallyport::net {
namespace {

constexpr std::size_t enough_gathered = 64 * 1024;

Error broken_pipe() {
  classify::Context context;
  context.phase = Phase::send;
  return classify::make_error(classify::FailureClass::connection, context);
}

}  // namespace

Outbox::~Outbox() {
  if (waiting_) stream_->abandon_write();
}

bool Outbox::push(std::string_view bytes, Keep keep) {
  if (broken_) return false;
  if (gathering_ && !waiting_) return add(bytes);
  if (queue_.empty() && !write(bytes)) return false;
  if (bytes.empty()) return true;
  // What was begun must be finished; a message that is only queued may still be refused.
  const bool begun = queue_.empty();
  if (!begun && queued_ + bytes.size() > max_bytes_) {
    if (keep == Keep::droppable) {
      ++dropped_;
    } else {
      fail();
    }
    return false;
  }
  queue_.emplace_back(bytes);
  queued_ += bytes.size();
  if (!waiting_) {
    waiting_ = true;
    stream_->start_writable(*this);
  }
  return true;
}

// While nothing waits for the reader, the queue holds what is gathered, in one piece.
bool Outbox::add(std::string_view bytes) {
  if (bytes.empty()) return true;
  if (queue_.empty()) queue_.emplace_back();
  queue_.back() += bytes;
  queued_ += bytes.size();
  if (queued_ >= enough_gathered) write_queue();
  return !broken_;
}

void Outbox::flush() {
  gathering_ = false;
  if (!waiting_ && !queue_.empty()) write_queue();
}

bool Outbox::write(std::string_view& bytes) noexcept {
  while (!bytes.empty()) {
    const iovec pieces[] = {piece(bytes)};
    const WriteAttempt attempt = stream_->try_write(pieces);
    bytes.remove_prefix(attempt.written);
    written_ += attempt.written;
    if (attempt.error == std::errc::operation_would_block) return true;
    if (attempt.error) {
      fail();
      return false;
    }
  }
  return true;
}

void Outbox::done(std::error_code error, std::size_t) noexcept {
  waiting_ = false;
  if (error) return fail();
  write_queue();
}

void Outbox::write_queue() noexcept {
  while (!queue_.empty()) {
    std::string_view rest = std::string_view(queue_.front()).substr(front_offset_);
    const std::size_t before = rest.size();
    if (!write(rest)) return;
    queued_ -= before - rest.size();
    front_offset_ += before - rest.size();
    if (!rest.empty()) {
      waiting_ = true;
      return stream_->start_writable(*this);
    }
    queue_.pop_front();
    front_offset_ = 0;
  }
  progress_.set();
}

void Outbox::fail() noexcept {
  if (std::exchange(broken_, true)) return;
  queue_.clear();
  queued_ = 0;
  progress_.set();
  if (on_broken_) on_broken_();
}

Task<void> Outbox::drained() {
  while (!broken_ && !queue_.empty()) CO_TRY(co_await progress_.wait());
  if (broken_) co_return Failure(broken_pipe());
  co_return ok();
}

}  // namespace sallyport::net
