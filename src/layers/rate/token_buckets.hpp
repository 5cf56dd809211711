// Token buckets by key, bounded in number; pure, the clock is the caller's.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace sallyport::layers {

struct RateLimit {
  std::uint64_t count = 0;
  std::chrono::milliseconds per{1000};
};

// Each key may spend `count` tokens at once and gets them back evenly over `per`. Of more than `max_keys`
// keys the one that was seen least recently is forgotten, which can only be generous to it.
class TokenBuckets {
 public:
  explicit TokenBuckets(RateLimit limit, std::size_t max_keys = 10000) noexcept
      : limit_(limit), max_keys_(max_keys) {}

  // What was spent stays spent.
  void set_limit(RateLimit limit) noexcept { limit_ = limit; }

  // Takes one token; nothing if there was one, else how long until there is.
  std::optional<std::chrono::milliseconds> take(std::string_view key, SteadyTime now);

 private:
  struct Bucket {
    std::string key;
    double tokens;
    SteadyTime filled;
  };

  RateLimit limit_;
  std::size_t max_keys_;
  std::list<Bucket> by_use_;  // the most recent at the front
  std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_key_;
};

}  // namespace sallyport::layers
