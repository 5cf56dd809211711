// What the program says and with which code it ends, for every command.
#include "child.hpp"
#include "json/dom.hpp"
#include "json/scanner.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

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
using testing::Not;
using testing::StartsWith;

Outcome sallyport(std::vector<std::string> arguments) {
  return run(SALLYPORT_BINARY, std::move(arguments));
}

json::Dom parsed(const std::string& text) {
  EXPECT_TRUE(json::scan(text)) << text;
  auto dom = json::Dom::parse(text);
  if (!dom) throw std::runtime_error("not JSON: " + text);
  return std::move(*dom);
}

std::string text_at(const json::Dom& dom, std::string_view pointer) {
  const auto value = dom.at(pointer);
  return value && value->is_string() ? std::string(value->get_string().value()) : "";
}

std::size_t size_at(const json::Dom& dom, std::string_view pointer) {
  const auto value = dom.at(pointer);
  return value && value->is_array() ? value->get_array().value().size() : 0;
}

// A directory with a configuration; the program runs without terminal, so without colours.
class Cli : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sallyport-cli-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string write(std::string_view name, std::string_view text) const {
    std::string path = directory_ / name;
    std::ofstream(path) << text;
    return path;
  }

  std::string fifo() const { return directory_ / "fifo"; }

  // Two servers, of which one never comes up.
  std::string config() const {
    return write("sallyport.yaml", R"(version: 1
listen: {http: "127.0.0.1:0"}
admin: {http: "127.0.0.1:0"}
servers:
  tiny: {command: )" TINY_SERVER R"(, env: {TINY_FIFO: )" +
                                       fifo() + R"(}, tools: {deny: [fail_never]}}
  gone: {command: /nonexistent/server}
)");
  }

  std::filesystem::path directory_;
};

// The address in a line of the gateway's log, which is JSON where stderr is no terminal.
std::string url_of(const std::string& line) {
  return text_at(parsed(line), "/url");
}

