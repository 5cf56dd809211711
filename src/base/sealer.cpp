#include "base/sealer.hpp"

#include "base/ids.hpp"
#include "base/sha256.hpp"
#include "base/strings.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <span>

#include <openssl/evp.h>
#include <string.h>

namespace sallyport {
namespace {

constexpr std::size_t key_id_size = 4;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
// A sealed text: the id of its key, the nonce, what was encrypted, the tag.
constexpr std::size_t head_size = key_id_size + nonce_size;

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

SealKey::SealKey(const Bits& bits) : bits_(bits) {
  const auto digest = sha256({reinterpret_cast<const char*>(bits_.data()), bits_.size()});
  std::memcpy(id_.data(), digest.data(), id_.size());
}

SealKey::~SealKey() {
  ::explicit_bzero(bits_.data(), bits_.size());
}

std::optional<SealKey> SealKey::parse(std::string_view text) {
  Bits bits{};
  if (unhex(text, bits)) return SealKey(bits);
  const std::optional<std::string> raw = base64_decode(text);
  if (!raw || raw->size() != bits.size()) return std::nullopt;
  std::ranges::copy(std::as_bytes(std::span(*raw)), bits.begin());
  return SealKey(bits);
}

SealKey SealKey::random() {
  Bits bits{};
  random_bytes(bits);
  return SealKey(bits);
}

std::string Sealer::seal(std::string_view text, std::string_view bound) const {
  const SealKey& key = keys_.front();
  std::string out(head_size + text.size() + tag_size, '\0');
  std::ranges::copy(key.id(), out.begin());
  random_bytes(std::as_writable_bytes(std::span(out.data() + key_id_size, nonce_size)));
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int written = 0;
  must(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.bytes(), bytes(out, key_id_size)));
  must(EVP_EncryptUpdate(context.get(), nullptr, &written, bytes(bound), length(bound)));
  must(EVP_EncryptUpdate(context.get(), bytes(out, head_size), &written, bytes(text), length(text)));
  must(EVP_EncryptFinal_ex(context.get(), bytes(out, head_size + text.size()), &written));
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_size,
                           bytes(out, head_size + text.size())));
  return base64_encode(out);
}

std::optional<std::string> Sealer::open(std::string_view sealed, std::string_view bound) const {
  std::optional<std::string> raw = base64_decode(sealed);
  if (!raw || raw->size() < head_size + tag_size) return std::nullopt;
  const auto key = std::ranges::find(keys_, std::string_view(*raw).substr(0, key_id_size), &SealKey::id);
  if (key == keys_.end()) return std::nullopt;
  const std::size_t size = raw->size() - head_size - tag_size;
  std::string text(size, '\0');
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int written = 0;
  must(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key->bytes(), bytes(*raw, key_id_size)));
  must(EVP_DecryptUpdate(context.get(), nullptr, &written, bytes(bound), length(bound)));
  must(EVP_DecryptUpdate(context.get(), bytes(text, 0), &written, bytes(*raw, head_size),
                         static_cast<int>(size)));
  must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_size, bytes(*raw, head_size + size)));
  if (EVP_DecryptFinal_ex(context.get(), bytes(text, size), &written) != 1) return std::nullopt;
  return text;
}

}  // namespace sallyport
