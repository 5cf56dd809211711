#include "server/identity.hpp"

#include <algorithm>

namespace sallyport::server {

bool is_scope(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

}  // namespace sallyport::server
