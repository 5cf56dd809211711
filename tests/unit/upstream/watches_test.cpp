#include "upstream/watches.hpp"

#include <gtest/gtest.h>

namespace sallyport::upstream {
namespace {

TEST(Watches, TellsThoseWhoSubscribed) {
  Watches watches;
  int a = 0, b = 0;
  const auto first = watches.add("demo://a", [&] { ++a; });
  const auto second = watches.add("demo://a", [&] { ++a; });
  const auto other = watches.add("demo://b", [&] { ++b; });
  watches.updated("demo://a");
  EXPECT_EQ(a, 2);
  EXPECT_EQ(b, 0);
  EXPECT_FALSE(watches.remove(first)) << "one is left";
  watches.establish("demo://a");
  EXPECT_TRUE(watches.established("demo://a"));
  EXPECT_TRUE(watches.remove(second)) << "nobody wants it any more";
  EXPECT_FALSE(watches.established("demo://a"));
  watches.updated("demo://a");
  EXPECT_EQ(a, 2);
  watches.all_updated();
  EXPECT_EQ(b, 1);
  EXPECT_TRUE(watches.remove(other));
  EXPECT_EQ(watches.listeners(), 0u);
}

TEST(Watches, AnUpdateBelowWhatWasSubscribedCounts) {
  Watches watches;
  int heard = 0;
  watches.add("file:///dir", [&] { ++heard; });
  for (const char* uri : {"file:///dir/a", "file:///dir?x", "file:///dir#y", "file:///dir/"})
    watches.updated(uri);
  EXPECT_EQ(heard, 4);
  for (const char* uri : {"file:///directory", "file:///", "file:///di", ""}) watches.updated(uri);
  EXPECT_EQ(heard, 4);
}

TEST(Watches, WhoIsToldMayLeave) {
  Watches watches;
  Watches::Place place;
  place = watches.add("demo://a", [&] { watches.remove(place); });
  watches.updated("demo://a");
  EXPECT_EQ(watches.listeners(), 0u);
}

}  // namespace
}  // namespace sallyport::upstream
