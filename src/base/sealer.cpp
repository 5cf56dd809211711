#include "base/sealer.hpp"

#include "base/ids.hpp"
#include "base/strings.hpp"

#include <cstdlib>
#include <limits>
#include <memory>
#include <span>

#include <openssl/evp.h>
#include <string.h>

namespace sallyport {
namespace {

constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text, std::size_t from) {
  return reinterpret_cast<unsigned char*>(text.data()) + from;
}

// What fails here has no memory or no cipher: nothing can go on then.
void must(int outcome) {
  if (outcome != 1) std::abort();
}

int length(std::string_view text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) std::abort();
  return static_cast<int>(text.size());
}

}  // namespace

Sealer::Sealer() {
  random_bytes(key_);
}

Sealer::~Sealer() {
  ::explicit_bzero(key_.data(), key_.size());
}

std::string Sealer::seal(std::string_view text, std::string_view bound) const {
  std::string out(nonce_size + text.size() + tag_size, '\0');
  random_bytes(std::as_writable_bytes(std::span(out.data(), nonce_size)));
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int written = 0;
  must(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                          reinterpret_cast<const unsigned char*>(key_.data()), bytes(out, 0)));
  must(EVP_EncryptUpdate(context.get(), nullptr, &written, bytes(bound), length(bound)));
  must(EVP_EncryptUpdate(context.get(), bytes(out, nonce_size), &written, bytes(text), length(text)));
  must(EVP_EncryptFinal_ex(context.get(), bytes(out, nonce_size + text.size()), &written));
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_size,
                           bytes(out, nonce_size + text.size())));
  return base64_encode(out);
}

std::optional<std::string> Sealer::open(std::string_view sealed, std::string_view bound) const {
  std::optional<std::string> raw = base64_decode(sealed);
  if (!raw || raw->size() < nonce_size + tag_size) return std::nullopt;
  const std::size_t size = raw->size() - nonce_size - tag_size;
  std::string text(size, '\0');
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int written = 0;
  must(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                          reinterpret_cast<const unsigned char*>(key_.data()), bytes(*raw, 0)));
  must(EVP_DecryptUpdate(context.get(), nullptr, &written, bytes(bound), length(bound)));
  must(EVP_DecryptUpdate(context.get(), bytes(text, 0), &written, bytes(*raw, nonce_size),
                         static_cast<int>(size)));
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_size, bytes(*raw, nonce_size + size)));
  if (EVP_DecryptFinal_ex(context.get(), bytes(text, size), &written) != 1) return std::nullopt;
  return text;
}

}  // namespace sallyport
