#include "telemetry/stderr_writer.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>

#include <poll.h>
#include <unistd.h>

namespace sallyport::log {

void StderrWriter::write(std::string_view line) noexcept {
  const std::lock_guard lock(mutex_);
  const bool written = (!torn_ || write_all("\n")) && write_all(line);
  stuck_ = !written;
  if (!written) dropped_.fetch_add(1, std::memory_order_relaxed);
}

std::size_t StderrWriter::try_write(std::string_view lines) noexcept {
  const std::lock_guard lock(mutex_);
  const std::size_t offered = lines.size();
  while (!lines.empty() && writable_now()) {
    if (torn_ && !write_all("\n")) break;
    // Whole lines that a pipe takes at once; a longer one alone.
    std::size_t size = lines.substr(0, PIPE_BUF).rfind('\n') + 1;
    if (size == 0) size = std::min(lines.find('\n'), lines.size() - 1) + 1;
    const ssize_t count = ::write(fd_, lines.data(), size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) {
      drop(lines);
      return offered;
    }
    const auto written = static_cast<std::size_t>(count);
    torn_ = lines[written == 0 ? 0 : written - 1] != '\n';
    if (torn_) {  // what is left of a cut line says nothing
      dropped_.fetch_add(1, std::memory_order_relaxed);
      lines.remove_prefix(lines.find('\n', written) + 1);
    } else {
      lines.remove_prefix(written);
    }
  }
  return offered - lines.size();
}

bool StderrWriter::writable_now() const noexcept {
  if (fd_ < 0) return true;  // poll() ignores it, write() says that it is closed
  pollfd poll_fd{.fd = fd_, .events = POLLOUT, .revents = 0};
  return ::poll(&poll_fd, 1, 0) > 0;
}

void StderrWriter::drop(std::string_view lines) noexcept {
  dropped_.fetch_add(static_cast<std::uint64_t>(std::ranges::count(lines, '\n')), std::memory_order_relaxed);
}

// A pipe that is writable takes PIPE_BUF bytes at once, so that no write of that size blocks.
bool StderrWriter::write_all(std::string_view bytes) noexcept {
  bool begun = false;
  while (!bytes.empty()) {
    if (!wait_writable()) return false;
    const ssize_t count = ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (count < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
    begun = true;
    torn_ = !bytes.empty();
  }
  return begun;
}

bool StderrWriter::wait_writable() noexcept {
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd poll_fd{.fd = fd_, .events = POLLOUT, .revents = 0};
    const int timeout = stuck_ ? 0 : static_cast<int>(std::max(left, std::chrono::milliseconds(0)).count());
    const int ready = ::poll(&poll_fd, 1, timeout);
    if (ready < 0 && errno == EINTR) continue;
    return ready > 0;
  }
}

}  // namespace sallyport::log
