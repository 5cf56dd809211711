// Which requests a rule strikes: the same ones in every run, in the share that it says.
#include "client/faults.hpp"

#include "client/target.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace sallyport::client {
namespace {

using protocol::Method;

FaultRule rule(Fault fault, std::uint32_t percent, std::uint32_t seed = 0) {
  FaultRule made;
  made.fault = fault;
  made.percent = percent;
  made.seed = seed;
  return made;
}

std::vector<bool> strikes(Faults& faults, int requests) {
  std::vector<bool> all;
  for (int i = 0; i < requests; ++i) all.push_back(faults.strike(Method::tools_call, "t") != nullptr);
  return all;
}

TEST(Faults, TheSameRequestsAreStruckInEveryRun) {
  Faults one({rule(Fault::delay, 10, 7)}, true);
  Faults other({rule(Fault::delay, 10, 7)}, true);
  Faults seeded({rule(Fault::delay, 10, 8)}, true);
  const auto first = strikes(one, 1000);
  EXPECT_EQ(first, strikes(other, 1000));
  EXPECT_NE(first, strikes(seeded, 1000));
}

TEST(Faults, TheShareIsThatOfTheRule) {
  for (const std::uint32_t percent : {1U, 10U, 50U, 99U, 100U}) {
    Faults faults({rule(Fault::delay, percent)}, true);
    const auto all = strikes(faults, 20'000);
    EXPECT_NEAR(static_cast<double>(std::ranges::count(all, true)) / 200, percent, 1.5);
  }
}

TEST(Faults, TheFirstRuleThatStrikesCountsAndTheOthersGoOnCounting) {
  Faults both({rule(Fault::delay, 50, 1), rule(Fault::error, 100)}, true);
  Faults alone({rule(Fault::delay, 50, 1)}, true);
  for (int i = 0; i < 200; ++i) {
    const bool first = alone.strike(Method::ping, "") != nullptr;
    EXPECT_EQ(both.strike(Method::ping, "")->fault, first ? Fault::delay : Fault::error);
  }
}

TEST(Faults, TwoRulesOfOneSeedDoNotStrikeTogether) {
  Faults faults({rule(Fault::delay, 50), rule(Fault::error, 50)}, true);
  std::set<std::optional<Fault>> seen;
  for (int i = 0; i < 100; ++i) {
    const FaultRule* struck = faults.strike(Method::ping, "");
    seen.insert(struck ? struck->fault : std::nullopt);
  }
  EXPECT_EQ(seen.size(), 3U);
}

TEST(Faults, ARuleCoversWhatItNames) {
  FaultRule of_tool = rule(Fault::missing, 100);
  of_tool.tool = "write_*";
  Faults tools({of_tool}, true);
  EXPECT_NE(tools.strike(Method::tools_call, "write_file"), nullptr);
  EXPECT_EQ(tools.strike(Method::tools_call, "read_file"), nullptr);
  EXPECT_EQ(tools.strike(Method::resources_read, "write_file"), nullptr) << "no tool";

  FaultRule of_method = rule(Fault::missing, 100);
  of_method.method = "*/list";
  Faults lists({of_method}, true);
  EXPECT_NE(lists.strike(Method::tools_list, ""), nullptr);
  EXPECT_EQ(lists.strike(Method::ping, ""), nullptr);
}

TEST(Faults, WhatCannotHappenToAServerDoesNot) {
  for (std::size_t i = 0; i < fault_count; ++i) {
    const auto fault = static_cast<Fault>(i);
    EXPECT_TRUE(happens(fault, true) || happens(fault, false)) << name(fault);
    for (const bool stdio : {true, false}) {
      Faults faults({rule(fault, 100)}, stdio);
      EXPECT_EQ(faults.strike(Method::ping, "") != nullptr, happens(fault, stdio)) << name(fault);
    }
  }
}

TEST(Faults, OthersAreNoReasonForAnotherConnectionButThatTheyAreAllowedIs) {
  Target plain, allowed, struck;
  allowed.faults = std::make_shared<Faults>(std::vector<FaultRule>{}, true);
  struck.faults = std::make_shared<Faults>(std::vector{rule(Fault::crash, 5)}, true);
  EXPECT_TRUE(same_server(allowed, struck));
  EXPECT_FALSE(same_server(plain, allowed));
  EXPECT_FALSE(same_faults(allowed.faults, struck.faults));
  EXPECT_TRUE(same_faults(struck.faults, std::make_shared<Faults>(std::vector{rule(Fault::crash, 5)}, true)));
}

}  // namespace
}  // namespace sallyport::client
