#include "json/pointer.hpp"

namespace sallyport::json {
namespace {

// One reference token with ~0 and ~1 resolved.
std::optional<std::string> unescape_token(std::string_view token) {
  std::string key;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      key.push_back(token[i]);
      continue;
    }
    if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
    key.push_back(token[i] == '0' ? '~' : '/');
  }
  return key;
}

}  // namespace

std::optional<std::vector<std::string>> parse_pointer(std::string_view pointer) {
  std::vector<std::string> keys;
  while (!pointer.empty()) {
    if (pointer.front() != '/') return std::nullopt;
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    auto key = unescape_token(token);
    if (!key) return std::nullopt;
    keys.push_back(*std::move(key));
  }
  return keys;
}

std::string format_pointer(std::span<const std::string> keys) {
  std::string pointer;
  for (const std::string& key : keys) {
    pointer.push_back('/');
    for (const char c : key) {
      if (c == '~') {
        pointer += "~0";
      } else if (c == '/') {
        pointer += "~1";
      } else {
        pointer.push_back(c);
      }
    }
  }
  return pointer;
}

}  // namespace sallyport::json
