// Writes whole lines to a descriptor that may be stuck, without waiting on it for long.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace sallyport::log {

// A pipe that nobody reads must not stop the gateway: a line waits for `patience`, the lines after it not at
// all until the descriptor takes bytes again. Safe from any thread.
class StderrWriter {
 public:
  explicit StderrWriter(int fd, std::chrono::milliseconds patience = std::chrono::milliseconds(100))
      : fd_(fd), patience_(patience) {}

  void write(std::string_view line) noexcept;

  // Writes as many of these whole lines as the descriptor takes without waiting, and says how many bytes that
  // were. Where nobody can read any more they are all taken, dropped and counted.
  std::size_t try_write(std::string_view lines) noexcept;

  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  bool write_all(std::string_view bytes) noexcept;
  bool wait_writable() noexcept;
  bool writable_now() const noexcept;
  void drop(std::string_view lines) noexcept;

  std::mutex mutex_;
  int fd_;
  std::chrono::milliseconds patience_;
  std::atomic<std::uint64_t> dropped_{0};
  bool stuck_ = false;
  bool torn_ = false;  // the last line was cut: the next begins on a line of its own
};

}  // namespace sallyport::log
