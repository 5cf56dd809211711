#include "session/client.hpp"

#include <gtest/gtest.h>

namespace sallyport::session {
namespace {

using protocol::LogLevel;

TEST(LogDemand, IsTheLowestThatAnyoneWants) {
  LogDemand demand;
  EXPECT_EQ(demand.lowest(), std::nullopt);
  LogDemand::Wish one;
  one.set(demand, LogLevel::error);
  EXPECT_EQ(demand.lowest(), LogLevel::error);
  {
    LogDemand::Wish two;
    two.set(demand, LogLevel::debug);
    EXPECT_EQ(demand.lowest(), LogLevel::debug);
    two.set(demand, LogLevel::notice);
    EXPECT_EQ(demand.lowest(), LogLevel::notice);
  }
  EXPECT_EQ(demand.lowest(), LogLevel::error) << "who goes wants nothing";
  one.leave();
  EXPECT_EQ(demand.lowest(), std::nullopt);
}

TEST(LogDemand, NobodysWishSilencesThoseWhoNeverAsked) {
  LogDemand demand;
  LogDemand::Wish undecided;
  undecided.join(demand);
  undecided.join(demand);
  EXPECT_EQ(demand.lowest(), std::nullopt) << "servers decide";
  LogDemand::Wish one;
  one.set(demand, LogLevel::error);
  EXPECT_EQ(demand.lowest(), LogLevel::info);
  one.set(demand, LogLevel::debug);
  EXPECT_EQ(demand.lowest(), LogLevel::debug);
  undecided.leave();
  one.set(demand, LogLevel::error);
  EXPECT_EQ(demand.lowest(), LogLevel::error);
}

}  // namespace
}  // namespace sallyport::session
