// How many calls one server works on at a time: a slow server fills its own places and nobody else's.
#pragma once

#include "pipeline/call.hpp"

#include <cstdint>

namespace sallyport::layers {

// Beyond the limit a call is refused at once (LIMIT_003): a queue would only hide how slow the server is.
class Concurrency final : public pipeline::Layer {
 public:
  // `adaptive`: fewer than `limit` while the server says that it is overloaded.
  Concurrency(std::unique_ptr<pipeline::Service> next, std::uint32_t limit, bool adaptive = false)
      : Layer(std::move(next)), limit_(limit), adaptive_(adaptive) {}
  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  std::uint32_t limit_;
  bool adaptive_;
};

}  // namespace sallyport::layers
