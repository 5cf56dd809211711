#include "base/patterns.hpp"

#include <algorithm>

namespace sallyport {

bool matches(std::string_view pattern, std::string_view name) noexcept {
  // Greedy with one point of return: linear in practice, pattern × name at worst, no recursion.
  std::size_t p = 0, n = 0, star = std::string_view::npos, mark = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool includes(std::string_view pattern, std::string_view other) noexcept {
  // A `*` of the other one may stand for nothing or for much, which no `?` matches.
  if (pattern.contains('?') && other.contains('*')) return pattern == other;
  return matches(pattern, other);
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view name) noexcept {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& p) { return matches(p, name); });
}

}  // namespace sallyport
