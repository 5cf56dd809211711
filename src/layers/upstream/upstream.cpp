#include "layers/upstream/upstream.hpp"

#include "protocol/rewrite.hpp"
#include "upstream/server.hpp"

namespace sallyport::layers {
namespace {

using protocol::Field;

// An answer that is no answer to this caller: the upstream asks something back, which we told it that nobody
// can answer.
Result<void> check_answer(const pipeline::Answer& answer) {
  if (answer.message.kind() != protocol::MessageKind::result_response) return {};
  switch (protocol::classify_result(answer.message, answer.bytes)) {
    case protocol::ResultClass::complete:
      return {};
    case protocol::ResultClass::input_required:
      return fail(Error(Code::proto_cannot_bridge).with_executed(Executed::maybe).with_can_retry(false));
    case protocol::ResultClass::other:
      break;
  }
  return fail(Error(Code::network_protocol_error)
                  .with_executed(Executed::maybe)
                  .with_can_retry(false)
                  .with_phase(Phase::decode));
}

}  // namespace

Task<pipeline::Reply> Upstream::call(pipeline::Call& call) {
  client::Outgoing outgoing;
  outgoing.method = protocol::Method::tools_call;
  outgoing.name = call.tool->name;
  outgoing.arguments = call.message->raw(Field::arguments, call.bytes);
  outgoing.param_headers = call.tool->param_headers;
  outgoing.hops = call.hops;
  outgoing.events = call.events;
  if (call.events) outgoing.progress_token = call.message->raw(Field::progress_token, call.bytes);
  outgoing.repeatable = call.idempotent;
  outgoing.on_progress = [timer = call.timer] {
    if (timer) timer->progressed();
  };
  auto answer = CO_TRY(co_await call.server->request(outgoing));
  CO_TRY(check_answer(*answer));
  co_return answer;
}

}  // namespace sallyport::layers
