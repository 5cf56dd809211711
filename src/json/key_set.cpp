#include "json/key_set.hpp"

#include "json/text.hpp"

#include <algorithm>

namespace sallyport::json::detail {

void KeySet::reset(std::string_view text) {
  constexpr std::size_t kept_keys = 16'384;
  text_ = text;
  keys_.clear();
  if (!unescaped_.empty()) unescaped_.clear();
  if (keys_.capacity() > kept_keys) keys_.shrink_to_fit();
}

KeySet::Key KeySet::escaped(std::uint32_t offset, std::uint32_t size) {
  std::string& key = unescaped_.emplace_back();
  append_unescaped(key, text_.substr(offset, size));
  return {fingerprint(key, key.data() + key.size()), key.data(), static_cast<std::uint32_t>(key.size()),
          offset};
}

std::optional<std::uint32_t> KeySet::first_repeated(std::size_t mark) {
  const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(mark);
  std::sort(begin, keys_.end(), [](const Key& a, const Key& b) {
    if (a.print != b.print) return a.print < b.print;
    const int order = a.view().compare(b.view());
    return order != 0 ? order < 0 : a.offset < b.offset;
  });
  std::optional<std::uint32_t> repeated;
  for (auto key = begin + 1; key != keys_.end(); ++key) {
    if (!key->says_the_same_as(*(key - 1))) continue;
    if (!repeated || key->offset < *repeated) repeated = key->offset;
  }
  return repeated;
}

}  // namespace sallyport::json::detail
