#include "layers/render/render.hpp"

#include "upstream/server.hpp"

namespace sallyport::layers {

Task<pipeline::Reply> Render::call(pipeline::Call& call) {
  Result<pipeline::Reply> reply = co_await next().call(call);
  if (reply) co_return reply;
  Error error = std::move(reply).error();
  protocol::FailureContext context;
  context.correlation = call.correlation;
  context.tools_call = call.method() == protocol::Method::tools_call;
  context.idempotent = call.idempotent;
  if (call.server) {
    context.server = call.server->key();
    if (!error.slot(Slot::server)) error.with_slot(Slot::server, call.server->key());
  }
  if (!call.shown_name.empty()) {
    context.tool = call.shown_name;
    if (!error.slot(Slot::tool)) error.with_slot(Slot::tool, call.shown_name);
  }
  protocol::CanonicalFailure failure = protocol::render(error, context);
  co_return pipeline::Failed{std::move(error), std::move(failure)};
}

}  // namespace sallyport::layers