TEST_F(Cli, AnUnknownCommandIsExplainedAndEndsWithTwo) {
  const Outcome outcome = sallyport({"srve"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("unknown command `srve`, did you mean `serve`?"));
}

TEST_F(Cli, MistakesOfTheCommandLineEndWithTwo) {
  const struct {
    std::vector<std::string> arguments;
    std::string_view says;
  } cases[] = {
      {{}, "Usage: sallyport"},
      {{"frobnicate"}, "unknown command `frobnicate`\n"},
      {{"tools", "lst"}, "did you mean `list`?"},
      {{"serve", "--lisen", "x"}, "unknown option `--lisen`, did you mean `--listen`?"},
      {{"serve", "--listen"}, "--listen"},
      {{"check", "word"}, "`word` is one word too many"},
      {{"tools", "call"}, "NAME is required"},
      {{"tools", "list", "--url", "ftp://x/"}, "is not an http or https URL"},
      {{"tools", "list", "--url", "ftp://x/"}, "unix:/run/sallyport/mcp.sock for a Unix socket"},
      {{"tools", "list", "--url", "unix:mcp.sock"}, "names no absolute path, write for example unix:/run/"},
      {{"tools", "list", "--url", "unix:"}, "names no absolute path"},
      {{"tools", "list", "--url", "unix:" + std::string(108, '/')}, "108 bytes"},
      {{"tools", "list", "--url", "unix:/x.sock:/a b"}, "no endpoint of HTTP after the socket, write "},
      {{"tools", "list", "--url", "unix:" SALLYPORT_BINARY}, "a file that is no socket"},
      {{"tools", "list", "--url", "http://127.0.0.1:9/mcp", "-c", "x"}, "write one of them"},
      {{"tools", "call", "x", "--args", "{\"a\":1,\"a\":2}"}, "duplicate key"},
      {{"tools", "call", "x", "--args", "[1]"}, "not a JSON object"},
      {{"servers", "logs"}, "NAME is required"},
      {{"servers", "logs", "../x"}, "cannot name a server"},
      {{"servers", "list", "--admin", "http://"}, "is not an http URL"},
      {{"servers", "list", "--admin", "unix:/x.sock"}, "the admin port is on TCP only, write the address"},
      {{"explain", "NET_01"}, "did you mean `NET_001`?"},
      {{"explain", "tool_runtime_fatl"}, "did you mean `TOOL_RUNTIME_FATAL`?"},
      {{"explain", "nonsense"}, "is no code and no kind\n`sallyport explain` lists them"},
      {{"completion"}, "Usage: sallyport completion"},
      {{"completion", "tcsh"}, "unknown command `tcsh`"},
      {{"check", "-c", "/nonexistent/sallyport.yaml"}, "1 mistake"},
      {{"tools", "list", "-c", "/nonexistent/sallyport.yaml"}, "cannot read the file"},
      {{"serve", "-c", "/nonexistent/sallyport.yaml"}, "cannot read the file"},
  };
  for (const auto& one : cases) {
    const Outcome outcome = sallyport(one.arguments);
    EXPECT_EQ(outcome.code, 2) << testing::PrintToString(one.arguments);
    EXPECT_THAT(outcome.err, HasSubstr(one.says)) << testing::PrintToString(one.arguments);
  }
}

TEST_F(Cli, WhatTheCommandLineRepeatsCannotControlTheTerminal) {
  EXPECT_THAT(sallyport({"fro\x1b[31mb"}).err, AllOf(HasSubstr("\\x1b[31m"), Not(HasSubstr("\x1b"))));
}

TEST_F(Cli, EveryCommandHasHelpWithAnExample) {
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{},
                                             {"serve"},
                                             {"install"},
                                             {"doctor"},
                                             {"check"},
                                             {"tools"},
                                             {"tools", "list"},
                                             {"tools", "show"},
                                             {"tools", "call"},
                                             {"servers"},
                                             {"servers", "list"},
                                             {"servers", "logs"},
                                             {"explain"},
                                             {"new"},
                                             {"classify"},
                                             {"version"},
                                             {"completion"},
                                             {"completion", "zsh"}}) {
    std::vector<std::string> arguments = command;
    arguments.push_back("--help");
    const Outcome outcome = sallyport(arguments);
    EXPECT_EQ(outcome.code, 0) << testing::PrintToString(command);
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("Usage: sallyport"), ContainsRegex("Example:\n.*sallyport ")));
  }
}

