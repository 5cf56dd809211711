// Writes the head of an HTTP message: plain appends, no format strings on the path of every call.
#pragma once

#include <cstdint>
#include <string_view>

#include <fmt/format.h>

namespace sallyport::net {

class HeadWriter {
 public:
  HeadWriter& text(std::string_view part) {
    buffer_.append(part.data(), part.data() + part.size());
    return *this;
  }
  HeadWriter& number(std::uint64_t value) {
    const fmt::format_int digits(value);
    return text({digits.data(), digits.size()});
  }
  std::string_view view() const noexcept { return {buffer_.data(), buffer_.size()}; }

 private:
  fmt::basic_memory_buffer<char, 1024> buffer_;
};

}  // namespace sallyport::net
