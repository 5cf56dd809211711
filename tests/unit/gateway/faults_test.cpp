// What must hold whatever fails and whenever: nothing runs twice that may not, what may be repeated comes
// through, and retries keep to their budget. Whole calls through the real stack, with failures injected at
// every step.
#include "unit/gateway/over_loopback.hpp"

#include <array>
#include <map>

namespace sallyport::gateway {
namespace {

using client::Fault;
using std::chrono::milliseconds;

class FaultsTest : public OverLoopback {
 protected:
  // As often and as soon as can be: what must not be repeated is not saved by a budget or a pause.
  void retry_eagerly() {
    recovery::Rule rule;
    rule.strategy = Strategy::retry;
    rule.attempts = 5;
    rule.base = milliseconds(1);
    rule.max = milliseconds(2);
    config.recovery = {rule};
    config.retry_budget = {.share = 1, .floor = {1'000'000, std::chrono::seconds(1)}};
  }
};

// 100,000 calls in four parts.
class AtMostOnceTest : public FaultsTest, public ::testing::WithParamInterface<std::uint32_t> {};

TEST_P(AtMostOnceTest, WhatMayNotBeRepeatedRunsAtMostOnceWhateverFails) {
  constexpr std::size_t calls = 25'000;
  const std::uint32_t seed = GetParam();
  retry_eagerly();
  config.servers[0].tools.timeout = {{"act", std::chrono::seconds(2)}};
  std::vector<client::FaultRule> rules{fault(Fault::reset_before, 4), fault(Fault::reset_after, 4),
                                       fault(Fault::truncate, 4),     fault(Fault::garble, 4),
                                       fault(Fault::error, 3),        fault(Fault::delay, 3),
                                       fault(Fault::slow, 1),         fault(Fault::missing, 1)};
  for (const std::uint32_t status : {503U, 429U, 408U}) {
    rules.push_back(fault(Fault::http, 2));
    rules.back().status = status;
  }
  for (client::FaultRule& rule : rules) rule.seed = seed;
  inject(rules);
  server.treats = [seed](std::size_t n, std::uint32_t) {
    constexpr std::array failures{Does::error, Does::status_500, Does::status_503, Does::close_before,
                                  Does::close_after};
    const std::uint64_t die = scattered(n + (std::uint64_t{seed} << 32));
    if (die % 1000 == 0) return Does::status_404;  // which costs all calls in flight their session
    return die % 100 < 30 ? failures[die / 1000 % failures.size()] : Does::answer;
  };
  start();
  std::vector<Told> told;
  call_all("act", 0, calls, 256, told);

  std::map<std::string_view, std::size_t> ends;
  std::size_t answered = 0, maybe = 0, repeated = 0;
  for (std::size_t n = 0; n < calls; ++n) {
    const Told& each = told[n];
    const std::uint32_t runs = server.executions[n];
    ASSERT_LE(runs, 1U) << "call " << n << " ran twice";
    if (each.answered) {
      answered += each.is_error ? 0 : 1;
      if (!each.is_error) ASSERT_EQ(runs, 1U) << n << " was answered, and nobody ran it";
      continue;
    }
    ASSERT_TRUE(each.executed) << n;
    ++ends[wire_name(*each.code)];
    if (each.executed == Executed::no) ASSERT_EQ(runs, 0U) << n << ' ' << each.object;
    if (each.executed == Executed::yes) ASSERT_EQ(runs, 1U) << n << ' ' << each.object;
    if (each.executed == Executed::maybe) {
      ++maybe;
      ASSERT_FALSE(each.may_retry()) << n << ' ' << each.object;
    }
    repeated += each.says(R"("attempts":)") ? 1 : 0;
  }
  EXPECT_GT(answered, calls / 5) << ::testing::PrintToString(ends);
  EXPECT_GT(maybe, calls / 20) << "ambiguous ends are what this is about: " << ::testing::PrintToString(ends);
  EXPECT_GT(repeated, 0U) << "what did not run was tried again";
}

INSTANTIATE_TEST_SUITE_P(Seeds, AtMostOnceTest, ::testing::Values(1U, 2U, 3U, 4U));

TEST_F(FaultsTest, WhatMayBeRepeatedComesThroughTenPercentOfFailures) {
  constexpr std::size_t calls = 10'000;
  server.treats = [this](std::size_t, std::uint32_t) {
    constexpr std::array failures{Does::status_500, Does::status_503, Does::close_before, Does::close_after};
    const std::uint64_t die = scattered(server.asked);  // each attempt by itself
    return die % 10 == 0 ? failures[die / 10 % failures.size()] : Does::answer;
  };
  start();
  std::vector<Told> told;
  call_all("look", 0, calls, 256, told);
  std::size_t failed = 0;
  for (std::size_t n = 0; n < calls; ++n) {
    if (told[n].answered) continue;
    ++failed;
    EXPECT_TRUE(told[n].says(R"("attempts":3)")) << "how often it was tried: " << told[n].object;
  }
  EXPECT_LE(failed, calls / 500) << "99.8 % succeed with three attempts";
}

TEST_F(FaultsTest, WithTenAttemptsAllOfThemComeThrough) {
  constexpr std::size_t calls = 10'000;
  recovery::Rule rule;
  rule.strategy = Strategy::retry;
  rule.attempts = 10;
  config.recovery = {rule};
  inject({fault(Fault::reset_after, 3), fault(Fault::truncate, 3), fault(Fault::reset_before, 2),
          fault(Fault::garble, 2)});
  start();
  std::vector<Told> told;
  call_all("look", 0, calls, 256, told);
  for (std::size_t n = 0; n < calls; ++n) EXPECT_TRUE(told[n].answered) << n << ' ' << told[n].object;
}

TEST_F(FaultsTest, RetriesKeepToTheirBudget) {
  constexpr std::size_t calls = 2000;
  server.treats = [this](std::size_t, std::uint32_t) {
    return scattered(server.asked) % 2 == 0 ? Does::close_after : Does::answer;
  };
  start();
  const SteadyTime before = loop.now();
  std::vector<Told> told;
  call_all("look", 0, calls, 64, told);
  const double seconds = std::chrono::duration<double>(loop.now() - before).count();
  std::uint64_t runs = 0;
  for (std::size_t n = 0; n < calls; ++n) runs += server.executions[n];
  EXPECT_GT(runs, calls + calls / 10) << "there is a budget";
  EXPECT_LE(static_cast<double>(runs), 1.2 * calls + 10 + seconds) << "share 0.2, floor 10/10s";
  const auto said =
      std::ranges::count_if(told, [](const Told& each) { return each.says(R"("outcome":"no_budget")"); });
  EXPECT_GT(said, 0) << "a call that found none says so on the wire";
  const auto unsaid = std::ranges::count_if(told, [](const Told& each) {
    return !each.answered && !each.says(R"("outcome":"no_budget")") && !each.says(R"("attempts":3)");
  });
  EXPECT_EQ(unsaid, 0) << "every other one was tried as often as it may be";
}

}  // namespace
}  // namespace sallyport::gateway
