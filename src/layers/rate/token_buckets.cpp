#include "layers/rate/token_buckets.hpp"

#include <algorithm>
#include <cmath>

namespace sallyport::layers {

std::optional<std::chrono::milliseconds> TokenBuckets::take(std::string_view key, SteadyTime now) {
  const double full = static_cast<double>(limit_.count);
  const double per_ms = full / static_cast<double>(limit_.per.count());
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    if (by_key_.size() >= max_keys_) {
      by_key_.erase(by_use_.back().key);
      by_use_.pop_back();
    }
    by_use_.push_front({std::string(key), full, now});
    found = by_key_.emplace(by_use_.front().key, by_use_.begin()).first;
  } else {
    by_use_.splice(by_use_.begin(), by_use_, found->second);
  }
  Bucket& bucket = *found->second;
  const std::chrono::duration<double, std::milli> passed = now - bucket.filled;
  bucket.tokens = std::min(full, bucket.tokens + std::max(0.0, passed.count()) * per_ms);
  bucket.filled = now;
  if (bucket.tokens >= 1.0) {
    bucket.tokens -= 1.0;
    return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil((1.0 - bucket.tokens) / per_ms)));
}

}  // namespace sallyport::layers
