// What is decided about a failure: whose word counts, what is never repeated, and how long the pauses are.
#include "recovery/policy.hpp"

#include "recovery/budget.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace sallyport::recovery {
namespace {

using classify::Operation;
using std::chrono::milliseconds;
using std::chrono::seconds;

Facts call(bool idempotent = false) {
  return {.operation = Operation::tool_call, .server = "files", .tool = "read", .idempotent = idempotent};
}

Error failed(Code code, Executed executed = Executed::no) {
  return Error(code).with_executed(executed).with_phase(Phase::connect);
}

Rule rule(std::string code, Strategy strategy) {
  Rule made;
  made.match.code = std::move(code);
  made.strategy = strategy;
  return made;
}

TEST(Decide, WithoutARuleTheCatalogueSays) {
  const Policy policy;
  const Decision decision = policy.decide(failed(Code::network_connection_failed), call());
  EXPECT_EQ(decision.strategy, Strategy::retry);
  EXPECT_EQ(decision.attempts, 3u);
  EXPECT_EQ(decision.why, Why::standard);
  EXPECT_EQ(policy.decide(failed(Code::limit_upstream_rate_limited), call()).strategy, Strategy::fail_closed);
}

TEST(Decide, TimeoutsAreTriedAgainBelowEveryRule) {
  const Policy policy;
  EXPECT_EQ(policy.decide(failed(Code::network_timeout), call()).strategy, Strategy::retry);
  EXPECT_EQ(policy.decide(failed(Code::network_timeout, Executed::maybe), call()).strategy,
            Strategy::fail_closed);
  EXPECT_EQ(policy.decide(failed(Code::network_timeout, Executed::maybe), call(true)).strategy,
            Strategy::retry);
  EXPECT_EQ(policy.decide(failed(Code::discovery_timeout), call()).strategy, Strategy::retry);
  EXPECT_EQ(policy.decide(failed(Code::tool_timeout, Executed::maybe), call()).strategy,
            Strategy::fail_closed);
  EXPECT_EQ(policy.decide(failed(Code::tool_timeout, Executed::maybe), call(true)).strategy, Strategy::retry);
  const Policy closed({rule("NET_001", Strategy::fail_closed)});
  EXPECT_EQ(closed.decide(failed(Code::network_timeout), call()).strategy, Strategy::fail_closed);
}

// Whatever the table says: for every code, what may have run is repeated only where that is harmless.
TEST(Decide, NoRuleRepeatsWhatMayHaveRun) {
  const Policy policy({rule("*", Strategy::retry)});
  for (const CatalogRow& row : catalog()) {
    for (const Executed executed : {Executed::maybe, Executed::yes}) {
      const Error error = failed(row.code, executed).with_can_retry(true);
      EXPECT_EQ(policy.decide(error, call()).attempts, 1u) << row.wire_name;
      EXPECT_EQ(policy.decide(error, call(true)).attempts, never_repeated(row.code) ? 1u : 3u)
          << row.wire_name;
    }
  }
}

TEST(Decide, WhatFailsTheSameWayAgainIsNotRepeated) {
  const Policy policy({rule("*", Strategy::retry)});
  for (const Code code : {Code::tool_not_found, Code::tool_invalid_args, Code::tool_permission_denied,
                          Code::network_ssl_error, Code::proto_cancelled}) {
    const Decision decision = policy.decide(failed(code).with_can_retry(true), call(true));
    EXPECT_EQ(decision.strategy, Strategy::fail_closed) << wire_name(code);
    EXPECT_EQ(decision.why, Why::never_repeated);
  }
  const Decision permanent =
      policy.decide(failed(Code::tool_execution_failed).with_can_retry(false), call(true));
  EXPECT_EQ(permanent.strategy, Strategy::fail_closed);
  EXPECT_EQ(permanent.why, Why::permanent);
  EXPECT_EQ(permanent.wanted, Strategy::retry);
}

TEST(Decide, TheFirstRuleThatFitsCounts) {
  Rule one = rule("NET_*", Strategy::retry);
  one.match.server = "fi*";
  one.match.tool = "re?d";
  one.match.operation = Operation::tool_call;
  one.match.kind = "NETWORK_TRANSPORT_*";
  one.match.family = Family::net;
  one.attempts = 7;
  const Policy policy({one, rule("NET_002", Strategy::fail_closed)});
  const Error error = failed(Code::network_connection_failed);
  EXPECT_EQ(policy.decide(error, call()).attempts, 7u);
  EXPECT_EQ(policy.decide(error, call()).rule, 0u);
  Facts other = call();
  other.tool = "write";
  EXPECT_EQ(policy.decide(error, other).strategy, Strategy::fail_closed);
  EXPECT_EQ(policy.decide(error, other).rule, 1u);
  EXPECT_EQ(policy.decide(Error(error).with_kind(Kind::unknown), call()).rule, 1u);
  other = call();
  other.operation = Operation::discovery;
  EXPECT_EQ(policy.decide(error, other).rule, 1u);
  EXPECT_EQ(policy.decide(failed(Code::network_dns_error), other).why, Why::standard);
}

TEST(Decide, TheTimeOfAnAttemptIsForCallsThatMayBeRepeated) {
  Rule one = rule("NET_*", Strategy::retry);
  one.attempt = seconds(20);
  one.match.server = "files";
  const Policy policy({one});
  EXPECT_TRUE(policy.limits_attempts());
  EXPECT_EQ(policy.attempt_limit(call(true)), seconds(20));
  EXPECT_FALSE(policy.attempt_limit(call()));
  EXPECT_FALSE(Policy({rule("*", Strategy::retry)}).limits_attempts());
}

TEST(Pause, DoublesUpToItsBoundWithFullJitter) {
  Decision decision;
  decision.base = milliseconds(100);
  decision.max = milliseconds(2000);
  const Error error = failed(Code::network_connection_failed);
  const milliseconds bounds[] = {milliseconds(100), milliseconds(200),  milliseconds(400),
                                 milliseconds(800), milliseconds(1600), milliseconds(2000)};
  for (std::uint32_t attempt = 2; attempt <= 7; ++attempt) {
    EXPECT_EQ(decision.longest_pause(attempt), bounds[attempt - 2]);
    EXPECT_EQ(pause(decision, error, attempt, 0), milliseconds(0));
    EXPECT_EQ(pause(decision, error, attempt, 0.5), bounds[attempt - 2] / 2);
  }
  EXPECT_EQ(decision.longest_pause(1000), milliseconds(2000));
}

TEST(Pause, IsNeverShorterThanWhatTheServerAskedFor) {
  Decision decision;
  const Error error = failed(Code::tool_server_unavailable).with_retry_after(seconds(30));
  for (const double random : {0.0, 0.3, 0.999}) {
    const auto wait = pause(decision, error, 2, random);
    ASSERT_TRUE(wait);
    EXPECT_GE(*wait, seconds(30));
    EXPECT_LE(*wait, seconds(36));
  }
}

TEST(Pause, IsNotSpentOnAServerThatTheGatewayKnowsToBeAway) {
  const Decision decision;
  const Error away = Error(Code::tool_server_unavailable).with_executed(Executed::no);
  EXPECT_FALSE(pause(decision, Error(away).with_retry_after(milliseconds(2001)), 2, 0));
  EXPECT_TRUE(pause(decision, Error(away).with_retry_after(milliseconds(2000)), 2, 0));
  EXPECT_FALSE(pause(decision, Error(Code::system_maintenance).with_executed(Executed::no), 2, 0))
      << "its operator switched it off";
}

TEST(Opened, NoRuleThatLetsGoCoversWhatStaysShut) {
  for (const Strategy strategy : {Strategy::fail_open, Strategy::ignore, Strategy::fallback}) {
    for (const CatalogRow& row : catalog()) {
      const bool shut = row.family == Family::auth || row.family == Family::policy ||
                        row.code == Code::guardrail_pii_detected ||
                        row.code == Code::guardrail_policy_violation ||
                        row.code == Code::tool_permission_denied || row.code == Code::discovery_auth_failed;
      EXPECT_EQ(!opened_by(rule(std::string(row.wire_name), strategy)).empty(), shut) << row.wire_name;
    }
    EXPECT_FALSE(opened_by(rule("", strategy)).empty()) << "a rule for everything is one for identity too";
    Rule by_kind = rule("", strategy);
    by_kind.match.kind = "NETWORK_TRANSPORT_*";
    EXPECT_FALSE(opened_by(by_kind).empty()) << "a provider of identities fails with any kind";
  }
  EXPECT_TRUE(opened_by(rule("*", Strategy::retry)).empty());
}

}  // namespace
}  // namespace sallyport::recovery
