#include "layers/concurrency/concurrency.hpp"

#include "upstream/server.hpp"

namespace sallyport::layers {

Task<pipeline::Reply> Concurrency::call(pipeline::Call& call) {
  if (call.server->in_flight() >= limit_) {
    return pipeline::refuse(Error(Code::limit_concurrency)
                                .with_executed(Executed::no)
                                .with_can_retry(true)
                                .with_retry_after(std::chrono::seconds(1))
                                .with_slot(Slot::limit, limit_));
  }
  return next().call(call);
}

}  // namespace sallyport::layers
