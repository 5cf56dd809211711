// Owns a file descriptor and closes it.
#pragma once

#include <utility>

#include <unistd.h>

namespace sallyport {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

  // Not repeated on EINTR: Linux has closed the descriptor by then. errno survives, so that a failing path
  // can report why it failed after its descriptors are gone.
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

}  // namespace sallyport
