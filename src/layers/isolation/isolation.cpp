#include "layers/isolation/isolation.hpp"

#include "upstream/instances.hpp"

namespace sallyport::layers {

Task<pipeline::Reply> Isolation::call(pipeline::Call& call) {
  if (upstream::Instances* const instances = call.server->instances()) {
    auto own = instances->of(call);
    if (!own) return pipeline::refuse(std::move(own).error());
    call.server = std::move(*own);
  }
  return next().call(call);
}

}  // namespace sallyport::layers
