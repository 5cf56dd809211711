// The grammar of a message's head (RFC 9112 sections 2 to 5), without the repairs that it allows.
#pragma once

#include "net/http_head.hpp"

#include <cstddef>
#include <cstring>

namespace sallyport::net {

// May a field that we write have this name, or this value?
bool is_field_name(std::string_view text) noexcept;
bool is_field_value(std::string_view text) noexcept;  // no control characters but the tab

// Reads a complete head from its first byte: the start line, then the fields. False: it is none, and what was
// read so far means nothing. Lines end with CRLF and are not folded; no byte of a line is a control character
// but a tab within a field's value; nothing stands behind the empty line.
class HeadGrammar {
 public:
  explicit HeadGrammar(std::string_view head) noexcept : at_(head.data()), end_(at_ + head.size()) {}

  bool request_line(std::string_view& method, std::string_view& target, bool& http_1_0) noexcept;
  bool status_line(bool& http_1_0, int& status) noexcept;
  bool fields(HeaderFields& fields);

 private:
  // Steps over these characters, if they stand here.
  template <std::size_t size>
  bool literal(const char (&text)[size]) noexcept {
    constexpr std::ptrdiff_t length = size - 1;
    if (end_ - at_ < length || std::memcmp(at_, text, length) != 0) return false;
    at_ += length;
    return true;
  }
  bool version(bool& http_1_0) noexcept;
  std::string_view token() noexcept;  // empty: there is none
  bool field(HeaderFields& fields);
  std::string_view until(const char* from) const noexcept { return {from, at_}; }

  const char* at_;
  const char* end_;
};

}  // namespace sallyport::net
