// Unguessable identifiers from the kernel's random generator.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace sallyport {

// Every byte is used once: what was given out is wiped from the thread's buffer. A forked child must exec
// before it asks, else it would repeat its parent's bytes.
void random_bytes(std::span<std::byte> out);

std::uint64_t random_u64();

double random_share();  // in [0, 1)

// Names one request in the answer, the log, the span and the audit record. Minted by the gateway, never read
// from outside.
struct CorrelationId {
  std::array<std::byte, 16> bytes{};

  static CorrelationId make();
  std::string hex() const;

  friend auto operator<=>(const CorrelationId&, const CorrelationId&) = default;
};

// 128 random bits as 32 hexadecimal characters.
std::string new_session_id();

}  // namespace sallyport
