#include "json/key_set.hpp"

#include "json/text.hpp"

#include <algorithm>

namespace sallyport::json::detail {
void KeySet::reset(std::string_view text) {
  constexpr std::size_t kept_entries = 16'384;
  constexpr std::size_t kept_bytes = 65'536;
  text_ = text;
  entries_.clear();
  unescaped_.clear();
  if (entries_.capacity() > kept_entries) entries_.shrink_to_fit();
  if (unescaped_.capacity() > kept_bytes) unescaped_.shrink_to_fit();
}

// Keeps the unescaped key; the view stands until the next one.
std::string_view KeySet::unescape(std::string_view key) {
  const std::size_t begin = unescaped_.size();
  append_unescaped(unescaped_, key);
  return std::string_view(unescaped_).substr(begin);
}

std::optional<std::uint32_t> KeySet::close(std::size_t mark) {
  std::optional<std::uint32_t> repeated;
  if (entries_.size() - mark > small) repeated = first_repeated(mark);
  entries_.resize(mark);
  return repeated;
}

std::optional<std::uint32_t> KeySet::first_repeated(std::size_t mark) {
  const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(mark);
  std::sort(begin, entries_.end(), [this](const Entry& a, const Entry& b) {
    if (a.print != b.print) return a.print < b.print;
    const int order = view(a).compare(view(b));
    return order != 0 ? order < 0 : a.offset < b.offset;
  });
  std::optional<std::uint32_t> repeated;
  for (auto entry = begin + 1; entry != entries_.end(); ++entry) {
    const Entry& before = *(entry - 1);
    if (entry->print != before.print || view(*entry) != view(before)) continue;
    if (!repeated || entry->offset < *repeated) repeated = entry->offset;
  }
  return repeated;
}

}  // namespace sallyport::json::detail
