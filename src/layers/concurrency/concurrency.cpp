#include "layers/concurrency/concurrency.hpp"

#include "upstream/server.hpp"

namespace sallyport::layers {

Task<pipeline::Reply> Concurrency::call(pipeline::Call& call) {
  const upstream::Server& server = *call.server;
  const bool reduced = adaptive_ && server.adaptive_limit().reduced();
  const std::uint32_t limit = reduced ? server.adaptive_limit().limit(limit_) : limit_;
  if (server.in_flight() >= limit_ || (reduced && server.load() >= limit)) {
    return pipeline::refuse(Error(Code::limit_concurrency)
                                .with_executed(Executed::no)
                                .with_can_retry(true)
                                .with_retry_after(std::chrono::seconds(1))
                                .with_slot(Slot::limit, limit));
  }
  return next().call(call);
}

}  // namespace sallyport::layers
