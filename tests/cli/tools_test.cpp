// `sallyport tools` and `servers`, with servers of their own and with a gateway that runs.
#include "cli.hpp"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST_F(Cli, ToolsListShowsWhatAnAgentWouldSee) {
  const Outcome outcome = sallyport({"tools", "list", "-c", config()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "TOOL        DESCRIPTION\n"
            "tiny__echo  Gives its arguments back.\n"
            "tiny__fail  Fails\n"
            "tiny__hang  Never answers\n");
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("sallyport: gone: "), HasSubstr("3 tools of 1 server\n")));

  const Outcome data = sallyport({"tools", "--json", "-c", config()});
  EXPECT_EQ(data.code, 0) << data.err;
  const json::Dom dom = parsed(data.out);
  EXPECT_EQ(size_at(dom, "/tools"), 3u);
  EXPECT_EQ(text_at(dom, "/tools/0/name"), "tiny__echo");
  EXPECT_EQ(text_at(dom, "/tools/0/inputSchema/type"), "object");
  EXPECT_EQ(text_at(dom, "/missing/0/what"), "gone");
}

TEST_F(Cli, ToolsShowGivesOneToolOrTheNameThatWasMeant) {
  const Outcome outcome = sallyport({"tools", "show", "tiny__echo", "-c", config()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(StartsWith("tiny__echo  (server tiny)\n"), HasSubstr("back.\nSecond line.\n"),
                    HasSubstr("  \"properties\": {\n    \"say\": {")));
  const Outcome data = sallyport({"tools", "show", "tiny__echo", "--json", "-c", config()});
  EXPECT_EQ(text_at(parsed(data.out), "/inputSchema/properties/say/type"), "string");

  const Outcome unknown = sallyport({"tools", "show", "tiny__eco", "-c", config()});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("no tool is called `tiny__eco`, did you mean `tiny__echo`?"));
}

