#include "layers/rounds/rounds.hpp"

#include "protocol/params_digest.hpp"
#include "protocol/questions.hpp"

namespace sallyport::layers {

using protocol::Field;

Task<pipeline::Reply> Rounds::call(pipeline::Call& call) {
  const bool comes_back = call.message->has(Field::request_state) &&
                          protocol::era(call.revision) == protocol::Era::modern &&
                          protocol::may_ask(call.method());
  return comes_back ? come_back(call) : next().call(call);
}

// What does not go on with a call is a request like any other: it counts, and is answered where its call
// would go on.
Task<pipeline::Reply> Rounds::come_back(pipeline::Call& call) {
  std::string scratch;
  const auto sealed = call.message->text(Field::request_state, call.bytes, scratch);
  const std::string digest = protocol::params_digest(*call.message, call.bytes);
  const auto opened = states_->open(
      sealed.value_or(""),
      {.principal = call.principal->name, .method = protocol::name(call.method()), .digest = digest});
  if (!opened) co_return co_await next().call(call);
  const session::RequestState& state = opened->state;
  const std::string key = state.correlation.hex() + ' ' + std::to_string(state.round);
  const std::string answers = protocol::member_digest(*call.message, call.bytes, Field::input_responses);
  using enum pipeline::RoundTable::Arrival;
  const auto [as, round] = table_->arrive(key, answers, opened->until);
  if (as != otherwise) call.correlation = state.correlation;
  if (as == first) call.round = &state;
  if (as == again) call.repeated = round.get();
  Result<pipeline::Reply> reply = co_await next().call(call);
  call.round = nullptr;
  call.repeated = nullptr;
  if (as == first) table_->end(key, reply);
  co_return reply;
}

}  // namespace sallyport::layers
