// Bytes on their way to one reader: written at once when they fit, else queued up to a bound.
#pragma once

#include "net/stream.hpp"

#include <deque>
#include <string>
#include <string_view>

namespace sallyport::net {

// A slow reader fills its own outbox and nobody else's: what may be dropped is dropped first, then the stream
// is given up. Never waits in push().
class Outbox final : public Completion {
 public:
  Outbox(task::Loop& loop, Stream& stream, std::size_t max_bytes) noexcept
      : stream_(&stream), max_bytes_(max_bytes), progress_(loop) {}
  ~Outbox();

  enum class Keep : bool { droppable, required };

  // False when it was not taken: dropped, or the stream is broken. A required message that does not fit
  // breaks the stream, so that a reader never sees a gap it cannot know of.
  bool push(std::string_view bytes, Keep keep = Keep::required);

  // From now on messages wait for flush(), so that those that are made together go out in one write; many of
  // them go out before it.
  void gather() noexcept { gathering_ = true; }
  bool gathering() const noexcept { return gathering_; }
  void flush();

  Task<void> drained();  // until everything is with the kernel; fails when the stream breaks
  bool broken() const noexcept { return broken_; }
  std::size_t queued() const noexcept { return queued_; }
  std::uint64_t dropped() const noexcept { return dropped_; }

  // Bytes taken, and of those handed to the kernel, since the beginning: a message that ends at `accepted()`
  // went out whole once `written()` is there.
  std::uint64_t accepted() const noexcept { return written_ + queued_; }
  std::uint64_t written() const noexcept { return written_; }
  void on_broken(std::move_only_function<void()> function) { on_broken_ = std::move(function); }

 private:
  void done(std::error_code error, std::size_t bytes) noexcept override;
  bool add(std::string_view bytes);              // to what is gathered
  bool write(std::string_view& bytes) noexcept;  // false: broken
  void write_queue() noexcept;
  void fail() noexcept;

  Stream* stream_;
  std::size_t max_bytes_;
  std::deque<std::string> queue_;
  std::size_t front_offset_ = 0;
  std::size_t queued_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t written_ = 0;
  bool gathering_ = false;
  bool waiting_ = false;
  bool broken_ = false;
  task::Event progress_;
  std::move_only_function<void()> on_broken_;
};

}  // namespace sallyport::net
