#include "layers/audit/audit.hpp"

#include "pipeline/outcome.hpp"
#include "telemetry/audit_record.hpp"
#include "upstream/record.hpp"

namespace sallyport::layers {
namespace {

telemetry::audit::Digested digested(const pipeline::Call& call) {
  return {call.message->raw(protocol::Field::arguments, call.bytes),
          call.message->raw(protocol::Field::uri, call.bytes)};
}

}  // namespace

Task<pipeline::Reply> Audit::call(pipeline::Call& call) {
  if (!telemetry::reaches_a_server(call.method())) co_return co_await next().call(call);
  Result<void> announced = co_await announce(call);
  Result<pipeline::Reply> reply =
      announced ? co_await next().call(call) : Result<pipeline::Reply>(Failure(std::move(announced).error()));
  telemetry::CallRecord record =
      upstream::record_of(call, timers_->clock().system_now(), timers_->now() - call.started);
  record.outcome = reply ? pipeline::outcome(*reply) : pipeline::outcome(reply.error());
  log_->record(telemetry::audit::call_fields(record, digested(call)));
  co_return reply;
}

Task<void> Audit::announce(const pipeline::Call& call) {
  if (!log_->refuses()) co_return ok();
  const telemetry::CallRecord record =
      upstream::record_of(call, timers_->clock().system_now(), timers_->now() - call.started);
  Result<void> written = co_await log_->require(telemetry::audit::begin_fields(record, digested(call)));
  if (written) co_return ok();
  co_return Failure(std::move(written).error().with_executed(Executed::no));
}

}  // namespace sallyport::layers
