// What a reload says of the keys that are different now.
#include "config/changes.hpp"

#include "config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::config {
namespace {

using ::testing::IsEmpty;

TEST(Changes, NameTheKeyAndWhetherItWaitsForARestart) {
  Config before;
  Config after;
  EXPECT_THAT(changes(before, after), IsEmpty());
  after.timeouts.tool = 30s;
  after.limits.response = mib;
  after.limits.rate = Rate{10, 1s};
  after.listen.allowed_hosts = {"gateway.example"};
  after.sessions.total = 7;
  const auto all = changes(before, after);
  const auto find = [&](std::string_view path) {
    for (const Change& each : all)
      if (each.path == path) return each;
    ADD_FAILURE() << path;
    return Change{};
  };
  EXPECT_EQ(all.size(), 5u);
  EXPECT_EQ(find("timeouts.tool").before, "55s");
  EXPECT_EQ(find("timeouts.tool").after, "30s");
  EXPECT_FALSE(find("timeouts.tool").restart);
  EXPECT_EQ(find("limits.response").after, "1MiB");
  EXPECT_EQ(find("limits.rate").before, "none");
  EXPECT_EQ(find("limits.rate").after, "10/s");
  EXPECT_EQ(find("listen.allowed_hosts").after, "[gateway.example]");
  EXPECT_TRUE(find("listen.allowed_hosts").restart);
  EXPECT_TRUE(find("sessions.total").restart);
}

TEST(Changes, ServersAreNoneOfTheirs) {
  Config after;
  after.servers.emplace_back();
  EXPECT_THAT(changes(Config(), after), IsEmpty());
}

TEST(Load, SaysWhichFilesItWantedToRead) {
  const Loaded loaded = load_text(
      "c.yaml", "version: 1\nservers: {one: {command: cat, env: {A: \"${file:/nonexistent/secret}\"}}}\n");
  EXPECT_FALSE(loaded.config);
  EXPECT_THAT(loaded.files, ::testing::ElementsAre("/nonexistent/secret"));
  EXPECT_THAT(load_file("/nonexistent/c.yaml").files, ::testing::ElementsAre("/nonexistent/c.yaml"));
}

}  // namespace
}  // namespace sallyport::config
