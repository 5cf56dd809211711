#include "layers/rate/rate.hpp"

namespace sallyport::layers {

// A round of a call was counted with the first one.
Task<pipeline::Reply> Rate::call(pipeline::Call& call) {
  if (buckets_ && !call.round && call.method() != protocol::Method::ping) {
    const std::string& key = by_source_ ? call.principal->source : call.principal->name;
    if (const auto wait = buckets_->take(key, timers_->now())) {
      return pipeline::refuse(Error(Code::limit_rate_limited)
                                  .with_executed(Executed::no)
                                  .with_can_retry(true)
                                  .with_retry_after(*wait));
    }
  }
  return next().call(call);
}

}  // namespace sallyport::layers
