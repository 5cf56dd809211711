#include "upstream/names.hpp"

#include "base/sha256.hpp"
#include "base/strings.hpp"

#include <algorithm>
#include <span>

namespace sallyport::upstream {
namespace {

constexpr std::size_t hash_digits = 8;

bool plain(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

std::string exposed_name(std::string_view server, std::string_view prefix, std::string_view tool,
                         std::size_t max) {
  if (prefix.empty()) return std::string(tool);
  std::string name;
  name.reserve(prefix.size() + tool.size());
  name.append(prefix).append(tool);
  std::replace_if(name.begin(), name.end(), [](char c) { return !plain(c); }, '_');
  if (name.size() <= max) return name;
  std::string identity(server);
  identity.push_back('\0');
  identity.append(tool);
  const auto digest = sha256(identity);
  name.resize(max - hash_digits - 1);
  name.push_back('_');
  return name + hex(std::span(digest).first(hash_digits / 2));
}

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

bool matches_any(const std::vector<std::string>& patterns, std::string_view name) noexcept {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& p) { return matches(p, name); });
}

}  // namespace sallyport::upstream
