// Reads HTTP/1.1 messages with a Content-Length from one connection: all that the benchmark's two ends send
// each other.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include <strings.h>

namespace sallyport::bench {

class HttpReader {
 public:
  /// Where the next recv may write; never empty.
  std::span<char> room() {
    if (buffer_.size() - size_ < 4096) buffer_.resize(buffer_.size() * 2);
    return std::span(buffer_).subspan(size_);
  }
  void filled(std::size_t count) { size_ += count; }

  /// True when a whole message is held: start_line, header and body are valid until next().
  bool complete() {
    if (head_size_ == 0 && !read_head()) return false;
    return size_ >= head_size_ + body_size_;
  }
  /// Drops the message, keeps what came after it.
  void next() {
    const std::size_t used = head_size_ + body_size_;
    std::memmove(buffer_.data(), buffer_.data() + used, size_ - used);
    size_ -= used;
    head_size_ = body_size_ = 0;
  }
  /// A framing that this reader does not take: chunked, or a head that does not end.
  bool broken() const { return broken_; }

  std::string_view start_line() const { return head().substr(0, head().find("\r\n")); }
  std::string_view body() const { return {buffer_.data() + head_size_, body_size_}; }

  /// The value of a header, empty when it is absent. `name` is compared without case.
  std::string_view header(std::string_view name) const {
    const auto all = head();
    for (std::size_t at = all.find("\r\n") + 2; at < all.size();) {
      const std::size_t end = all.find("\r\n", at);
      const auto line = all.substr(at, end - at);
      if (line.size() > name.size() && line[name.size()] == ':' &&
          ::strncasecmp(line.data(), name.data(), name.size()) == 0) {
        const std::size_t value = line.find_first_not_of(' ', name.size() + 1);
        return value == line.npos ? std::string_view() : line.substr(value);
      }
      at = end + 2;
    }
    return {};
  }

 private:
  static constexpr std::size_t max_head = 16384;

  std::string_view head() const { return {buffer_.data(), head_size_}; }

  bool read_head() {
    const std::size_t end = std::string_view(buffer_.data(), size_).find("\r\n\r\n");
    if (end == std::string_view::npos) {
      broken_ = broken_ || size_ > max_head;
      return false;
    }
    head_size_ = end + 4;
    broken_ = broken_ || !header("transfer-encoding").empty();
    const auto length = header("content-length");
    std::from_chars(length.data(), length.data() + length.size(), body_size_);
    if (buffer_.size() < head_size_ + body_size_) buffer_.resize(head_size_ + body_size_ + 4096);
    return true;
  }

  std::vector<char> buffer_ = std::vector<char>(8192);
  std::size_t size_ = 0;
  std::size_t head_size_ = 0;
  std::size_t body_size_ = 0;
  bool broken_ = false;
};

}  // namespace sallyport::bench
