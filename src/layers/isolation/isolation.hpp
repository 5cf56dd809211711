// Gives a call of an isolated server, and one whose caller can be asked by its server, the instance that is
// its caller's own.
#pragma once

#include "pipeline/call.hpp"

namespace sallyport::layers {

class Isolation final : public pipeline::Layer {
 public:
  explicit Isolation(std::unique_ptr<pipeline::Service> next) noexcept : Layer(std::move(next)) {}
  Task<pipeline::Reply> call(pipeline::Call& call) override;

 private:
  Task<pipeline::Reply> own(pipeline::Call& call);
  Task<pipeline::Reply> asked(pipeline::Call& call);
  Task<pipeline::Reply> once_known(pipeline::Call& call);
};

}  // namespace sallyport::layers
