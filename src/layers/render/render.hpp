// Turns an Error into the canonical failure: the last place where an Error exists on its way to a client.
#pragma once

#include "pipeline/call.hpp"

namespace sallyport::layers {

class Render final : public pipeline::Layer {
 public:
  using Layer::Layer;
  Task<pipeline::Reply> call(pipeline::Call& call) override;
};

}  // namespace sallyport::layers
