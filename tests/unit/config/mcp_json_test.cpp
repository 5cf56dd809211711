#include "config/agent_servers.hpp"
#include "config/values.hpp"
#include "unit/config/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::config {
namespace {

TEST(McpJson, ClaudeDesktopAndCursor) {
  const Loaded loaded = test::load_json(R"({"mcpServers": {
    "files": {"command": "npx", "args": ["-y", "${userHome}/x", "${env:PORT}"], "env": {"A": "${env:TOKEN}", "N": 5, "Z": null}},
    "remote": {"url": "https://h.example/mcp", "headers": {"X-Key": "${TOKEN}"}}}})");
  ASSERT_TRUE(loaded.config) << render_text(loaded.diagnostics, false);
  const Server& files = *loaded.config->server("files");
  EXPECT_EQ(files.order, 0U);
  EXPECT_EQ(files.args[1].reveal(), "/home/me/x");
  EXPECT_EQ(files.args[2].reveal(), "9090");
  ASSERT_EQ(files.env.size(), 2U);
  EXPECT_EQ(files.env[0].value.reveal(), "canary-token");
  EXPECT_EQ(files.env[1].value.reveal(), "5");
  const Server& remote = *loaded.config->server("remote");
  EXPECT_EQ(remote.order, 1U);
  EXPECT_EQ(remote.headers[0].name, "x-key");
  EXPECT_EQ(remote.headers[0].value.reveal(), "canary-token");
  EXPECT_EQ(remote.tools.allow, std::vector<std::string>{"*"});
}

TEST(McpJson, VsCodeWithComments) {
  const Loaded loaded = test::load_json(R"({
    // comment
    "servers": {"a": {"type": "stdio", "command": "sh", "args": [],},
                "b": {"type": "http", "url": "https://h.example/mcp"}, /* c */ }, "inputs": []})");
  ASSERT_TRUE(loaded.config) << render_text(loaded.diagnostics, false);
  EXPECT_EQ(loaded.config->servers.size(), 2U);
}

TEST(McpJson, AnInputIsRefusedAtItsPlace) {
  const Loaded loaded =
      test::load_json("{\"servers\": {\"a\": {\"command\": \"sh\",\n\"env\": {\"K\": \"${input:k}\"}}}}");
  EXPECT_FALSE(loaded.config);
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].at.line, 2U);
  EXPECT_THAT(loaded.diagnostics[0].what, testing::HasSubstr("${input:k}"));
}

TEST(McpJson, NeverFrontsItself) {
  const Loaded loaded = test::load_json(R"({"mcpServers": {
    "a": {"command": "sallyport", "args": ["serve", "--stdio"]}, "b": {"command": "/opt/bin/sallyport"},
    "c": {"command": "npx", "args": ["-y", "/usr/bin/sallyport"]}, "d": {"command": "sh"}}})");
  ASSERT_TRUE(loaded.config);
  ASSERT_EQ(loaded.config->servers.size(), 1U);
  EXPECT_EQ(loaded.config->servers[0].key, "d");
}

TEST(McpJson, TheConfigurationWins) {
  Request request;
  request.config = Source{"sallyport.yaml", "servers: {files: {command: bash}, my-notes: {command: zsh}}"};
  request.mcp_json =
      Source{"mcp.json", R"({"mcpServers": {"files": {"command": "sh"}, "My Notes": {"command": "sh"},
                                            "more": {"command": "sh"}}})"};
  request.machine = test::machine();
  const Loaded loaded = load(request);
  ASSERT_TRUE(loaded.config) << render_text(loaded.diagnostics, false);
  ASSERT_EQ(loaded.config->servers.size(), 3U);
  EXPECT_EQ(loaded.config->server("files")->command, "bash");
  EXPECT_EQ(loaded.config->server("my-notes")->command, "zsh");
  EXPECT_EQ(loaded.config->server("more")->order, 2U);
  ASSERT_EQ(loaded.diagnostics.size(), 2U);
  EXPECT_EQ(loaded.diagnostics[0].severity, Severity::note);
  EXPECT_THAT(loaded.diagnostics[0].why, testing::HasSubstr("wins"));
}

TEST(FoldName, Table) {
  EXPECT_EQ(fold_name("files"), "files");
  EXPECT_EQ(fold_name("My Server (new)"), "my-server-new");
  EXPECT_EQ(fold_name("a__b..c"), "a-b-c");
  EXPECT_EQ(fold_name("-x-"), "x");
  EXPECT_EQ(fold_name("日本"), "server");
  EXPECT_EQ(fold_name(""), "server");
  EXPECT_EQ(fold_name("abcdefghijklmnopqrstuvw yz"), "abcdefghijklmnopqrstuvw");
}

RC_GTEST_PROP(FoldName, IsAlwaysAServerKey, (const std::string& name)) {
  RC_ASSERT(is_server_key(fold_name(name)));
}

RC_GTEST_PROP(FoldName, KeepsWhatItMade, (const std::string& name)) {
  const std::string folded = fold_name(name);
  RC_ASSERT(fold_name(folded) == folded);
}

}  // namespace
}  // namespace sallyport::config
