// What the program says and with which code it ends, for every command.
#include "cli.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace sallyport::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

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

}  // namespace
}  // namespace sallyport::test
