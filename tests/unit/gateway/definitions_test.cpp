// Nothing that an operator can write about a server or its limits gets lost on the way to the parts.
#include "gateway/definitions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::gateway {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

config::Server full_server() {
  config::Server server;
  server.key = "one";
  server.command = "run";
  server.args = {Secret("-x"), Secret("y z")};
  server.env = {{"A", Secret("1")}, {"B", Secret("2")}};
  server.cwd = "/work";
  server.protocol = "2025-03-26";
  server.refuses_with = {503, 529};
  server.trusted = true;
  server.tools.allow = {"a*"};
  server.tools.deny = {"ab"};
  server.tools.idempotent = {"i"};
  server.tools.read_only = {"r"};
  server.tools.timeout = {{"slow", milliseconds(1)}};
  server.tools.rename = {{"a", "b"}};
  server.tools.describe = {{"a", "words"}};
  return server;
}

upstream::Definition only(config::Server server, std::string separator = "__") {
  config::Config config;
  config.expose.separator = std::move(separator);
  config.servers = {std::move(server)};
  const auto all = definitions(config);
  EXPECT_EQ(all.size(), 1u);
  return all.front();
}

TEST(Definitions, AChild) {
  const upstream::Definition made = only(full_server());
  EXPECT_TRUE(made.is_stdio());
  EXPECT_EQ(made.key, "one");
  EXPECT_EQ(made.command, "run");
  EXPECT_THAT(made.args, ElementsAre("-x", "y z"));
  EXPECT_THAT(made.env, ElementsAre(Pair("A", "1"), Pair("B", "2")));
  EXPECT_EQ(made.cwd, "/work");
  EXPECT_EQ(made.protocol, protocol::Revision::v2025_03_26);
  EXPECT_THAT(made.refuses_with, ElementsAre(503, 529));
  EXPECT_TRUE(made.trusted);
  EXPECT_THAT(made.allow, ElementsAre("a*"));
  EXPECT_THAT(made.deny, ElementsAre("ab"));
  EXPECT_THAT(made.idempotent, ElementsAre("i"));
  EXPECT_THAT(made.read_only, ElementsAre("r"));
  EXPECT_THAT(made.timeout, ElementsAre(Pair("slow", milliseconds(1))));
  EXPECT_THAT(made.rename, ElementsAre(Pair("a", "b")));
  EXPECT_THAT(made.describe, ElementsAre(Pair("a", "words")));
}

TEST(Definitions, AnHttpServer) {
  config::Server server;
  server.key = "web";
  server.url = "https://example.test/mcp";
  server.headers = {{"authorization", Secret("Bearer x")}};
  server.ca = "/ca.pem";
  const upstream::Definition made = only(server);
  EXPECT_FALSE(made.is_stdio());
  EXPECT_EQ(made.url, server.url);
  ASSERT_EQ(made.headers.size(), 1u);
  EXPECT_EQ(made.headers[0].first, "authorization");
  EXPECT_EQ(made.headers[0].second.reveal(), "Bearer x");
  EXPECT_EQ(made.ca, "/ca.pem");
  EXPECT_FALSE(made.protocol) << "auto: probed";
  EXPECT_FALSE(made.trusted);
  EXPECT_THAT(made.allow, ElementsAre("*"));
  EXPECT_THAT(made.refuses_with, IsEmpty());
}

TEST(Definitions, Prefixes) {
  config::Server server;
  server.key = "k";
  EXPECT_EQ(only(server).prefix, "k__");
  EXPECT_EQ(only(server, "-").prefix, "k-");
  server.prefix = "";
  EXPECT_EQ(only(server).prefix, "") << "none is another thing than the usual one";
  server.prefix = "mine_";
  EXPECT_EQ(only(server).prefix, "mine_");
}

TEST(Definitions, TheOrderOfTheFileStays) {
  config::Config config;
  for (const char* key : {"z", "a", "m"}) {
    config.servers.emplace_back();
    config.servers.back().key = key;
  }
  std::vector<std::string> keys;
  for (const auto& made : definitions(config)) keys.push_back(made.key);
  EXPECT_THAT(keys, ElementsAre("z", "a", "m"));
}

TEST(Definitions, SettingsComeFromTheirOwnKeys) {
  config::Config config;
  config.timeouts = {.tool = milliseconds(1),
                     .tool_max = milliseconds(2),
                     .start = milliseconds(3),
                     .first_list = milliseconds(4),
                     .discovery = milliseconds(5),
                     .connect = milliseconds(6)};
  config.expose.keep_listed = milliseconds(7);
  config.expose.max_name = 40;
  config.limits.request = 8;
  config.limits.response = 9;
  config.limits.stdio_line = 10;
  config.limits.depth = 11;
  config.limits.keys = 12;
  config.limits.concurrency = 13;
  config.limits.children = 14;
  const upstream::Settings made = upstream_settings(config);
  EXPECT_EQ(made.tool, milliseconds(1));
  EXPECT_EQ(made.tool_max, milliseconds(2));
  EXPECT_EQ(made.start, milliseconds(3));
  EXPECT_EQ(made.first_list, milliseconds(4));
  EXPECT_EQ(made.discovery, milliseconds(5));
  EXPECT_EQ(made.connect, milliseconds(6));
  EXPECT_EQ(made.keep_listed, milliseconds(7));
  EXPECT_EQ(made.max_name, 40u);
  EXPECT_EQ(made.request, 8u);
  EXPECT_EQ(made.response, 9u);
  EXPECT_EQ(made.stdio_line, 10u);
  EXPECT_EQ(made.depth, 11u);
  EXPECT_EQ(made.keys, 12u);
  EXPECT_EQ(made.concurrency, 13u);
  EXPECT_EQ(made.children, 14u);
}

}  // namespace
}  // namespace sallyport::gateway
