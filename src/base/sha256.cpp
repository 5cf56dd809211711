#include "base/sha256.hpp"

#include <cstdlib>

#include <openssl/evp.h>

namespace sallyport {

std::array<std::byte, 32> sha256(std::string_view data) {
  std::array<std::byte, 32> digest;
  // Fails only when the library cannot load its own default provider or has no memory: nothing can go on
  // then.
  if (EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                 EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  return digest;
}

}  // namespace sallyport
