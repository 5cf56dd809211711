#include "session/request_state.hpp"

#include <gtest/gtest.h>

namespace sallyport::session {
namespace {

using namespace std::chrono_literals;

struct RequestStateTest : ::testing::Test {
  ManualClock clock;
  RequestStates states{clock};
  StateOwner owner{.principal = "ann", .server = "files", .method = "tools/call", .digest = "d1"};
};

TEST_F(RequestStateTest, ComesBackToItsOwner) {
  const std::string sealed = states.seal({.held = "what \n we \0 know", .round = 3}, owner, 10min);
  const auto state = states.open(sealed, owner);
  ASSERT_TRUE(state);
  EXPECT_EQ(state->held, std::string("what \n we \0 know"));
  EXPECT_EQ(state->round, 3u);
  EXPECT_EQ(sealed.find("know"), std::string::npos);
}

TEST_F(RequestStateTest, IsNoUseToAnybodyElse) {
  const std::string sealed = states.seal({.held = "h"}, owner, 10min);
  const auto opens = [&](auto member, std::string_view other) {
    StateOwner changed = owner;
    changed.*member = other;
    return states.open(sealed, changed).has_value();
  };
  EXPECT_FALSE(opens(&StateOwner::principal, "bob"));
  EXPECT_FALSE(opens(&StateOwner::server, "file"));
  EXPECT_FALSE(opens(&StateOwner::method, "prompts/get"));
  EXPECT_FALSE(opens(&StateOwner::digest, "d2"));
  EXPECT_FALSE(RequestStates(clock).open(sealed, owner)) << "after a restart";
  EXPECT_FALSE(states.open("forged", owner));
}

TEST_F(RequestStateTest, Expires) {
  const std::string sealed = states.seal({.held = "h"}, owner, 10min);
  clock.advance(10min);
  EXPECT_TRUE(states.open(sealed, owner));
  clock.advance(1ms);
  EXPECT_FALSE(states.open(sealed, owner));
}

}  // namespace
}  // namespace sallyport::session
