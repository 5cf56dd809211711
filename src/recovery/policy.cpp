#include "recovery/policy.hpp"

#include <algorithm>

namespace sallyport::recovery {
namespace {

constexpr std::uint32_t max_doublings = 32;

// Below every rule (errors.md section 2): a time-out is tried again before its strategy counts.
bool retried_by_default(Code code, const Facts& call) noexcept {
  if (code == Code::tool_timeout) return call.idempotent;
  return code == Code::network_timeout || code == Code::discovery_timeout;
}

bool repeats(Strategy strategy) noexcept {
  return strategy == Strategy::retry || strategy == Strategy::fallback;
}

// The gateway's own word that a server is away: nobody was asked, so the failure came no way at all.
bool stays_away(const Error& error, std::chrono::milliseconds longest) noexcept {
  if (error.executed() != Executed::no || error.phase()) return false;
  if (error.code() == Code::system_maintenance) return true;  // its operator switched it off
  return error.code() == Code::tool_server_unavailable && error.retry_after().value_or(longest) > longest;
}

std::chrono::milliseconds share_of(std::chrono::milliseconds whole, double share) noexcept {
  return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(whole.count()) * share));
}

}  // namespace

std::string_view text(Why why) noexcept {
  switch (why) {
    case Why::rule:
      return "a rule of `recovery` says so";
    case Why::standard:
      return "the catalogue's default";
    case Why::never_repeated:
      return "a call that fails so is never repeated";
    case Why::permanent:
      return "the failure does not pass by itself";
    case Why::may_have_run:
      return "the call may have run, and may not be repeated";
  }
  return {};
}

std::chrono::milliseconds Decision::longest_pause(std::uint32_t attempt) const noexcept {
  const std::uint32_t doublings = attempt > 2 ? std::min(attempt - 2, max_doublings) : 0;
  if (base.count() > (max.count() >> doublings)) return max;
  return base * (std::int64_t{1} << doublings);
}

bool may_repeat(const Error& error, const Facts& call) noexcept {
  return error.executed() == Executed::no || call.idempotent;
}

Decision Policy::decide(const Error& error, const Facts& call) const noexcept {
  Decision decision;
  const auto found = std::ranges::find_if(rules_, [&](const Rule& rule) {
    return rule.match.covers(error.code(), error.kind()) && rule.match.covers(call);
  });
  if (found != rules_.end()) {
    decision.why = Why::rule;
    decision.rule = static_cast<std::size_t>(found - rules_.begin());
    decision.wanted = found->strategy;
    decision.attempts = found->attempts;
    decision.base = found->base;
    decision.max = found->max;
  } else {
    decision.wanted = retried_by_default(error.code(), call) ? Strategy::retry : error.row().strategy;
    decision.attempts = standard_attempts;
  }
  decision.strategy = decision.wanted;
  if (repeats(decision.wanted)) {
    const auto not_repeated = [&](Why why) {
      decision.strategy = Strategy::fail_closed;
      decision.why = why;
    };
    if (never_repeated(error.code())) {
      not_repeated(Why::never_repeated);
    } else if (!may_repeat(error, call)) {
      not_repeated(Why::may_have_run);
    } else if (decision.wanted == Strategy::retry && !error.can_retry()) {
      not_repeated(Why::permanent);
    }
  }
  if (decision.strategy != Strategy::retry) decision.attempts = 1;
  return decision;
}

bool Policy::limits_attempts() const noexcept {
  return std::ranges::any_of(rules_, [](const Rule& rule) { return rule.attempt.has_value(); });
}

std::optional<std::chrono::milliseconds> Policy::attempt_limit(const Facts& call) const noexcept {
  if (!call.idempotent) return std::nullopt;
  for (const Rule& rule : rules_) {
    if (rule.attempt && rule.match.covers(call)) return rule.attempt;
  }
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> pause(const Decision& decision, const Error& error,
                                               std::uint32_t attempt, double random) noexcept {
  if (stays_away(error, decision.max)) return std::nullopt;
  const auto wait = error.retry_after();
  if (!wait || wait->count() == 0) return share_of(decision.longest_pause(attempt), random);
  return *wait + share_of(*wait, 0.2 * random);
}

}  // namespace sallyport::recovery
