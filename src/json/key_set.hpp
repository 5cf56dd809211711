// The keys of the objects that a scan stands in, to find one that comes twice.
#pragma once

#include "json/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
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
  // A key: where its contents (between the quotes) begin in the text, and what they say.
  struct Key {
    std::uint64_t print;
    const char* data;  // in the text; an escaped key's in `unescaped_`
    std::uint32_t size;
    std::uint32_t offset;

    std::string_view view() const { return {data, size}; }
    bool says_the_same_as(const Key& other) const {
      return print == other.print && equal_given_prints(view(), other.view());
    }
  };

  // Forgets everything, and the memory beyond what common messages need.
  void reset(std::string_view text);

  // Where the list of an object that opens now begins: what add() and close() want to know.
  std::size_t mark() const { return keys_.size(); }

  // The key whose contents are text[offset, offset + size), to be added.
  Key plain(std::uint32_t offset, std::uint32_t size) const {
    const char* const data = text_.data() + offset;
    return {fingerprint({data, size}, text_.data() + text_.size()), data, size, offset};
  }
  [[gnu::noinline]] Key escaped(std::uint32_t offset, std::uint32_t size);

  // False: it is known to be there already.
  bool add(std::size_t mark, const Key& key) {
    if (keys_.size() - mark < small) {
      for (std::size_t i = mark; i < keys_.size(); ++i) {
        if (keys_[i].says_the_same_as(key)) return false;
      }
    }
    keys_.push_back(key);
    return true;
  }

  // Drops the list; the offset of the first key that repeats another one, if there is one.
  std::optional<std::uint32_t> close(std::size_t mark) {
    std::optional<std::uint32_t> repeated;
    if (keys_.size() - mark > small) [[unlikely]]
      repeated = first_repeated(mark);
    keys_.resize(mark);
    return repeated;
  }

 private:
  static constexpr std::size_t small = 16;

  std::optional<std::uint32_t> first_repeated(std::size_t mark);

  std::string_view text_;
  std::vector<Key> keys_;
  std::deque<std::string> unescaped_;
};

}  // namespace sallyport::json::detail
