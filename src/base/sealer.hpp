// Authenticated encryption of short texts that others keep for us and give back: nobody else can read, make
// or alter one.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

// 256 bits that are wiped when they go.
class SealKey {
 public:
  // 64 hexadecimal digits, or base64 of 32 bytes.
  static std::optional<SealKey> parse(std::string_view text);
  static SealKey random();

  SealKey(const SealKey&) = default;
  SealKey& operator=(const SealKey&) = default;
  ~SealKey();

  // Tells keys apart, and says nothing about them.
  std::string_view id() const noexcept { return {id_.data(), id_.size()}; }
  const unsigned char* bytes() const noexcept { return reinterpret_cast<const unsigned char*>(bits_.data()); }

 private:
  using Bits = std::array<std::byte, 32>;
  explicit SealKey(const Bits& bits);
  Bits bits_;
  std::array<char, 4> id_{};
};

// AES-256-GCM with random nonces.
class Sealer {
 public:
  Sealer() : keys_{SealKey::random()} {}  // under a key that only this process knows
  // At least one: the first seals, each opens.
  explicit Sealer(std::vector<SealKey> keys) : keys_(std::move(keys)) {}

  // `bound` is no part of what is sealed, but it opens with the same text alone. Base64.
  std::string seal(std::string_view text, std::string_view bound) const;
  // Nothing: it is not ours, was altered, or is bound to something else.
  std::optional<std::string> open(std::string_view sealed, std::string_view bound) const;

 private:
  std::vector<SealKey> keys_;
};

}  // namespace sallyport
