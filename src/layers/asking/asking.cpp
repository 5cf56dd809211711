#include "layers/asking/asking.hpp"

#include "classify/classify.hpp"
#include "layers/asking/ask_client.hpp"
#include "layers/asking/client_questions.hpp"
#include "layers/asking/user_time.hpp"
#include "pipeline/client_wishes.hpp"
#include "protocol/envelope.hpp"
#include "protocol/params_digest.hpp"
#include "protocol/rewrite.hpp"
#include "task/group.hpp"
#include "upstream/server.hpp"

namespace sallyport::layers {
namespace {

using protocol::ClientCapabilities;
using protocol::Era;
using protocol::Field;
using protocol::InputRequired;
using protocol::Method;
using protocol::Question;
using session::RequestState;

constexpr std::uint32_t max_rounds = 10;
constexpr std::chrono::milliseconds poll_pause{250};  // before a server that asks nothing is called again

const pipeline::Answer* asking(const pipeline::Reply& reply) {
  const auto* answer = std::get_if<std::unique_ptr<pipeline::Answer>>(&reply);
  if (!answer || (*answer)->message.kind() != protocol::MessageKind::result_response) return nullptr;
  const auto type = protocol::classify_result((*answer)->message, (*answer)->bytes);
  return type == protocol::ResultClass::input_required ? answer->get() : nullptr;
}

Error malformed() {
  classify::Context context;
  context.phase = Phase::decode;
  return classify::make_error(classify::FailureClass::protocol, context).with_can_retry(false);
}

Error cannot(std::string_view constraint) {
  return Error(Code::proto_cannot_bridge)
      .with_executed(Executed::maybe)
      .with_can_retry(false)
      .with_slot(Slot::constraint, constraint);
}

Error bad_state() {
  return Error(Code::proto_invalid_request_state).with_executed(Executed::no);
}

// Is what the caller came back with of this server, and of what it speaks?
bool goes_on(const pipeline::Call& call) {
  if (!call.round || call.round->server != call.server->key()) return false;
  const auto speaks = call.server->revision();
  const bool legacy = speaks && protocol::era(*speaks) == Era::legacy;
  const bool of_a_modern_server =
      call.round->holds == RequestState::Holds::server_state && !call.round->held.empty();
  return !(legacy && of_a_modern_server);
}

// To a call that waits for it here.
bool comes_back(const pipeline::Call& call) {
  return call.round && call.round->holds == RequestState::Holds::suspended_call;
}

// How often the call will have asked, when it asks now.
std::uint32_t next_round_of(const pipeline::Call& call) {
  return call.round ? call.round->round + 1 : 1;
}

// Raw members of params: what was answered, and what the server gave to get back.
std::string next_round(std::string_view responses, std::string_view state) {
  std::string members;
  if (!responses.empty()) members.append(R"("inputResponses":)").append(responses);
  if (state.empty()) return members;
  if (!members.empty()) members += ',';
  return members.append(R"("requestState":)").append(state);
}

}  // namespace

Task<pipeline::Reply> Asking::call(pipeline::Call& call) {
  call.declares = pipeline::declared_capabilities(call);
  call.declares.roots = call.declares.roots && passes_roots(call);
  if (!protocol::may_ask(call.method())) return next().call(call);
  const bool modern_caller = protocol::era(call.revision) == Era::modern;
  if (modern_caller && call.message->has(Field::request_state)) {
    if (call.repeated) return call.repeated->outcome(*buffered_);
    // What stands in for the server that failed begins anew: it was asked nothing yet.
    if (!call.stand_in.server.empty()) {
      call.round = nullptr;
    } else if (!goes_on(call)) {
      return pipeline::refuse(bad_state());
    }
  }
  call.askable = modern_caller || call.events ? call.declares : protocol::ClientCapabilities();
  if (!call.askable.none()) return asked(call);
  return modern_caller ? modern(call) : legacy(call);
}

// What its server speaks decides how it asks.
Task<pipeline::Reply> Asking::asked(pipeline::Call& call) {
  const bool modern_caller = protocol::era(call.revision) == Era::modern;
  if (comes_back(call)) co_return co_await detached(call);
  // Who is not there says so below.
  if (!call.server->revision()) (void)co_await call.server->ready();
  const auto speaks = call.server->revision();
  const bool legacy_server = speaks && protocol::era(*speaks) == Era::legacy;
  if (legacy_server) call.askable = protocol::within(call.askable, *speaks);
  if (legacy_server && !call.askable.none())
    co_return co_await (modern_caller ? detached(call) : on_its_stream(call));
  co_return co_await (modern_caller ? modern(call) : legacy(call));
}

Task<pipeline::Reply> Asking::on_its_stream(pipeline::Call& call) {
  ClientQuestions questions(*loop_, call, expiry_);
  call.questions = &questions;
  Result<pipeline::Reply> reply = co_await next().call(call);
  call.questions = nullptr;
  CO_TRY(co_await questions.end());
  if (!reply) co_return reply;
  co_return pages_shown(call, *std::move(reply));
}

// What is a legacy client's stream to its server's questions, the next request is to a modern one's: the call
// itself is sent once.
Task<pipeline::Reply> Asking::detached(pipeline::Call& call) {
  std::shared_ptr<DetachedCall> detached;
  if (comes_back(call)) {
    detached = suspended_->resume(*call.round);
    if (!detached) co_return Failure(bad_state());
    detached->answer(call.message->raw(Field::input_responses, call.bytes));
  } else {
    detached = suspended_->begin(call, next());
  }
  const DetachedCall::Visit visit(*detached, call);
  while (!detached->over() && detached->questions().empty()) {
    if (co_await detached->changed()) continue;
    // Its client gave it up, or it took too long.
    detached->cancel((co_await task::current_scope()).reason());
    task::Scope ending;
    CO_TRY(co_await detached->end().in(ending));
  }
  if (!detached->over()) co_return CO_TRY(suspend(call, detached));
  pipeline::Reply reply = CO_TRY(detached->take_outcome());
  co_return CO_TRY(pages_to_open(call, std::move(reply)));
}

Result<pipeline::Reply> Asking::suspend(const pipeline::Call& call,
                                        const std::shared_ptr<DetachedCall>& detached) {
  const InputRequired input{.questions = detached->questions(), .state = {}};
  const std::uint32_t round = next_round_of(call);
  Result<void> may = check(call, input, round);
  auto state = may ? suspended_->suspend(detached, round) : fail(std::move(may).error());
  if (state) return input_required(call, input, *state);
  detached->cancel(task::CancelReason::superseded);
  return fail(std::move(state).error());
}

bool Asking::passes_roots(const pipeline::Call& call) const {
  const auto member = roster_->find(call.server->key());
  return member && member->definition().roots;
}

Result<InputRequired> Asking::questions_of(const pipeline::Call& call, const pipeline::Answer& answer,
                                           std::uint32_t round) const {
  const auto input = protocol::read_input_required(answer.message, answer.bytes);
  if (!input) return fail(malformed());
  TRY(check(call, *input, round));
  return *input;
}

Result<void> Asking::check(const pipeline::Call& call, const InputRequired& input,
                           std::uint32_t round) const {
  if (round >= max_rounds) return fail(cannot("the server asks for more again and again"));
  for (const Question& question : input.questions) {
    const ClientCapabilities need = protocol::needed(question);
    if (!protocol::covers(call.askable, need)) return fail(refusal(call, need));
  }
  return {};
}

Error Asking::refusal(const pipeline::Call& call, const ClientCapabilities& need) const {
  if (protocol::within(need, call.revision) != need)
    return cannot("the client's revision has no way to be asked this");
  if (protocol::covers(pipeline::declared_capabilities(call), need)) {
    return cannot(need.roots && !passes_roots(call) ? "the operator keeps roots from this server"
                                                    : "this client takes no requests in its answer");
  }
  const std::string missing = protocol::client_capabilities_json(need, protocol::latest_modern);
  return Error(Code::proto_missing_client_capability)
      .with_executed(Executed::maybe)
      .with_can_retry(false)
      .with_slot(Slot::constraint, need.sampling ? "sampling"
                                   : need.roots  ? "roots"
                                                 : "elicitation")
      .with_spec_data(R"({"requiredCapabilities":)" + missing + "}");
}

Task<pipeline::Reply> Asking::modern(pipeline::Call& call) {
  const std::uint32_t round = next_round_of(call);
  call.answers = next_round(call.message->raw(Field::input_responses, call.bytes),
                            call.round ? std::string_view(call.round->held) : std::string_view());
  pipeline::Reply reply = CO_TRY(co_await next().call(call));
  const pipeline::Answer* const answer = asking(reply);
  if (!answer) co_return CO_TRY(pages_to_open(call, std::move(reply)));
  const InputRequired input = CO_TRY(questions_of(call, *answer, round));
  co_return CO_TRY(input_required(call, input,
                                  {.server = call.server->key(),
                                   .held = std::string(input.state),
                                   .round = round,
                                   .correlation = call.correlation}));
}

// A server of 2025-11-25 that wants a page opened before it is called again.
Result<pipeline::Reply> Asking::pages_to_open(const pipeline::Call& call, pipeline::Reply reply) const {
  const auto* const answer = std::get_if<std::unique_ptr<pipeline::Answer>>(&reply);
  if (!answer || call.server->revision() != protocol::Revision::v2025_11_25) return reply;
  const auto input = protocol::read_pages_to_open((*answer)->message, (*answer)->bytes);
  if (!input) return reply;
  const std::uint32_t round = next_round_of(call);
  TRY(check(call, *input, round));
  return input_required(
      call, *input,
      {.server = call.server->key(), .held = {}, .round = round, .correlation = call.correlation});
}

// The same for a client of that revision, which opens it of its own accord.
pipeline::Reply Asking::pages_shown(const pipeline::Call& call, pipeline::Reply reply) {
  const auto* const answer = std::get_if<std::unique_ptr<pipeline::Answer>>(&reply);
  if (!answer || !call.client || call.revision != protocol::Revision::v2025_11_25) return reply;
  show_pages(*call.client, **answer, [&](std::string id, std::weak_ptr<pipeline::OpenedPage> page) {
    call.server->opened(std::move(id), std::move(page));
  });
  return reply;
}

Result<pipeline::Reply> Asking::input_required(const pipeline::Call& call, const InputRequired& input,
                                               const RequestState& state) const {
  std::string out = R"({"resultType":"input_required")";
  for (const Question& question : input.questions) {
    out += &question == &input.questions.front() ? R"(,"inputRequests":{)" : ",";
    out.append(question.key).append(R"(:{"method":")").append(protocol::name(question.method)).append("\"");
    const std::string params = TRY(protocol::question_params(question, call.revision));
    if (!params.empty()) out.append(R"(,"params":)").append(params);
    out += '}';
  }
  if (!input.questions.empty()) out += '}';
  const std::string digest = protocol::params_digest(*call.message, call.bytes);
  const std::string sealed = states_->seal(
      state, {.principal = call.principal->name, .method = protocol::name(call.method()), .digest = digest},
      expiry_);
  out.append(R"(,"requestState":")").append(sealed).append(R"(","_meta":)");
  protocol::append_result_meta(out, Era::modern, {});
  return pipeline::local(out += '}');
}

