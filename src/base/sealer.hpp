// Authenticated encryption of short texts that others keep for us and give back: nobody else can read, make
// or alter one.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

// AES-256-GCM with random nonces, under a key that only this process knows.
class Sealer {
 public:
  Sealer();
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  // `bound` is no part of what is sealed, but it opens with the same text alone. Base64.
  std::string seal(std::string_view text, std::string_view bound) const;
  // Nothing: it is not ours, was altered, or is bound to something else.
  std::optional<std::string> open(std::string_view sealed, std::string_view bound) const;

 private:
  std::array<std::byte, 32> key_;
};

}  // namespace sallyport
