#include "layers/retry/retry.hpp"

#include "pipeline/recovered.hpp"
#include "task/wait.hpp"
#include "upstream/record.hpp"
#include "upstream/server.hpp"

#include <algorithm>

namespace sallyport::layers {

using recovery::Outcome;

Task<pipeline::Reply> Retry::call(pipeline::Call& call) {
  call.server->retry_budget().offered(timers_->now());
  Result<pipeline::Reply> reply = co_await next().call(call);
  if (reply) [[likely]]
    co_return reply;
  co_return co_await again(call, std::move(reply).error());
}

Retry::Plan Retry::plan(pipeline::Call& call, const Error& failed, std::uint32_t attempt,
                        const recovery::Decision& decision) {
  if (decision.strategy != Strategy::retry) {
    const bool ran = decision.why == recovery::Why::may_have_run;
    return {ran ? Outcome::not_repeatable : Outcome::gave_up};
  }
  if (attempt > decision.attempts) return {Outcome::gave_up};
  const auto pause = recovery::pause(decision, failed, attempt, random_());
  const SteadyTime now = timers_->now();
  if (!pause || (call.timer && now + *pause >= call.timer->ends())) return {Outcome::no_time};
  recovery::Budget& budget = call.server->retry_budget();
  budget.set_limit(budget_);
  if (!budget.take(now)) return {Outcome::no_budget};
  return {std::nullopt, now + *pause};
}

Task<pipeline::Reply> Retry::again(pipeline::Call& call, Error failed) {
  const recovery::Facts facts = upstream::facts_of(call);
  const Error first = failed;
  Executed executed = failed.executed();  // of all attempts together
  for (std::uint32_t attempt = 2;; ++attempt) {
    const recovery::Decision decision = policy_.decide(failed, facts);
    const Plan next_one = plan(call, failed, attempt, decision);
    if (next_one.refused) {
      const Outcome outcome = *next_one.refused;
      // What nobody meant to repeat, or could not help to, is no recovery that failed.
      const bool tells = attempt > 2 || (decision.wanted == Strategy::retry && outcome != Outcome::gave_up);
      if (tells) pipeline::note_recovery(call, *metrics_, failed, Strategy::retry, outcome);
      failed.with_executed(executed);
      if (outcome == Outcome::no_budget) failed.with_extra("retry_budget", "empty");
      if (call.attempts > 1) failed.with_attempts(call.attempts);
      co_return Failure(std::move(failed));
    }
    const Result<void> waited = co_await task::Sleep(*timers_, next_one.begins);
    if (!waited) {
      pipeline::note_recovery(call, *metrics_, failed, Strategy::retry, Outcome::abandoned);
      co_return Failure(
          Error(waited.error()).with_executed(executed).with_attempts(call.attempts).with_cause(failed));
    }
    Result<pipeline::Reply> reply = co_await next().call(call);
    if (reply) {
      pipeline::note_recovery(call, *metrics_, first, Strategy::retry, Outcome::recovered);
      co_return reply;
    }
    Error last = std::move(reply).error();
    executed = std::max(executed, last.executed());
    if (last.code() == Code::proto_cancelled) {
      pipeline::note_recovery(call, *metrics_, failed, Strategy::retry, Outcome::abandoned);
      co_return Failure(last.with_executed(executed).with_attempts(call.attempts).with_cause(failed));
    }
    failed = std::move(last);
  }
}

}  // namespace sallyport::layers
