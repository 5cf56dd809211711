// The keys of the objects that a scan stands in, to find one that comes twice.
#pragma once

#include "json/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::json::detail {

// A stack of key lists, one per open object. Keys of a small object are compared as they come; those of a
// large one are sorted when it closes, so that no choice of keys makes it quadratic (a hash table would need
// a secret for that).
class KeySet {
 public:
  // Forgets everything, and the memory beyond what common messages need.
  void reset(std::string_view text);

  // Where the list of an object that opens now begins: what add() and close() want to know.
  std::size_t mark() const { return entries_.size(); }

  // Adds the key whose contents (between the quotes) are text[offset, offset + size). False: it is known to
  // be there already.
  [[gnu::always_inline]] bool add(std::size_t mark, std::uint32_t offset, std::uint32_t size, bool escaped) {
    std::string_view key(text_.data() + offset, size);
    std::uint32_t unescaped = in_text;
    const char* readable = text_.data() + text_.size();
    if (escaped) [[unlikely]] {
      unescaped = static_cast<std::uint32_t>(unescaped_.size());
      key = unescape(key);
      readable = key.data() + key.size();
    }
    const std::uint64_t print = fingerprint(key, readable);
    if (entries_.size() - mark < small) {
      for (std::size_t i = mark; i < entries_.size(); ++i) {
        if (entries_[i].print == print && view(entries_[i]) == key) return false;
      }
    }
    entries_.emplace_back(print, offset, static_cast<std::uint32_t>(key.size()), unescaped);
    return true;
  }

  // The unescaped key added last, and its fingerprint.
  std::string_view last() const { return view(entries_.back()); }
  std::uint64_t last_print() const { return entries_.back().print; }

  // Drops the list; the offset of the first key that repeats another one, if there is one.
  std::optional<std::uint32_t> close(std::size_t mark);

 private:
  struct Entry {
    std::uint64_t print;
    std::uint32_t offset;
    std::uint32_t size;       // unescaped
    std::uint32_t unescaped;  // where in unescaped_; in_text: the key stands in the text as it is
  };
  static constexpr std::size_t small = 16;
  static constexpr std::uint32_t in_text = UINT32_MAX;

  std::string_view view(const Entry& entry) const {
    if (entry.unescaped == in_text) return {text_.data() + entry.offset, entry.size};
    return {unescaped_.data() + entry.unescaped, entry.size};
  }
  [[gnu::noinline]] std::string_view unescape(std::string_view key);
  std::optional<std::uint32_t> first_repeated(std::size_t mark);

  std::string_view text_;
  std::vector<Entry> entries_;
  std::string unescaped_;
};

}  // namespace sallyport::json::detail
