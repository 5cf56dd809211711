#include "recovery/plan.hpp"

namespace sallyport::recovery {

Plan plan(const Policy& policy, const Error& error, const Facts& call, std::chrono::milliseconds time) {
  const Decision decision = policy.decide(error, call);
  Plan planned{.strategy = decision.strategy, .why = text(decision.why)};
  if (decision.strategy != Strategy::retry) return planned;
  std::chrono::milliseconds passed{0};
  for (std::uint32_t attempt = 2; attempt <= decision.attempts; ++attempt) {
    const auto asked = error.retry_after().value_or(std::chrono::milliseconds(0));
    const auto delay = asked.count() > 0 ? asked : decision.longest_pause(attempt);
    passed += delay;
    if (passed >= time) break;
    planned.delays.push_back(delay);
    planned.attempts = attempt;
  }
  if (planned.attempts == 1 && decision.attempts > 1) {
    planned.strategy = Strategy::fail_closed;
    planned.why = "the pause does not fit the call's time";
  }
  return planned;
}

}  // namespace sallyport::recovery
