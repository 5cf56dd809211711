// Which rules never apply; and that whatever is called hidden decides about nothing.
#include "recovery/hidden.hpp"

#include "base/patterns.hpp"
#include "recovery/policy.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::recovery {
namespace {

using Places = std::vector<std::size_t>;

Rule rule(Match match) {
  Rule made;
  made.match = std::move(match);
  made.strategy = Strategy::retry;
  return made;
}

Places hidden(const std::vector<Rule>& earlier, const Match& match) {
  return hidden_by(earlier, rule(match));
}

TEST(Includes, OnlyWhereOnePlainlyMatchesAllThatTheOtherMatches) {
  for (const auto& [wider, narrower] : std::vector<std::pair<std::string, std::string>>{{"*", "NET_*"},
                                                                                        {"NET_*", "NET_00?"},
                                                                                        {"a*c", "abbc"},
                                                                                        {"a?", "ab"},
                                                                                        {"a?*", "a?*"},
                                                                                        {"*a*", "b*a"}})
    EXPECT_TRUE(includes(wider, narrower)) << wider << " " << narrower;
  for (const auto& [wider, narrower] : std::vector<std::pair<std::string, std::string>>{
           {"NET_00?", "NET_*"}, {"a?", "a*"}, {"ab", "a?"}, {"abc", "a*"}, {"a*", "*a"}, {"", "*"}})
    EXPECT_FALSE(includes(wider, narrower)) << wider << " " << narrower;
}

TEST(Hidden, BehindOneThatFitsMore) {
  EXPECT_EQ(hidden({rule({})}, {.code = "NET_001"}), Places{0});
  EXPECT_EQ(hidden({rule({.code = "NET_*"})}, {.code = "NETWORK_TIMEOUT"}), Places{0});  // by its full name
  EXPECT_EQ(hidden({rule({.family = Family::net})}, {.code = "NET_00?", .tool = "t*"}), Places{0});
  EXPECT_EQ(hidden({rule({.code = "TOOL_*"}), rule({.kind = "NETWORK_*"})},
                   {.kind = "NETWORK_TRANSPORT_RUNTIME_TIMEOUT"}),
            Places{1});
  EXPECT_EQ(
      hidden({rule({.server = "f*"})}, {.operation = classify::Operation::tool_call, .server = "files"}),
      Places{0});
}

TEST(Hidden, BehindSomeThatFitAllOfItTogether) {
  EXPECT_EQ(hidden({rule({.family = Family::net}), rule({.code = "TOOL_00?"}), rule({.code = "NET_001"})},
                   {.code = "*T*_00?", .family = Family::net}),
            Places{0});
  std::vector<Rule> halves{rule({.kind = "NETWORK_*"}), rule({.kind = "UPSTREAM_*"}), rule({.kind = "G*"}),
                           rule({.kind = "TOOL*"}), rule({.kind = "UNKNOWN"})};
  EXPECT_EQ(hidden(halves, {.code = "NET_001"}), (Places{0, 1, 2, 3, 4}));
  halves.pop_back();
  EXPECT_EQ(hidden(halves, {.code = "NET_001"}), Places{});
}

TEST(Hidden, NotWhereSomethingIsLeftOrMayBe) {
  EXPECT_EQ(hidden({}, {}), Places{});
  EXPECT_EQ(hidden({rule({.code = "NET_001"})}, {.code = "NET_*"}), Places{});
  EXPECT_EQ(hidden({rule({.server = "files"})}, {}), Places{});
  EXPECT_EQ(hidden({rule({.server = "files"})}, {.server = "f*"}), Places{});
  EXPECT_EQ(hidden({rule({.tool = "a?"})}, {.tool = "a*"}), Places{});
  EXPECT_EQ(hidden({rule({.operation = classify::Operation::tool_call})}, {}), Places{});
  EXPECT_EQ(hidden({rule({.code = "NET_001", .server = "files"}), rule({.code = "NET_00?", .tool = "t"})},
                   {.family = Family::net}),
            Places{});
}

// The time of an attempt is taken from the first rule that has one, whatever fails.
TEST(Hidden, NotWhereItLimitsAttemptsAndNoneBeforeItDoes) {
  Rule slow = rule({.code = "NET_*", .tool = "slow_*"});
  slow.attempt = std::chrono::seconds(20);
  const std::vector<Rule> earlier{rule({})};
  EXPECT_EQ(hidden_by(earlier, slow), Places{});
  const std::vector<Rule> limited{rule({}), slow};
  EXPECT_EQ(hidden_by(limited, slow), Places{0});
}

// Every table of three rules out of these, and every failure of a few calls.
TEST(Hidden, DecidesAboutNothing) {
  const std::vector<Match> matches{{},
                                   {.code = "NET_*"},
                                   {.code = "NET_001", .server = "f*"},
                                   {.code = "*_00?", .kind = "NETWORK_*"},
                                   {.family = Family::net, .tool = "a?"},
                                   {.kind = "?E*", .tool = "a*"},
                                   {.operation = classify::Operation::tool_call, .server = "files"}};
  std::size_t found = 0;
  for (const Match& first : matches) {
    for (const Match& second : matches) {
      for (const Match& third : matches) {
        const std::vector<Rule> earlier{rule(first), rule(second)};
        if (hidden(earlier, third).empty()) continue;
        ++found;
        const Policy policy({rule(first), rule(second), rule(third)});
        for (const CatalogRow& row : catalog()) {
          for (const char* server : {"", "files", "f"}) {
            for (const char* tool : {"", "a", "ab", "abc"}) {
              const Facts call{.operation = classify::Operation::tool_call, .server = server, .tool = tool};
              EXPECT_NE(policy.decide(Error(row.code), call).rule, std::optional<std::size_t>(2));
            }
          }
        }
      }
    }
  }
  EXPECT_GT(found, matches.size() * matches.size());
}

}  // namespace
}  // namespace sallyport::recovery
