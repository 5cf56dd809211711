// As faults_test, over stdio: a child that is killed, cut off and garbled again and again runs nothing twice
// that may not be.
#include "unit/gateway/over_loopback.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <unistd.h>

namespace sallyport::gateway {
namespace {

using client::Fault;
using std::chrono::milliseconds;

class StdioFaultsTest : public OverLoopback {
 protected:
  StdioFaultsTest() {
    config::Server& up = config.servers[0];
    up.url.clear();
    up.command =
        (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "test_counting_server").string();
    up.env.push_back({"EXECUTED", Secret(file())});
    recovery::Rule eager;
    eager.strategy = Strategy::retry;
    eager.attempts = 5;
    eager.base = milliseconds(1);
    eager.max = milliseconds(2);
    config.recovery = {eager};
    config.retry_budget = {.share = 1, .floor = {1'000'000, std::chrono::seconds(1)}};
  }
  ~StdioFaultsTest() override { std::filesystem::remove(file()); }

  static std::string file() {
    return (std::filesystem::temp_directory_path() / ("executed." + std::to_string(::getpid()))).string();
  }
  // How often each call ran, by its number.
  static std::vector<std::uint32_t> executions(std::size_t calls) {
    std::vector<std::uint32_t> counts(calls);
    std::ifstream in(file(), std::ios::binary);
    for (std::uint32_t n = 0; in.read(reinterpret_cast<char*>(&n), sizeof n);) ++counts.at(n);
    return counts;
  }
};

// What ends the process ends the calls of all, and a process that ends again and again is started ever more
// rarely: so each round of calls has a gateway of its own.
TEST_F(StdioFaultsTest, WhatMayNotBeRepeatedRunsAtMostOnceWhateverFails) {
  constexpr std::size_t calls = 20'000;
  constexpr std::size_t rounds = 80;
  constexpr std::array endings{Fault::crash, Fault::truncate, Fault::reset_after, Fault::reset_before};
  config.servers[0].tools.timeout = {{"act", std::chrono::seconds(2)}};
  std::vector<std::unique_ptr<telemetry::Registry>> registries;
  std::vector<Told> told;
  for (std::size_t round = 0; round < rounds; ++round) {
    std::vector<client::FaultRule> rules{fault(Fault::error, 4), fault(Fault::delay, 4),
                                         fault(Fault::garble, 4), fault(Fault::duplicate, 4),
                                         fault(endings[round % endings.size()], 1)};
    for (client::FaultRule& rule : rules) rule.seed = static_cast<std::uint32_t>(round);
    inject(rules);
    registries.push_back(std::make_unique<telemetry::Registry>());
    gateway = std::make_unique<Gateway>(loop, config, *registries.back());
    ASSERT_TRUE(testing::run(loop, gateway->fleet().current()->find("up")->server()->ready()));
    call_all("act", round * calls / rounds, calls / rounds, 32, told);
    ASSERT_TRUE(testing::run(loop, gateway->stop()));
    gateway.reset();
  }
  const std::vector<std::uint32_t> runs = executions(calls);
  std::map<std::string_view, std::size_t> ends;
  std::size_t answered = 0, maybe = 0;
  for (std::size_t n = 0; n < calls; ++n) {
    const Told& each = told[n];
    ASSERT_LE(runs[n], 1U) << "call " << n << " ran twice";
    if (each.answered) {
      answered += each.is_error ? 0 : 1;
      if (!each.is_error) ASSERT_EQ(runs[n], 1U) << n << " was answered, and nobody ran it";
      continue;
    }
    ASSERT_TRUE(each.executed) << n;
    ++ends[wire_name(*each.code)];
    if (each.executed == Executed::no) ASSERT_EQ(runs[n], 0U) << n << ' ' << each.object;
    if (each.executed != Executed::maybe) continue;
    ++maybe;
    ASSERT_FALSE(each.may_retry()) << n << ' ' << each.object;
  }
  EXPECT_GT(answered, calls / 5) << ::testing::PrintToString(ends);
  EXPECT_GT(maybe, calls / 200) << ::testing::PrintToString(ends);
}

}  // namespace
}  // namespace sallyport::gateway
