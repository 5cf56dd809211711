// `sallyport check`: mistakes with place and remedy, and what would be served.
#include "cli.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace sallyport::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(Cli, CheckReportsFiveMistakesWithPlaceAndRemedy) {
  const std::string file = SALLYPORT_SOURCE_DIR "/tests/golden/config/five_mistakes.yaml";
  const Outcome outcome = sallyport({"check", "-c", file});
  EXPECT_EQ(outcome.code, 2);
  for (const char* const part :
       {":3:10: unknown key `listen.htpp`", "did you mean `http`?", ":8:3: ", ":9:18: ", "write `tool: 55s`",
        ":10:1: ", "`policy` is not enforced by this build", "remove it", ":11:15: ", "write `per: key`"}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 5);
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));
  EXPECT_EQ(outcome.err, "5 mistakes\n");

  const Outcome data = sallyport({"check", "--json", "-c", file});
  EXPECT_EQ(data.code, 2);
  const json::Dom dom = parsed(data.out);
  EXPECT_EQ(size_at(dom, "/diagnostics"), 5u);
  EXPECT_FALSE(dom.at("/ok")->get_bool().value());
  EXPECT_EQ(text_at(dom, "/diagnostics/0/instead"), "did you mean `http`?");
}

TEST_F(Cli, CheckSaysWhatWouldBeServedAndWhichNamesAreFolded) {
  const std::string file = write("ok.yaml", R"(version: 1
servers:
  files: {command: server, tools: {rename: {a: a_name_that_is_so_long_that_no_agent_would_take_it}}}
)");
  const Outcome outcome = sallyport({"check", "-c", file});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("note: agents see `files__a_name_that_is_so_long_that_no_agent_would_take"),
                    HasSubstr("http://127.0.0.1:8080/mcp"), HasSubstr("files__*")));
  const json::Dom dom = parsed(sallyport({"check", "--json", "-c", file}).out);
  EXPECT_TRUE(dom.at("/ok")->get_bool().value());
  EXPECT_EQ(text_at(dom, "/servers/0/prefix"), "files__");
  EXPECT_EQ(text_at(dom, "/servers/0/endpoint"), "http://127.0.0.1:8080/mcp/files");
}

TEST_F(Cli, CheckReadsAnAgentsOwnFileWithoutAnyOfOurs) {
  const std::string file = write("mcp.json", R"({"mcpServers": {"My Server": {"command": "server"}}})");
  const Outcome outcome = sallyport({"check", "--mcp-json", file});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("My Server"), HasSubstr("my-server__*")));
}

TEST_F(Cli, CheckPrintsTheSchema) {
  const Outcome outcome = sallyport({"check", "--schema"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(parsed(outcome.out).at("/properties/servers"));
}

TEST_F(Cli, AListenerBeyondLoopbackIsRefusedFromTheFlagToo) {
  const Outcome outcome = sallyport({"serve", "-c", config(), "--listen", "0.0.0.0:0"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("--listen"), HasSubstr("anonymous")));
}

}  // namespace
}  // namespace sallyport::test
