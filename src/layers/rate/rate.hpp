// How many requests one caller may make in a time (`limits.rate`), whatever they ask for.
#pragma once

#include "layers/rate/token_buckets.hpp"
#include "pipeline/call.hpp"
#include "task/timers.hpp"

namespace sallyport::layers {

class Rate final : public pipeline::Layer {
 public:
  // Without buckets everything passes. They are not the layer's own: what a caller has spent outlives a
  // reload. `by_source`: callers are told apart by their address, not by their name.
  Rate(std::unique_ptr<pipeline::Service> next, task::Timers& timers, TokenBuckets* buckets, bool by_source)
      : Layer(std::move(next)), timers_(&timers), buckets_(buckets), by_source_(by_source) {}
  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  task::Timers* timers_;
  TokenBuckets* buckets_;
  bool by_source_;
};

}  // namespace sallyport::layers