TEST_F(Cli, ToolsCallPrintsTextAndRawResults) {
  const std::string arguments = R"({"say":"1\n2\t\u001b[31m"})";
  const Outcome outcome = sallyport({"tools", "call", "tiny__echo", "--args", arguments, "-c", config()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, arguments + "\n");
  EXPECT_THAT(outcome.err, IsEmpty());
  const Outcome data =
      sallyport({"tools", "call", "tiny__echo", "--args", arguments, "--json", "-c", config()});
  EXPECT_EQ(data.code, 0) << data.err;
  EXPECT_EQ(text_at(parsed(data.out), "/content/0/text"), arguments);
}

TEST_F(Cli, AFailedCallEndsWithOneAndSpeaksOnStderr) {
  const Outcome failed = sallyport({"tools", "call", "tiny__fail", "-c", config()});
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.out, IsEmpty());
  EXPECT_EQ(failed.err, "sallyport: the tool \\x1b[31mfailed\n");

  const Outcome gone = sallyport({"tools", "call", "gone__x", "-c", config()});
  EXPECT_EQ(gone.code, 1);
  EXPECT_THAT(gone.err,
              AllOf(HasSubstr("It did not run."), HasSubstr("sallyport: gone: "), HasSubstr("CONFIG_001")));

  const Outcome unknown = sallyport({"tools", "call", "tiny__eco", "--json", "-c", config()});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'tiny__echo'?"));
  EXPECT_TRUE(parsed(unknown.out).at("/error/code"));
}

TEST_F(Cli, CtrlCEndsACallAndWhatItStarted) {
  ASSERT_EQ(mkfifo(fifo().c_str(), 0600), 0);
  Child child(SALLYPORT_BINARY, {"tools", "call", "tiny__hang", "-c", config()});
  const int pids = open(fifo().c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_TRUE(child.wait_for(pids)) << child.wait().err;
  char text[16]{};
  ASSERT_GT(read(pids, text, sizeof text - 1), 0);
  close(pids);
  const pid_t server = std::atoi(text);
  ASSERT_GT(server, 0);
  child.signal(SIGINT);
  const Outcome outcome = child.wait();
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("interrupted"));
  EXPECT_EQ(kill(server, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST_F(Cli, ARunningGatewayAnswersAboutToolsAndServers) {
  Child gateway(SALLYPORT_BINARY, {"serve", "-c", config()});
  const std::string url = url_of(gateway.wait_for_error_line("serving MCP"));
  const std::string admin = url_of(gateway.wait_for_error_line("serving admin"));
  ASSERT_THAT(url, StartsWith("http://127.0.0.1:"));
  ASSERT_THAT(admin, StartsWith("http://127.0.0.1:"));

  const Outcome call = sallyport({"tools", "call", "tiny__echo", "--args", R"({"say":"x"})", "--url", url});
  EXPECT_EQ(call.code, 0) << call.err;
  EXPECT_EQ(call.out, "{\"say\":\"x\"}\n");
  const Outcome tools = sallyport({"tools", "list", "--url", url});
  EXPECT_EQ(tools.code, 0) << tools.err;
  EXPECT_THAT(tools.out, HasSubstr("tiny__echo  Gives its arguments back.\n"));
  EXPECT_THAT(tools.err, ContainsRegex("gone.*since "));
  const Outcome bare = sallyport({"tools", "list", "--url", url.substr(0, url.size() - 4)});
  EXPECT_EQ(bare.out, tools.out) << "the path /mcp is understood";

  const Outcome servers = sallyport({"servers", "--admin", admin});
  EXPECT_EQ(servers.code, 0) << servers.err;
  EXPECT_THAT(servers.out,
              AllOf(StartsWith("SERVER  STATE "), ContainsRegex("tiny    up .* stdio .*2025-06-18"),
                    ContainsRegex("gone    (down|starting) .*_[0-9]+")));
  const json::Dom rows = parsed(sallyport({"servers", "list", "--json", "--admin", admin}).out);
  EXPECT_EQ(text_at(rows, "/0/state"), "up");

  EXPECT_EQ(sallyport({"servers", "logs", "tiny", "--admin", admin}).out, "tiny server starts\n");
  EXPECT_EQ(sallyport({"servers", "logs", "tiny", "--json", "--admin", admin}).out,
            "[\"tiny server starts\"]\n");
  const Outcome unknown = sallyport({"servers", "logs", "tny", "--admin", admin});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean `tiny`?"));

  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.wait().code, 0);
}

TEST_F(Cli, AUnixSocketIsAUrlToo) {
  const std::string unix_url = "unix:" + (directory_ / "mcp.sock").string();
  Child gateway(SALLYPORT_BINARY, {"serve", "-c", config(), "--listen", unix_url});
  EXPECT_THAT(gateway.wait_for_error_line("serving MCP"), HasSubstr(unix_url));
  const auto list = [](const std::string& url) { return sallyport({"tools", "list", "--url", url}); };
  for (const char* const rest : {"", ":/", ":/mcp"}) {
    const Outcome tools = list(unix_url + rest);
    EXPECT_EQ(tools.code, 0) << tools.err;
    EXPECT_THAT(tools.out, HasSubstr("tiny__echo  Gives its arguments back.\n")) << rest;
  }
  EXPECT_THAT(list(unix_url + ":/mcp/tiny").out, HasSubstr("\necho  Gives its arguments back.\n"));
  EXPECT_THAT(sallyport({"tools", "show", "tiny__echo", "--url", unix_url}).out, StartsWith("tiny__echo\n"));
  const Outcome call =
      sallyport({"tools", "call", "tiny__echo", "--args", R"({"say":"x"})", "--url", unix_url});
  EXPECT_EQ(call.out, "{\"say\":\"x\"}\n") << call.err;

  const Outcome meant = list(unix_url + "/mcp/tiny");
  EXPECT_EQ(meant.code, 2);
  EXPECT_THAT(meant.err, HasSubstr("write " + unix_url + ":/mcp/tiny\n"));

  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.wait().code, 0);
  const Outcome gone = list(unix_url);
  EXPECT_EQ(gone.code, 1);
  EXPECT_THAT(gone.err, AllOf(HasSubstr(unix_url + ": "), HasSubstr("No such file or directory")));
}

TEST_F(Cli, WhereNoGatewayIsTheMessageSaysWhatToDo) {
  const Outcome servers = sallyport({"servers", "list", "--admin", "http://127.0.0.1:9"});
  EXPECT_EQ(servers.code, 1);
  EXPECT_THAT(servers.err,
              AllOf(HasSubstr("no gateway answers at http://127.0.0.1:9"), HasSubstr("sallyport serve")));
  const Outcome tools = sallyport({"tools", "list", "--url", "http://127.0.0.1:9/mcp"});
  EXPECT_EQ(tools.code, 1);
  EXPECT_THAT(tools.err, HasSubstr("http://127.0.0.1:9/mcp: "));
}

}  // namespace
}  // namespace sallyport::test
