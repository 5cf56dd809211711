// The end of the stack: sends the call to its server and brings the answer back.
#pragma once

#include "pipeline/call.hpp"

namespace sallyport::layers {

class Upstream final : public pipeline::Service {
 public:
  // `subscriptions`: how many one client may have.
  explicit Upstream(std::uint32_t subscriptions = 100) noexcept : subscriptions_(subscriptions) {}
  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  Task<pipeline::Reply> subscribe(pipeline::Call& call);

  std::uint32_t subscriptions_;
};

}  // namespace sallyport::layers
