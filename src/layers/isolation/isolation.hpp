// Gives a call of an isolated server the instance that is its caller's own.
#pragma once

#include "pipeline/call.hpp"

namespace sallyport::layers {

class Isolation final : public pipeline::Layer {
 public:
  explicit Isolation(std::unique_ptr<pipeline::Service> next) noexcept : Layer(std::move(next)) {}
  Task<pipeline::Reply> call(pipeline::Call& call) override;
};

}  // namespace sallyport::layers