Task<pipeline::Reply> Asking::legacy(pipeline::Call& call) {
  const std::chrono::milliseconds limit = call.timer ? call.timer->given() : std::chrono::milliseconds(0);
  for (std::uint32_t round = 1;; ++round) {
    pipeline::Reply reply = CO_TRY(co_await next().call(call));
    const pipeline::Answer* const answer = asking(reply);
    if (!answer) co_return pages_shown(call, std::move(reply));
    const InputRequired input = CO_TRY(questions_of(call, *answer, round));
    const UserTime user(*loop_, call, limit, expiry_);
    call.answers = CO_TRY(co_await ask_all(call, input));
  }
}

Task<std::string> Asking::ask_all(pipeline::Call& call, const InputRequired& input) const {
  if (input.questions.empty()) CO_TRY(co_await task::Sleep(loop_->timers(), loop_->now() + poll_pause));
  std::vector<Task<std::string>> asked;
  for (const Question& question : input.questions)
    asked.push_back(
        ask_one(call, question.method, CO_TRY(protocol::question_params(question, call.revision))));
  const auto answers = CO_TRY(co_await task::gather(*loop_, std::move(asked)));
  std::string responses;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::string answer = CO_TRY(Result<std::string>(answers[i]));
    responses.append(i == 0 ? "{" : ",").append(input.questions[i].key).append(":").append(answer);
  }
  if (!responses.empty()) responses += '}';
  co_return next_round(responses, input.state);
}

Task<std::string> Asking::ask_one(pipeline::Call& call, Method method, std::string params) const {
  auto answer = CO_TRY(co_await ask_client(*loop_, call, method, std::move(params), expiry_));
  auto good = good_answer(method, std::move(answer));
  if (good) co_return good;
  co_return Failure(std::move(good).error().with_executed(Executed::maybe));
}

}  // namespace sallyport::layers