TEST_F(Cli, VersionSaysWhatTheProgramIsMadeOf) {
  EXPECT_EQ(sallyport({"--version"}).code, 0);
  EXPECT_THAT(sallyport({"version"}).out, ContainsRegex("^sallyport [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  const Outcome outcome = sallyport({"version", "--json"});
  EXPECT_EQ(outcome.code, 0);
  const json::Dom dom = parsed(outcome.out);
  EXPECT_EQ(text_at(dom, "/protocolRevisions/0"), "2026-07-28");
  EXPECT_EQ(size_at(dom, "/protocolRevisions"), 5u);
  EXPECT_THAT(text_at(dom, "/version"), ContainsRegex("^[0-9]+\\.[0-9]+\\.[0-9]+$"));
  EXPECT_THAT(text_at(dom, "/compiler"), StartsWith("Clang "));
  EXPECT_THAT(text_at(dom, "/libraries/OpenSSL"), StartsWith("3."));
  EXPECT_THAT(text_at(dom, "/buildType"), Not(IsEmpty()));
}

TEST_F(Cli, AServerThatCannotBeReachedHasTheCodeOfWhy) {
  EXPECT_THAT(sallyport({"tools", "list", "--url", "http://no-such-host.invalid/mcp"}).err,
              HasSubstr("NET_004"));
}

TEST_F(Cli, ExplainSaysWhatACodeMeansAndWhatToDo) {
  const Outcome by_code = sallyport({"explain", "net_001"});
  EXPECT_EQ(by_code.code, 0);
  EXPECT_THAT(by_code.out, AllOf(StartsWith("NET_001  NETWORK_TIMEOUT\n"), HasSubstr("\nwho acts     "),
                                 HasSubstr("\nthe gateway  "), HasSubstr("\nwhat to do   - "),
                                 HasSubstr("\nkind         NETWORK_TRANSPORT_RUNTIME_TIMEOUT\n")));
  for (const char* same : {"NETWORK_TIMEOUT", "Network_Timeout", "errors#NET_001", " NET_001 "})
    EXPECT_EQ(sallyport({"explain", same}).out, by_code.out) << same;
  const json::Dom dom = parsed(sallyport({"explain", "POLICY_001", "--json"}).out);
  EXPECT_EQ(text_at(dom, "/name"), "POLICY_TOOL_DENIED");
  EXPECT_EQ(text_at(dom, "/shownAs"), "TOOL_002");
  EXPECT_GT(size_at(dom, "/actions"), 0U);
}

TEST_F(Cli, ExplainSaysWhichCodesCarryAKind) {
  const Outcome kind = sallyport({"explain", "upstream_runtime_rate_limit"});
  EXPECT_EQ(kind.code, 0);
  EXPECT_THAT(kind.out, AllOf(StartsWith("UPSTREAM_RUNTIME_RATE_LIMIT\n"), HasSubstr("is_upstream_error"),
                              HasSubstr("LIMIT_002 LIMIT_UPSTREAM_RATE_LIMITED")));
  EXPECT_THAT(sallyport({"explain", "TOOL_RUNTIME_RETRY"}).out, HasSubstr("none by default"));
  const json::Dom dom = parsed(sallyport({"explain", "UNKNOWN", "--json"}).out);
  EXPECT_EQ(text_at(dom, "/kind"), "UNKNOWN");
  EXPECT_EQ(size_at(dom, "/codes"), 4U);
}

TEST_F(Cli, ExplainListsEverything) {
  const Outcome list = sallyport({"explain"});
  EXPECT_EQ(list.code, 0);
  EXPECT_THAT(list.out, AllOf(StartsWith("CODE "), HasSubstr("\nPOLICY_006"), HasSubstr("\nKIND "),
                              HasSubstr("\nGATEWAY_CONFIG_INVALID")));
  const json::Dom dom = parsed(sallyport({"explain", "--json"}).out);
  EXPECT_EQ(size_at(dom, "/kinds"), 30U);
  EXPECT_GT(size_at(dom, "/codes"), 90U);
}

// What bash offers for a command line, of which the last word is not complete.
std::vector<std::string> completions(const std::filesystem::path& directory, const std::string& line) {
  const std::string program = "source <(" SALLYPORT_BINARY " completion bash); COMP_WORDS=(" + line +
                              "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); cd " + directory.string() +
                              "; _sallyport; printf '%s\\n' \"${COMPREPLY[@]}\"";
  const Outcome outcome = run("/bin/bash", {"-c", program});
  std::vector<std::string> words;
  std::istringstream lines(outcome.out);
  for (std::string word; std::getline(lines, word);) words.push_back(word);
  return words;
}

TEST_F(Cli, BashCompletesCommandsOptionsAndFiles) {
  write("some.yaml", "");
  using testing::Contains;
  using testing::ElementsAre;
  EXPECT_THAT(completions(directory_, "sallyport se"), ElementsAre("serve", "servers"));
  EXPECT_THAT(completions(directory_, "sallyport explain NET_00"), testing::SizeIs(6));
  EXPECT_THAT(completions(directory_, "sallyport tools sh"), ElementsAre("show"));
  EXPECT_THAT(completions(directory_, "sallyport tools call --ar"), ElementsAre("--args"));
  EXPECT_THAT(completions(directory_, "sallyport --json tools call --u"), ElementsAre("--url"));
  EXPECT_THAT(completions(directory_, "sallyport check -c some"), ElementsAre("some.yaml"));
  EXPECT_THAT(completions(directory_, "sallyport completion ''"), Contains("fish"));
}

TEST_F(Cli, TheOtherShellsGetTheSameTree) {
  for (const std::string shell : {"zsh", "fish"}) {
    const Outcome outcome = sallyport({"completion", shell});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out,
                AllOf(HasSubstr("sallyport tools call"), HasSubstr("mcp-json"), HasSubstr("servers")));
  }
}

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
