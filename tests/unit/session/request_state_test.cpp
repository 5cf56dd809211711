#include "session/request_state.hpp"

#include <gtest/gtest.h>

namespace sallyport::session {
namespace {

using namespace std::chrono_literals;

struct RequestStateTest : ::testing::Test {
  ManualClock clock;
  RequestStates states{clock};
  StateOwner owner{.principal = "ann", .method = "tools/call", .digest = "d1"};
  RequestState state{.server = "files", .held = "h", .round = 3, .correlation = CorrelationId::make()};
};

TEST_F(RequestStateTest, ComesBackToItsOwner) {
  using enum RequestState::Holds;
  for (const auto holds : {server_state, suspended_call}) {
    for (const std::string_view held : {std::string_view("what \n we \0 know"), std::string_view()}) {
      state.holds = holds;
      state.held = held;
      const std::string sealed = states.seal(state, owner, 10min);
      const auto opened = states.open(sealed, owner);
      ASSERT_TRUE(opened);
      EXPECT_EQ(opened->state.server, "files");
      EXPECT_EQ(opened->state.holds, holds);
      EXPECT_EQ(opened->state.held, held);
      EXPECT_EQ(opened->state.round, 3u);
      EXPECT_EQ(opened->state.correlation, state.correlation);
      EXPECT_EQ(opened->until, clock.system_now() + 10min);
      EXPECT_EQ(sealed.find("know"), std::string::npos);
    }
  }
}

TEST_F(RequestStateTest, KeysOutliveTheProcess) {
  const auto [one, two] = std::pair(SealKey::random(), SealKey::random());
  RequestStates other(clock);
  states.set_keys({one});
  other.set_keys({two, one});
  EXPECT_TRUE(other.open(states.seal(state, owner, 10min), owner)) << "sealed with the key before";
  EXPECT_FALSE(states.open(other.seal(state, owner, 10min), owner)) << "sealed with the new one";
  states.set_keys({two});
  EXPECT_TRUE(states.open(other.seal(state, owner, 10min), owner));
}

TEST_F(RequestStateTest, IsNoUseToAnybodyElse) {
  const std::string sealed = states.seal(state, owner, 10min);
  const auto opens = [&](auto member, std::string_view other) {
    StateOwner changed = owner;
    changed.*member = other;
    return states.open(sealed, changed).has_value();
  };
  EXPECT_FALSE(opens(&StateOwner::principal, "bob"));
  EXPECT_FALSE(opens(&StateOwner::method, "prompts/get"));
  EXPECT_FALSE(opens(&StateOwner::digest, "d2"));
  EXPECT_FALSE(RequestStates(clock).open(sealed, owner)) << "after a restart";
  EXPECT_FALSE(states.open("forged", owner));
}

TEST_F(RequestStateTest, Expires) {
  const std::string sealed = states.seal(state, owner, 10min);
  clock.advance(10min);
  EXPECT_TRUE(states.open(sealed, owner));
  clock.advance(1ms);
  EXPECT_FALSE(states.open(sealed, owner));
}

}  // namespace
}  // namespace sallyport::session
