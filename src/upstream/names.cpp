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

}  // namespace sallyport::upstream
