#include "base/secret.hpp"

#include <openssl/crypto.h>
#include <string.h>

namespace sallyport {

bool Secret::matches(std::string_view other) const noexcept {
  return value_.size() == other.size() && CRYPTO_memcmp(value_.data(), other.data(), other.size()) == 0;
}

// The whole capacity: a longer value may have stood there before.
void Secret::wipe(std::string& text) noexcept {
  text.resize(text.capacity());
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace sallyport
