// A latency histogram with logarithmic buckets: any percentile within 1/128 of its value, in 60 KiB.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace sallyport::bench {

class Histogram {
 public:
  void add(std::uint64_t value) {
    ++buckets_[index(value)];
    ++count_;
    if (value > max_) max_ = value;
  }
  std::uint64_t count() const { return count_; }
  std::uint64_t max() const { return max_; }

  /// The upper end of the bucket that holds the value of that rank (0 < share <= 1), never above max(); 0
  /// when empty.
  std::uint64_t percentile(double share) const {
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen >= rank && seen > 0) return upper(i) < max_ ? upper(i) : max_;
    }
    return max_;
  }

 private:
  // Values under 128 have a bucket each; every further power of two is cut into 128.
  static constexpr unsigned bits = 7;
  static constexpr std::uint64_t per_octave = 1U << bits;

  static std::size_t index(std::uint64_t value) {
    if (value < per_octave) return value;
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - bits - 1;
    return (shift + 1) * per_octave + ((value >> shift) - per_octave);
  }
  static std::uint64_t upper(std::size_t bucket) {
    if (bucket < per_octave) return bucket;
    const unsigned shift = static_cast<unsigned>(bucket / per_octave) - 1;
    return ((per_octave + bucket % per_octave + 1) << shift) - 1;
  }

  std::array<std::uint64_t, per_octave * (64 - bits + 1)> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace sallyport::bench
