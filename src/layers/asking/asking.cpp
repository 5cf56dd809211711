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

constexpr std::uint32_t max_rounds = 10;
constexpr std::chrono::milliseconds poll_pause{250};  // before a server that asks nothing is called again

bool may_ask(Method method) {
  return method == Method::tools_call || method == Method::prompts_get || method == Method::resources_read;
}

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
  if (!may_ask(call.method())) return next().call(call);
  const bool modern_caller = protocol::era(call.revision) == Era::modern;
  call.askable = modern_caller || call.events ? call.declares : protocol::ClientCapabilities();
  if (!call.askable.none()) return asked(call);
  return modern_caller ? modern(call) : legacy(call);
}

// What its server speaks decides how it asks.
Task<pipeline::Reply> Asking::asked(pipeline::Call& call) {
  // Who is not there says so below.
  if (!call.server->revision()) (void)co_await call.server->ready();
  const bool modern_caller = protocol::era(call.revision) == Era::modern;
  const auto speaks = call.server->revision();
  if (!speaks || protocol::era(*speaks) == Era::modern)
    co_return co_await (modern_caller ? modern(call) : legacy(call));
  if (modern_caller) co_return co_await modern(call);
  ClientQuestions questions(*loop_, call, expiry_);
  call.questions = &questions;
  Result<pipeline::Reply> reply = co_await next().call(call);
  call.questions = nullptr;
  CO_TRY(co_await questions.end());
  co_return reply;
}

bool Asking::passes_roots(const pipeline::Call& call) const {
  const auto member = roster_->find(call.server->key());
  return member && member->definition().roots;
}

Result<InputRequired> Asking::questions_of(const pipeline::Call& call, const pipeline::Answer& answer,
                                           std::uint32_t round) const {
  const auto input = protocol::read_input_required(answer.message, answer.bytes);
  if (!input) return fail(malformed());
  if (round >= max_rounds) return fail(cannot("the server asks for more again and again"));
  for (const Question& question : input->questions) {
    const ClientCapabilities need = protocol::needed(question);
    if (!protocol::covers(call.askable, need)) return fail(refusal(call, need));
  }
  return *input;
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
  const std::uint32_t round = CO_TRY(take_answers(call));
  pipeline::Reply reply = CO_TRY(co_await next().call(call));
  const pipeline::Answer* const answer = asking(reply);
  if (!answer) co_return reply;
  const InputRequired input = CO_TRY(questions_of(call, *answer, round));
  co_return pipeline::Local{std::make_shared<const std::string>(CO_TRY(input_required(call, input, round)))};
}

Result<std::uint32_t> Asking::take_answers(pipeline::Call& call) const {
  const std::string_view responses = call.message->raw(Field::input_responses, call.bytes);
  std::string held;
  std::uint32_t round = 1;
  if (call.message->has(Field::request_state)) {
    std::string scratch;
    const auto sealed = call.message->text(Field::request_state, call.bytes, scratch);
    const std::string digest = protocol::params_digest(*call.message, call.bytes);
    const auto state = states_->open(sealed.value_or(""), {.principal = call.principal->name,
                                                           .server = call.server->key(),
                                                           .method = protocol::name(call.method()),
                                                           .digest = digest});
    const auto speaks = call.server->revision();
    if (!state || (speaks && protocol::era(*speaks) == Era::legacy)) return fail(bad_state());
    held = state->held;
    round = state->round + 1;
  }
  call.answers = next_round(responses, held);
  return round;
}

Result<std::string> Asking::input_required(const pipeline::Call& call, const InputRequired& input,
                                           std::uint32_t round) const {
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
  const std::string sealed = states_->seal({.held = std::string(input.state), .round = round},
                                           {.principal = call.principal->name,
                                            .server = call.server->key(),
                                            .method = protocol::name(call.method()),
                                            .digest = digest},
                                           expiry_);
  out.append(R"(,"requestState":")").append(sealed).append(R"(","_meta":)");
  protocol::append_result_meta(out, Era::modern, {});
  return out += '}';
}

Task<pipeline::Reply> Asking::legacy(pipeline::Call& call) {
  const std::chrono::milliseconds limit = call.timer ? call.timer->given() : std::chrono::milliseconds(0);
  for (std::uint32_t round = 1;; ++round) {
    pipeline::Reply reply = CO_TRY(co_await next().call(call));
    const pipeline::Answer* const answer = asking(reply);
    if (!answer) co_return reply;
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
