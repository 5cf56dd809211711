// How many requests one caller may make in a time (`limits.rate`), whatever they ask for.
#pragma once

#include "layers/rate/token_buckets.hpp"
#include "pipeline/call.hpp"
#include "task/timers.hpp"

#include <optional>

namespace sallyport::layers {

class Rate final : public pipeline::Layer {
 public:
  // Without a limit everything passes. `by_source`: callers are told apart by their address, not by their
  // name.
  Rate(std::unique_ptr<pipeline::Service> next, task::Timers& timers, std::optional<RateLimit> limit,
       bool by_source)
      : Layer(std::move(next)), timers_(&timers), by_source_(by_source) {
    if (limit) buckets_.emplace(*limit);
  }
  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  task::Timers* timers_;
  std::optional<TokenBuckets> buckets_;
  bool by_source_;
};

}  // namespace sallyport::layers
