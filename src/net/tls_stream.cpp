#include "net/tls_stream.hpp"

#include "net/failure.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>

namespace sallyport::net {
namespace {

namespace asio = boost::asio;

constexpr std::size_t read_size = 8 * 1024;
constexpr std::size_t record_size = 16 * 1024;  // the most that one record of TLS holds

std::error_code truncated() noexcept {
  return boost::system::error_code(asio::ssl::error::stream_truncated);
}
std::error_code openssl_error(unsigned long error) noexcept {
  if (error == 0) return truncated();
  return boost::system::error_code(static_cast<int>(error), asio::error::get_ssl_category());
}

}  // namespace

TlsStream::TlsStream(task::Loop& loop, std::unique_ptr<Stream> below, SslSession session)
    : loop_(&loop),
      below_(std::move(below)),
      session_(std::move(session)),
      incoming_(BIO_new(BIO_s_mem())),
      outgoing_(BIO_new(BIO_s_mem())) {
  BIO_set_mem_eof_return(incoming_, -1);  // empty is not the end
  SSL_set_bio(session_.get(), incoming_, outgoing_);
}

TlsStream::~TlsStream() {
  *alive_ = false;
}

Task<void> TlsStream::handshake(std::string_view first) {
  if (!first.empty()) BIO_write(incoming_, first.data(), static_cast<int>(first.size()));
  ciphertext_.resize(read_size);
  for (;;) {
    ERR_clear_error();
    const int outcome = SSL_do_handshake(session_.get());
    const int wants = SSL_get_error(session_.get(), outcome);
    if (outcome != 1 && wants != SSL_ERROR_WANT_READ) {
      refusal_ = {ERR_get_error(), SSL_get_verify_result(session_.get())};
      broken_ = openssl_error(refusal_.error);
      (void)co_await send_all();  // the alert that tells the peer why
      co_return Failure(transport_failure(broken_, Phase::tls).with_executed(Executed::no));
    }
    if (const Result<void> sent = co_await send_all(); !sent)
      co_return Failure(Error(sent.error()).with_phase(Phase::tls).with_executed(Executed::no));
    if (outcome == 1) break;
    const Result<std::size_t> got = co_await read_some(*below_, ciphertext_);
    if (!got) co_return Failure(Error(got.error()).with_phase(Phase::tls).with_executed(Executed::no));
    if (*got == 0) {
      const boost::system::error_code end = asio::error::eof;
      co_return Failure(transport_failure(end, Phase::tls).with_executed(Executed::no));
    }
    BIO_write(incoming_, ciphertext_.data(), static_cast<int>(*got));
  }
  established_ = true;
  co_return ok();
}

Task<void> TlsStream::send_all() {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(outgoing_, &bytes);
  if (size <= 0) co_return ok();
  iovec pieces[] = {piece({bytes, static_cast<std::size_t>(size)})};
  Result<void> sent = co_await WriteOp(*below_, pieces);
  BIO_reset(outgoing_);
  co_return sent;
}

void TlsStream::start_read(std::span<char> buffer, Completion& completion) {
  reading_ = &completion;
  buffer_ = buffer;
  read_cancelled_ = false;
  const Decrypted now = broken_ ? Decrypted{false, broken_, 0} : decrypt();
  if (now.wants_more) return read_below();
  loop_->post([this, alive = alive_, now] {
    if (*alive) finish_read(now.error, now.bytes);
  });
}

void TlsStream::cancel_read() noexcept {
  if (!reading_below_) return;  // what is posted completes with its bytes
  read_cancelled_ = true;
  below_->cancel_read();
}

void TlsStream::read_below() {
  ciphertext_.resize(read_size);
  reading_below_ = true;
  below_->start_read(ciphertext_, on_received_);
}

void TlsStream::received(std::error_code error, std::size_t bytes) noexcept {
  reading_below_ = false;
  if (error) return finish_read(error, 0);
  if (bytes == 0) return finish_read(truncated(), 0);
  BIO_write(incoming_, ciphertext_.data(), static_cast<int>(bytes));
  const Decrypted now = decrypt();
  if (!now.wants_more) return finish_read(now.error, now.bytes);
  if (read_cancelled_) return finish_read(std::make_error_code(std::errc::operation_canceled), 0);
  read_below();
}

TlsStream::Decrypted TlsStream::decrypt() noexcept {
  ERR_clear_error();
  const std::size_t room = std::min<std::size_t>(buffer_.size(), std::numeric_limits<int>::max());
  const int n = SSL_read(session_.get(), buffer_.data(), static_cast<int>(room));
  const int wants = n > 0 ? SSL_ERROR_NONE : SSL_get_error(session_.get(), n);
  // Reading may have made something to say, the answer to a new key for example.
  if (held_ == 0 && wants != SSL_ERROR_SSL) (void)flush();
  if (n > 0) return {false, {}, static_cast<std::size_t>(n)};
  if (wants == SSL_ERROR_WANT_READ) return {true, {}, 0};
  if (wants == SSL_ERROR_ZERO_RETURN) return {};
  broken_ = openssl_error(ERR_get_error());
  (void)flush();  // the alert
  return {false, broken_, 0};
}

void TlsStream::finish_read(std::error_code error, std::size_t bytes) noexcept {
  if (Completion* waiting = std::exchange(reading_, nullptr)) waiting->done(error, bytes);
}

WriteAttempt TlsStream::try_write(std::span<const iovec> pieces) noexcept {
  if (broken_) return {0, broken_};
  if (ended_) return {0, std::make_error_code(std::errc::broken_pipe)};
  std::error_code error = flush();
  if (!error && held_ == 0) {
    error = encrypt(pieces);
    if (!error) error = flush();
  }
  if (error) return {0, error};
  return {std::exchange(held_, 0), {}};
}

std::error_code TlsStream::encrypt(std::span<const iovec> pieces) noexcept {
  thread_local std::array<char, record_size> joined;
  std::string_view record;
  if (!pieces.empty() && (pieces.size() == 1 || pieces.front().iov_len >= record_size)) {
    record = {static_cast<const char*>(pieces.front().iov_base),
              std::min(pieces.front().iov_len, record_size)};
  } else {
    std::size_t size = 0;
    for (const iovec& part : pieces) {
      const std::size_t n = std::min(part.iov_len, record_size - size);
      std::copy_n(static_cast<const char*>(part.iov_base), n, joined.data() + size);
      size += n;
    }
    record = {joined.data(), size};
  }
  if (record.empty()) return {};
  ERR_clear_error();
  const int outcome = SSL_write(session_.get(), record.data(), static_cast<int>(record.size()));
  if (outcome > 0) {
    held_ = static_cast<std::size_t>(outcome);
    return {};
  }
  broken_ = openssl_error(ERR_get_error());
  return broken_;
}

std::error_code TlsStream::flush() noexcept {
  char* bytes = nullptr;
  const auto size = static_cast<std::size_t>(std::max(0L, BIO_get_mem_data(outgoing_, &bytes)));
  while (flushed_ < size) {
    const iovec pieces[] = {piece({bytes + flushed_, size - flushed_})};
    const WriteAttempt attempt = below_->try_write(pieces);
    flushed_ += attempt.written;
    if (attempt.error) return attempt.error;
  }
  flushed_ = 0;
  if (size > 0) BIO_reset(outgoing_);
  return {};
}

void TlsStream::start_writable(Completion& completion) {
  writing_ = &completion;
  below_->start_writable(on_writable_);
}

void TlsStream::writable(std::error_code error, std::size_t) noexcept {
  if (Completion* waiting = std::exchange(writing_, nullptr)) waiting->done(error, 0);
}

void TlsStream::cancel_write() noexcept {
  below_->cancel_write();
  broken_ = std::make_error_code(std::errc::operation_canceled);  // half a record may be out: no more to say
}

void TlsStream::abandon_write() noexcept {
  writing_ = nullptr;
  below_->abandon_write();
}

void TlsStream::say_end() noexcept {
  if (!established_ || broken_ || held_ > 0 || std::exchange(ended_, true)) return;
  ERR_clear_error();
  (void)SSL_shutdown(session_.get());
  (void)flush();
}

void TlsStream::shutdown_write() noexcept {
  say_end();
  below_->shutdown_write();
}

void TlsStream::close() noexcept {
  say_end();
  below_->close();
}

bool TlsStream::readable() const noexcept {
  return broken_ || SSL_has_pending(session_.get()) == 1 || BIO_pending(incoming_) > 0 || below_->readable();
}

}  // namespace sallyport::net
