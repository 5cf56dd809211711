// Writes the head of an HTTP message, and a short body behind it: plain appends into memory that is used
// again, no format strings on the path of every call.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::net {

// Bodies up to this are copied behind their head and sent with it as one piece: that costs less than pieces
// do.
inline constexpr std::size_t short_body = 4096;

class HeadWriter {
 public:
  // What is written stands in `buffer` until the next writer of it begins.
  explicit HeadWriter(std::string& buffer) noexcept : buffer_(buffer) { point(0); }

  HeadWriter& text(std::string_view part) {
    if (static_cast<std::size_t>(end_ - at_) < part.size()) grow(part.size());
    at_ = std::ranges::copy(part, at_).out;
    return *this;
  }
  HeadWriter& number(std::uint64_t value) {
    constexpr std::size_t most_digits = 20;
    if (static_cast<std::size_t>(end_ - at_) < most_digits) grow(most_digits);
    at_ = std::to_chars(at_, end_, value).ptr;
    return *this;
  }
  std::string_view view() const noexcept { return {buffer_.data(), at_}; }

 private:
  [[gnu::noinline]] void grow(std::size_t by) {
    constexpr std::size_t usual = 2048;
    const std::size_t used = view().size();
    buffer_.resize(std::max(usual, used + by + used / 2));
    point(used);
  }
  void point(std::size_t used) noexcept {
    at_ = buffer_.data() + used;
    end_ = buffer_.data() + buffer_.size();
  }

  std::string& buffer_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace sallyport::net
