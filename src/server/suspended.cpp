#include "server/suspended.hpp"

#include "base/ids.hpp"
#include "base/sha256.hpp"
#include "base/strings.hpp"
#include "protocol/envelope.hpp"
#include "protocol/params_digest.hpp"
#include "session/questions.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace sallyport::server {
namespace {

using protocol::Field;

// The outcome of a round that was answered, for a client that lost it.
constexpr std::chrono::seconds kept_for{60};
constexpr std::size_t max_kept = 256 * 1024;

Error bad_state() {
  return Error(Code::proto_invalid_request_state).with_executed(Executed::no);
}

// What a round is bound to: who asked for what, whatever way it is written in.
std::string fingerprint(const pipeline::Call& call) {
  std::string all(protocol::name(call.method()));
  all.append("\n").append(protocol::params_digest(*call.message, call.bytes));
  return all.append("\n").append(call.principal->name);
}

std::string input_required(const Json& questions, std::string_view state) {
  std::string out = R"({"resultType":"input_required","inputRequests":)";
  out += questions.text();
  out += R"(,"requestState":)";
  out += Json(state).text();
  out += R"(,"_meta":)";
  protocol::append_result_meta(out, protocol::Era::modern, {});
  out += '}';
  return out;
}

Json responses_of(const pipeline::Call& call) {
  const std::string_view text = call.message->raw(Field::input_responses, call.bytes);
  return text.empty() ? Json::object() : Json::trusted(std::string(text));
}

}  // namespace

struct Suspended::Round {
  Round(task::Loop& loop, std::shared_ptr<Run> of) : run(std::move(of)), ended(loop), timer(loop.timers()) {}

  std::shared_ptr<Run> run;  // null once it was answered
  std::string bound_to;
  std::string answers;  // what it was answered with; empty: not yet
  std::optional<Result<std::string>> outcome;
  task::Event ended;
  task::Timer timer;
};

Suspended::Suspended(task::Loop& loop, SuspendedLimits limits, Runs& runs, BecomeTask become_task)
    : loop_(&loop), limits_(limits), runs_(&runs), become_task_(std::move(become_task)) {}

Suspended::~Suspended() = default;

Task<std::string> Suspended::run(pipeline::Call& call, const Runs::Start& start, bool may_be_task) {
  auto run = std::make_shared<Run>(*loop_, call);
  if (may_be_task) run->running->allow_task();
  CO_TRY(run->running->take_answers(responses_of(call), true));
  runs_->begin(run, start);
  co_return co_await turn(call, std::move(run));
}

// Until the run has ended, asks something, or wants to go on as a task.
Task<std::string> Suspended::turn(pipeline::Call& call, std::shared_ptr<Run> run) {
  task::Scope& scope = co_await task::current_scope();
  while (!run->outcome && !run->running->asks() && !run->running->wants_task()) {
    const Result<void> waited = co_await run->changed.wait();
    if (waited) continue;
    run->running->detach();
    run->scope.cancel(scope.reason());
    co_return Failure(waited.error());
  }
  run->running->detach();
  if (run->outcome) co_return *std::move(run->outcome);
  Result<std::string> asked = run->running->wants_task() ? become_task_(call, run) : suspend(call, run);
  if (!asked) run->scope.cancel(task::CancelReason::superseded);
  co_return asked;
}

Result<std::string> Suspended::suspend(const pipeline::Call& call, std::shared_ptr<Run> run) {
  if (!make_room()) return fail(Error(Code::limit_concurrency).with_retry_after(std::chrono::seconds(10)));
  const std::string state = new_session_id();
  const auto round = std::make_shared<Round>(*loop_, run);
  round->bound_to = fingerprint(call);
  round->timer.start(loop_->now() + limits_.expiry, [this, state] { expire(state); });
  rounds_.emplace(state, round);
  return input_required(run->running->open_questions(), state);
}

// A round that was answered is kept for a client that lost the answer, as long as there is room.
bool Suspended::make_room() {
  if (rounds_.size() < limits_.total) return true;
  const auto done =
      std::ranges::find_if(rounds_, [](const auto& each) { return each.second->outcome.has_value(); });
  if (done == rounds_.end()) return false;
  rounds_.erase(done);
  return true;
}

void Suspended::expire(const std::string& state) {
  const auto found = rounds_.find(state);
  if (found == rounds_.end()) return;
  const std::shared_ptr<Round> round = std::move(found->second);
  rounds_.erase(found);
  if (!round->run) return;
  for (const Question& each : round->run->running->questions())
    round->run->running->refuse_answer(each.key, session::unanswered("The client did not answer in time."));
  round->run->scope.cancel(task::CancelReason::deadline);
}

Task<std::string> Suspended::resume(pipeline::Call& call) {
  std::string scratch;
  const auto state = call.message->text(Field::request_state, call.bytes, scratch);
  const auto found = rounds_.find(std::string(state.value_or("")));
  if (found == rounds_.end() || found->second->bound_to != fingerprint(call)) co_return Failure(bad_state());
  const std::shared_ptr<Round> round = found->second;
  const Json responses = responses_of(call);
  const std::string answers = hex(sha256(responses.text()));
  if (!round->answers.empty()) {
    if (round->answers != answers) co_return Failure(bad_state());
    while (!round->outcome) CO_TRY(co_await round->ended.wait());
    const bool given_up = !*round->outcome && round->outcome->error().code() == Code::proto_cancelled;
    co_return given_up ? Result<std::string>(fail(bad_state())) : *round->outcome;
  }
  CO_TRY(round->run->running->take_answers(responses, false));
  round->answers = answers;
  const std::shared_ptr<Run> run = std::exchange(round->run, nullptr);
  run->running->attach(call);
  round->outcome.emplace(co_await turn(call, run));
  round->ended.set();
  const std::string key(*state);
  if (*round->outcome && (*round->outcome)->size() > max_kept) {
    rounds_.erase(key);
  } else {
    round->timer.start(loop_->now() + kept_for, [this, key] { expire(key); });
  }
  co_return *round->outcome;
}

// What is run for a request ends with that request.
void Suspended::stop() {
  for (auto& [state, round] : std::exchange(rounds_, {}))
    if (round->run) round->run->scope.cancel(task::CancelReason::shutdown);
}

}  // namespace sallyport::server
