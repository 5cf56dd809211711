// TLS over any stream: one engine for both sides.
#pragma once

#include "net/openssl.hpp"
#include "net/stream.hpp"

#include <memory>
#include <system_error>
#include <vector>

namespace sallyport::net {

// Nothing counts as written before its ciphertext is with the stream below. A stream that ends without
// TLS's own word for the end ends in an error: somebody may have cut it.
class TlsStream final : public Stream {
 public:
  // `session` is fresh, with its side (client or server) and its expectations set; it keeps its context
  // alive.
  TlsStream(task::Loop& loop, std::unique_ptr<Stream> below, SslSession session);
  ~TlsStream() override;

  // Why a handshake failed, for whoever classifies it.
  struct Refusal {
    unsigned long error = 0;  // packed by OpenSSL; 0: the stream below failed or ended
    long verify_result = 0;
  };
  // Before anything else. `first` are bytes of the peer that were read already.
  Task<void> handshake(std::string_view first = {});
  const Refusal& refusal() const noexcept { return refusal_; }

  void start_read(std::span<char> buffer, Completion& completion) override;
  void cancel_read() noexcept override;
  WriteAttempt try_write(std::span<const iovec> pieces) noexcept override;
  void start_writable(Completion& completion) override;
  void cancel_write() noexcept override;
  void abandon_write() noexcept override;
  void shutdown_write() noexcept override;
  void close() noexcept override;
  bool readable() const noexcept override;

 private:
  // What the stream below completes.
  struct Below final : Completion {
    Below(TlsStream& owner, void (TlsStream::*then)(std::error_code, std::size_t) noexcept) noexcept
        : owner_(&owner), then_(then) {}
    void done(std::error_code error, std::size_t bytes) noexcept override { (owner_->*then_)(error, bytes); }
    TlsStream* owner_;
    void (TlsStream::*then_)(std::error_code, std::size_t) noexcept;
  };
  struct Decrypted {
    bool wants_more = false;
    std::error_code error;
    std::size_t bytes = 0;
  };

  Decrypted decrypt() noexcept;
  void read_below();
  void received(std::error_code error, std::size_t bytes) noexcept;
  void writable(std::error_code error, std::size_t bytes) noexcept;
  void finish_read(std::error_code error, std::size_t bytes) noexcept;
  Task<void> send_all();
  std::error_code flush() noexcept;  // operation_would_block: some is left
  std::error_code encrypt(std::span<const iovec> pieces) noexcept;
  void say_end() noexcept;

  task::Loop* loop_;
  std::unique_ptr<Stream> below_;
  SslSession session_;
  BIO* incoming_;  // of the session: ciphertext that has come
  BIO* outgoing_;  // and what is to go
  Refusal refusal_;

  Below on_received_{*this, &TlsStream::received};
  Below on_writable_{*this, &TlsStream::writable};
  std::vector<char> ciphertext_;
  Completion* reading_ = nullptr;
  std::span<char> buffer_;
  bool reading_below_ = false;
  bool read_cancelled_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what is posted

  Completion* writing_ = nullptr;
  std::size_t held_ = 0;     // bytes that are encrypted, and not told as written yet
  std::size_t flushed_ = 0;  // of what is in outgoing_
  bool established_ = false;
  bool ended_ = false;  // we have said the end
  std::error_code broken_;
};

}  // namespace sallyport::net
