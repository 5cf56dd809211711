#include "admin/latency_histogram.hpp"

#include <algorithm>
#include <bit>

namespace sallyport::admin {
namespace {

constexpr unsigned first_octave = 6;  // 2^6 µs is where the second bucket begins

std::size_t bucket_of(std::uint64_t us) noexcept {
  if (us < (1u << first_octave)) return 0;
  const auto octave = static_cast<unsigned>(std::bit_width(us)) - 1;
  const std::size_t quarter = (us >> (octave - 2)) & 3;
  return std::min((octave - first_octave) * 4 + quarter + 1, LatencyHistogram::buckets - 1);
}

std::uint64_t lower_bound(std::size_t bucket) noexcept {
  if (bucket == 0) return 0;
  const std::size_t octave = first_octave + (bucket - 1) / 4;
  return (4 + (bucket - 1) % 4) << (octave - 2);
}

}  // namespace

void LatencyHistogram::add(std::chrono::microseconds latency) noexcept {
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
  ++counts_[bucket_of(us)];
  ++count_;
  max_ = std::max(max_, latency);
}

void LatencyHistogram::add(const LatencyHistogram& other) noexcept {
  for (std::size_t i = 0; i < buckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

std::optional<std::chrono::microseconds> LatencyHistogram::quantile(double share) const noexcept {
  if (count_ == 0) return std::nullopt;
  const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(count_);
  double below = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    const auto here = static_cast<double>(counts_[i]);
    if (here == 0 || below + here < wanted) {
      below += here;
      continue;
    }
    const auto low = static_cast<double>(lower_bound(i));
    const auto high =
        i + 1 < buckets ? static_cast<double>(lower_bound(i + 1)) : static_cast<double>(max_.count());
    const double estimate = low + (high - low) * ((wanted - below) / here);
    return std::min(std::chrono::microseconds(static_cast<std::int64_t>(estimate)), max_);
  }
  return max_;
}

}  // namespace sallyport::admin
