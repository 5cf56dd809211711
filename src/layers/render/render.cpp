#include "layers/render/render.hpp"

#include "upstream/server.hpp"

namespace sallyport::layers {
namespace {

// The caller did not give up, so it is to be told: the time that the gateway had left to live ended before
// the call did.
Error ended_by_us(const Error& cancelled) {
  Error error(cancelled.executed() == Executed::no ? Code::limit_deadline_exhausted : Code::tool_timeout);
  error.with_can_retry(false).with_executed(cancelled.executed()).with_cause(cancelled);
  return error;
}

}  // namespace

Task<pipeline::Reply> Render::call(pipeline::Call& call) {
  Result<pipeline::Reply> reply = co_await next().call(call);
  if (reply) co_return reply;
  Error error = std::move(reply).error();
  const task::Scope& scope = co_await task::current_scope();
  if (error.code() == Code::proto_cancelled && scope.reason() == task::CancelReason::shutdown)
    error = ended_by_us(error);
  protocol::FailureContext context;
  context.correlation = call.correlation;
  context.tools_call = call.method() == protocol::Method::tools_call;
  context.idempotent = call.idempotent;
  context.recovery = call.recovery;
  if (call.server) context.server = call.server->key();
  context.tool = call.shown_name;
  protocol::CanonicalFailure failure = protocol::render(error, context);
  co_return pipeline::Failed(std::move(error), std::move(failure));
}

}  // namespace sallyport::layers
