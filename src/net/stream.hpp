// A byte stream whose reads and writes a coroutine can await: a TCP or TLS connection, a child's pipe.
#pragma once

#include "task/wait.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <sys/uio.h>

namespace sallyport::net {

// Receives the end of one operation, from the loop, never from inside the call that started it.
class Completion {
 public:
  virtual void done(std::error_code error, std::size_t bytes) noexcept = 0;

 protected:
  ~Completion() = default;
};

struct WriteAttempt {
  std::size_t written = 0;
  std::error_code error;  // operation_would_block: nothing more can be written now
};

// At most one read and one write are pending at a time. Destroying a stream with operations pending is
// allowed: they never complete. Use ReadOp and WriteOp below from coroutines. No function calls a Completion
// before it returns.
class Stream {
 public:
  virtual ~Stream() = default;

  // Completes with 0 bytes and no error at the end of the stream.
  virtual void start_read(std::span<char> buffer, Completion& completion) = 0;
  virtual void cancel_read() noexcept = 0;

  // Writes what fits without waiting. After operation_would_block the next attempt begins with the same
  // bytes: they may be on their way already, as a part of a record.
  virtual WriteAttempt try_write(std::span<const iovec> pieces) noexcept = 0;
  virtual void start_writable(Completion& completion) = 0;  // completes when try_write may go on
  virtual void cancel_write() noexcept = 0;
  virtual void abandon_write() noexcept = 0;  // as cancel_write, but whoever waited is never called

  virtual void shutdown_write() noexcept = 0;
  virtual void close() noexcept = 0;

  // True if bytes, or the end, wait to be read: a pooled connection in that state must not carry a new
  // request. A socket may not know yet of what came since the loop's last turn.
  virtual bool readable() const noexcept = 0;
};

// `co_await read_some(stream, buffer)` -> Result<size_t>; 0 is the end of the stream. Bytes that were read
// before the cancellation took hold are returned, not lost.
class ReadOp final : public task::Wait, public Completion {
 public:
  ReadOp(Stream& stream, std::span<char> buffer) noexcept : stream_(&stream), buffer_(buffer) {}
  Result<std::size_t> await_resume();

 private:
  bool begin() override;
  void interrupt() noexcept override;
  void done(std::error_code error, std::size_t bytes) noexcept override;

  Stream* stream_;
  std::span<char> buffer_;
  std::error_code error_;
  std::size_t bytes_ = 0;
  bool done_ = false;
};

// `co_await WriteOp(stream, pieces)` -> Result<void>: all of it, or an error. Executed::no in that error
// means that the last byte was never handed to the kernel; the pieces must outlive the wait and are changed
// by it. `keep`: others write where the first piece stands while this one waits, so what is left of it is
// kept there.
class WriteOp final : public task::Wait, public Completion {
 public:
  WriteOp(Stream& stream, std::span<iovec> pieces, std::string* keep = nullptr) noexcept
      : stream_(&stream), pieces_(pieces), first_(pieces.data()), keep_(keep) {}
  // Writes what it can before it is awaited; false when awaiting it will have to wait for the peer.
  bool finishes_now() noexcept { return advance(); }
  Result<void> await_resume();

 private:
  bool begin() override;
  bool advance() noexcept;  // true when all is written or writing failed
  void interrupt() noexcept override;
  void done(std::error_code error, std::size_t bytes) noexcept override;

  Stream* stream_;
  std::span<iovec> pieces_;
  const iovec* first_;
  std::string* keep_;
  std::error_code error_;
};

inline ReadOp read_some(Stream& stream, std::span<char> buffer) noexcept {
  return {stream, buffer};
}
Task<void> write_all(Stream& stream, std::string_view bytes);

inline iovec piece(std::string_view bytes) noexcept {
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

// Bytes that arrived and were not used yet. Grows up to what its reader allows.
class InputBuffer {
 public:
  std::string_view view() const noexcept { return {bytes_.data() + begin_, end_ - begin_}; }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }
  std::span<char> prepare(std::size_t at_least);  // room behind what is there; moves bytes, so views die
  void commit(std::size_t bytes) noexcept { end_ += bytes; }
  void consume(std::size_t bytes) noexcept;
  void shrink();  // gives back memory beyond what an idle connection should hold

 private:
  std::string bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace sallyport::net
