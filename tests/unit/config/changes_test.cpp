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
  EXPECT_FALSE(find("sessions.total").restart);
}

TEST(Changes, ASecretThatIsAnotherOneIsAChangeThatShowsNothing) {
  Config before;
  before.telemetry.otlp.headers = {{"x-key", Secret("planted-1")}};
  Config after = before;
  EXPECT_THAT(changes(before, after), IsEmpty());
  after.telemetry.otlp.headers[0].value = Secret("planted-2");
  after.admin.token = Secret("planted-of-the-operator");
  const auto all = changes(before, after);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].path, "admin.token");
  EXPECT_EQ(all[0].before, "none");
  EXPECT_EQ(all[0].after, "[secret]");
  EXPECT_EQ(all[1].path, "telemetry.otlp.headers");
  EXPECT_EQ(all[1].after, R"({"x-key":"[secret]"})");
}

TEST(Changes, CertificatesAreExchangedWhereThereAreSome) {
  Config before;
  Config after;
  after.listen.tls = {"new.pem", "new.key", ""};
  for (const Change& each : changes(before, after)) EXPECT_TRUE(each.restart) << each.path;
  EXPECT_FALSE(in_force(after, before).listen.tls.enabled());
  before.listen.tls = {"old.pem", "old.key", ""};
  for (const Change& each : changes(before, after)) EXPECT_FALSE(each.restart) << each.path;
  EXPECT_EQ(in_force(after, before).listen.tls.cert, "new.pem");
}

TEST(InForce, IsWhatNeedsNoRestart) {
  Config started;
  Config wanted;
  wanted.listen.http = {{"127.0.0.1", 1}};
  wanted.listen.allowed_hosts = {"gateway.example"};
  wanted.listen.trusted_proxies = {"10.0.0.0/8"};
  wanted.health.http = Address{"127.0.0.1", 2};
  wanted.admin.http = {"127.0.0.1", 3};
  wanted.sessions.total = 7;
  const Config result = in_force(wanted, started);
  EXPECT_EQ(result.listen.trusted_proxies, wanted.listen.trusted_proxies);
  EXPECT_EQ(result.sessions.total, 7u);
  for (const Change& each : changes(started, result)) EXPECT_FALSE(each.restart) << each.path;
  EXPECT_EQ(changes(started, result).size(), 2u);
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
