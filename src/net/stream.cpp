#include "net/stream.hpp"

#include "net/failure.hpp"

#include <cstring>

namespace sallyport::net {

bool ReadOp::begin() {
  stream_->start_read(buffer_, *this);
  return true;
}

void ReadOp::interrupt() noexcept {
  mark_interrupted();
  stream_->cancel_read();
}

void ReadOp::done(std::error_code error, std::size_t bytes) noexcept {
  error_ = error;
  bytes_ = bytes;
  done_ = true;
  resume();
}

Result<std::size_t> ReadOp::await_resume() {
  if (done_ && !error_) return bytes_;
  if (interrupted()) return fail(scope_error().with_phase(Phase::receive));
  return fail(transport_failure(error_, Phase::receive));
}

bool WriteOp::begin() {
  if (advance()) return false;
  if (keep_ && pieces_.data() == first_) {
    keep_->assign(static_cast<const char*>(first_->iov_base), first_->iov_len);
    pieces_.front() = piece(*keep_);
  }
  stream_->start_writable(*this);
  return true;
}

bool WriteOp::advance() noexcept {
  while (!pieces_.empty() && !error_) {
    const WriteAttempt attempt = stream_->try_write(pieces_);
    std::size_t left = attempt.written;
    while (!pieces_.empty() && left >= pieces_.front().iov_len) {
      left -= pieces_.front().iov_len;
      pieces_ = pieces_.subspan(1);
    }
    if (left > 0) {
      pieces_.front().iov_base = static_cast<char*>(pieces_.front().iov_base) + left;
      pieces_.front().iov_len -= left;
    }
    if (attempt.error == std::errc::operation_would_block) return false;
    if (attempt.error) {
      error_ = attempt.error;
      return true;
    }
  }
  return true;
}

void WriteOp::interrupt() noexcept {
  mark_interrupted();
  stream_->cancel_write();
}

void WriteOp::done(std::error_code error, std::size_t) noexcept {
  if (interrupted()) return resume();
  if (error) {
    error_ = error;
    return resume();
  }
  if (advance()) return resume();
  stream_->start_writable(*this);
}

Result<void> WriteOp::await_resume() {
  if (interrupted()) return fail(scope_error().with_phase(Phase::send).with_executed(Executed::no));
  if (error_) return fail(transport_failure(error_, Phase::send).with_executed(Executed::no));
  return {};
}

Task<void> write_all(Stream& stream, std::string_view bytes) {
  iovec pieces[] = {piece(bytes)};
  co_return co_await WriteOp(stream, pieces);
}

namespace {
constexpr std::size_t idle_capacity = 16 * 1024;
}

std::span<char> InputBuffer::prepare(std::size_t at_least) {
  if (bytes_.size() - end_ < at_least) {
    if (begin_ > 0) {
      std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (bytes_.size() - end_ < at_least) bytes_.resize(end_ + at_least);
  }
  return {bytes_.data() + end_, bytes_.size() - end_};
}

void InputBuffer::consume(std::size_t bytes) noexcept {
  begin_ += bytes;
  if (begin_ == end_) begin_ = end_ = 0;
}

void InputBuffer::shrink() {
  if (bytes_.size() <= idle_capacity || size() > idle_capacity) return;
  std::string smaller(view());
  smaller.resize(idle_capacity);
  end_ = size();
  begin_ = 0;
  bytes_ = std::move(smaller);
}

}  // namespace sallyport::net
