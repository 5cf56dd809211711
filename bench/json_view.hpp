// Finds members in JSON text that a peer of ours wrote: spans only, nothing is decoded, nothing is validated.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace sallyport::bench {

/// Walks the members of an object or the elements of an array. Text that is not JSON ends the walk; it never
/// reads past the text. Strings are passed over with memchr, so that a large one costs next to nothing.
class JsonWalk {
 public:
  explicit JsonWalk(std::string_view container) : text_(container) {
    object_ = text_.starts_with('{');
    at_ = object_ || text_.starts_with('[') ? 1 : text_.size();
  }

  /// Steps to the next member or element; false at the end.
  bool next() {
    skip(" \t\r\n,");
    if (object_) {
      key_ = take_value();
      if (key_.size() < 2) return false;
      key_ = key_.substr(1, key_.size() - 2);
      skip(" \t\r\n:");
    }
    value_ = take_value();
    return !value_.empty();
  }
  /// The member's name as written, without its quotes.
  std::string_view key() const { return key_; }
  /// The value as written, strings with their quotes.
  std::string_view value() const { return value_; }

 private:
  void skip(std::string_view set) {
    while (at_ < text_.size() && set.find(text_[at_]) != set.npos) ++at_;
  }

  std::string_view take_value() {
    const std::size_t start = at_;
    std::size_t depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        at_ = string_end(at_ + 1);
        if (depth == 0) {
          ++at_;
          break;
        }
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        if (depth == 0) break;
        if (--depth == 0) {
          ++at_;
          break;
        }
      } else if (depth == 0 && (c == ',' || c == ':' || std::strchr(" \t\r\n", c) != nullptr)) {
        break;
      }
    }
    if (at_ > text_.size()) at_ = text_.size();
    return text_.substr(start, at_ - start);
  }

  /// The place of the closing quote of a string whose first character is at `at`.
  std::size_t string_end(std::size_t at) const {
    while (at < text_.size()) {
      const void* quote = std::memchr(text_.data() + at, '"', text_.size() - at);
      if (quote == nullptr) break;
      const auto end = static_cast<std::size_t>(static_cast<const char*>(quote) - text_.data());
      std::size_t backslashes = 0;
      while (text_[end - 1 - backslashes] == '\\') ++backslashes;
      if (backslashes % 2 == 0) return end;
      at = end + 1;
    }
    return text_.size();
  }

  std::string_view text_;
  std::string_view key_;
  std::string_view value_;
  std::size_t at_ = 0;
  bool object_ = false;
};

/// The value of a member, as written; empty when it is absent or the text is no object.
inline std::string_view member(std::string_view object, std::string_view key) {
  for (JsonWalk walk(object); walk.next();) {
    if (walk.key() == key) return walk.value();
  }
  return {};
}

inline std::size_t count_elements(std::string_view array) {
  std::size_t count = 0;
  for (JsonWalk walk(array); walk.next();) ++count;
  return count;
}

}  // namespace sallyport::bench
