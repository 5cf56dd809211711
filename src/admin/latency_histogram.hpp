// Latencies in fixed buckets, four an octave: counting takes no memory, and a quantile is right to a tenth.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sallyport::admin {

class LatencyHistogram {
 public:
  // The first bucket is everything below 64 µs, the last everything above 17 minutes.
  static constexpr std::size_t buckets = 1 + 24 * 4;

  void add(std::chrono::microseconds latency) noexcept;
  void add(const LatencyHistogram& other) noexcept;

  std::uint64_t count() const noexcept { return count_; }
  std::chrono::microseconds max() const noexcept { return max_; }
  // Where `share` (0…1) of all latencies lie below, estimated within its bucket; nothing without latencies.
  std::optional<std::chrono::microseconds> quantile(double share) const noexcept;

 private:
  std::array<std::uint32_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::chrono::microseconds max_{};
};

}  // namespace sallyport::admin
