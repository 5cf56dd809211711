// `sallyport doctor` and `serve --check-upstreams`: what is found, with its next step and exit code.
#include "child.hpp"
#include "json/dom.hpp"
#include "json/scanner.hpp"

#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace sallyport::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class Doctor : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sallyport-doctor-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    home_ = fs::canonical(name);
    ::setenv("HOME", home_.c_str(), 1);
    ::unsetenv("XDG_STATE_HOME");
    ::unsetenv("XDG_CONFIG_HOME");
  }
  void TearDown() override { fs::remove_all(home_); }

  // Free ports unless told otherwise.
  std::string config(const std::string& servers, const std::string& more = "") const {
    const std::string path = home_ / "s.yaml";
    std::ofstream(path) << "version: 1\n"
                        << (more.empty() ? "listen: {http: \"127.0.0.1:0\"}\nadmin: {http: \"127.0.0.1:0\"}\n"
                                         : more)
                        << "timeouts: {start: 20s}\nservers:\n"
                        << servers;
    return path;
  }

  static Outcome doctor(const std::string& file, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"doctor", "-c", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(SALLYPORT_BINARY, arguments);
  }

  fs::path home_;
};

const std::string tiny = "  tiny: {command: " TINY_SERVER "}\n";

TEST_F(Doctor, AllIsWell) {
  const Outcome outcome = doctor(config(tiny));
  EXPECT_EQ(outcome.code, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("This machine"), HasSubstr("tiny answers: stdio, 2025-06-18, 3 tools")));
}

TEST_F(Doctor, EachServerThatDoesNotAnswerHasItsReasonAndNextStep) {
  const std::string file =
      config(tiny +
             "  gone: {command: nobody-has-this}\n"
             "  npx: {command: /nonexistent/npx}\n"
             "  dies: {command: sh, args: [-c, 'echo the reason >&2; exit 3', --token, canary-token]}\n"
             "  refused: {url: \"http://127.0.0.1:9/mcp\"}\n");
  const Outcome outcome = doctor(file);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("tiny answers"), HasSubstr("nobody-has-this is not found"),
                    ContainsRegex("dies does not answer: .*(DISC_002)"), HasSubstr("| the reason"),
                    HasSubstr("$ sh -c 'echo the reason >&2; exit 3' --token '…' </dev/null"),
                    HasSubstr("refused does not answer: Connection refused (DISC_006)"),
                    HasSubstr("$ curl -sS"), Not(HasSubstr("canary"))));
  const Outcome data = doctor(file, {"--json"});
  EXPECT_EQ(data.code, 1);
  ASSERT_TRUE(json::scan(data.out)) << data.out;
  const auto dom = json::Dom::parse(data.out);
  EXPECT_FALSE(dom->at("/ok")->get_bool().value());
  EXPECT_THAT(data.out, AllOf(HasSubstr(R"("id":"server.dies")"), HasSubstr(R"("code":"DISC_002")"),
                              Not(HasSubstr("canary"))));

  const Outcome offline = doctor(file, {"--offline"});
  EXPECT_THAT(offline.out, AllOf(HasSubstr("nobody-has-this is not found"), Not(HasSubstr("The servers"))));
}

TEST_F(Doctor, MistakesOfTheConfigurationEndWithTwo) {
  const std::string file = config(tiny, "timeouts: {tool: 5}\n");
  const Outcome outcome = doctor(file);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("s.yaml:2:18: "), HasSubstr("Next: write `tool: 5s`")));
  EXPECT_EQ(doctor("/nonexistent.yaml").code, 2);
}

TEST_F(Doctor, WithoutAConfigurationItSaysHowToGetOne) {
  fs::current_path(home_);
  const Outcome outcome = run(SALLYPORT_BINARY, {"doctor"});
  EXPECT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("there is no configuration yet"), HasSubstr("$ sallyport install")));
}

TEST_F(Doctor, WhatOthersMayWriteOrRead) {
  const std::string file = config(tiny);
  ::chmod(file.c_str(), 0666);
  fs::create_directories(home_ / ".local/state/sallyport");
  ::chmod((home_ / ".local/state/sallyport").c_str(), 0755);
  const Outcome outcome = doctor(file, {"--offline"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("everybody may write"), HasSubstr("$ chmod o-w "), HasSubstr("$ chmod 700 ")));
}

TEST_F(Doctor, ATakenPortIsNamedWithItsProgram) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(socket, 1), 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const Outcome outcome =
      doctor(config(tiny, "listen: {http: \"127.0.0.1:" + port + "\"}\nadmin: {http: \"127.0.0.1:0\"}\n"),
             {"--offline"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("127.0.0.1:" + port + " is taken by test_cli (pid " +
                                           std::to_string(::getpid())),
                                 HasSubstr("listen.http: 127.0.0.1:")));
  ::close(socket);
}

TEST_F(Doctor, AUnixSocketIsFreeAnsweredOrInTheWay) {
  const std::string path = home_ / "mcp.sock";
  const std::string file =
      config(tiny, "listen: {http: \"unix:" + path + "\"}\nadmin: {http: \"127.0.0.1:0\"}\n");
  EXPECT_THAT(doctor(file, {"--offline"}).out, HasSubstr("unix:" + path + " is free for `listen.http`"));

  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.copy(address.sun_path, sizeof address.sun_path), sizeof address.sun_path);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket, 1), 0);
  const Outcome taken = doctor(file, {"--offline"});
  EXPECT_EQ(taken.code, 1);
  EXPECT_THAT(taken.out, HasSubstr("is answered by test_cli (pid " + std::to_string(::getpid())));
  ::close(socket);
  EXPECT_THAT(doctor(file, {"--offline"}).out, HasSubstr(" is free for ")) << "what a dead program left";

  std::filesystem::remove(path);
  std::ofstream(path) << "x";
  EXPECT_THAT(doctor(file, {"--offline"}).out, HasSubstr("there is a file that is no socket"));
}

TEST_F(Doctor, ARunningGatewayIsAskedHowItIs) {
  const std::string file = config(tiny + "  gone: {command: /nonexistent/x}\n");
  Child gateway(SALLYPORT_BINARY, {"serve", "-c", file});
  const auto address = [&](std::string_view what) {
    const auto dom = json::Dom::parse(gateway.wait_for_error_line(what));
    const std::string url(dom->at("/url")->get_string().value());
    return url.substr(7, url.find('/', 7) - 7);
  };
  const std::string agents = address("serving MCP");
  const std::string admin = address("serving admin");
  EXPECT_EQ(run(SALLYPORT_BINARY, {"tools", "list", "--url", "http://" + agents}).code, 0);
  const std::string same = config(tiny + "  gone: {command: /nonexistent/x}\n",
                                  "listen: {http: \"" + agents + "\"}\nadmin: {http: \"" + admin + "\"}\n");
  const Outcome outcome = doctor(same, {"--offline"});
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("a gateway runs here (pid "), HasSubstr(" and is ready"),
                                 HasSubstr("1 of its 2 servers are up")));
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.wait().code, 0);
}

TEST_F(Doctor, ServeStartsOnlyWhenEveryServerAnswered) {
  const Outcome refused = run(SALLYPORT_BINARY, {"serve", "--check-upstreams", "-c",
                                                 config(tiny + "  gone: {command: /nonexistent/x}\n")});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("sallyport: 1 of 2 servers did not answer: gone"),
                                 HasSubstr("CONFIG_001"), Not(HasSubstr("serving MCP"))));

  Child gateway(SALLYPORT_BINARY, {"serve", "--check-upstreams", "-c", config(tiny)});
  EXPECT_THAT(gateway.wait_for_error_line("serving MCP"), HasSubstr("127.0.0.1"));
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.wait().code, 0);
}

}  // namespace
}  // namespace sallyport::test
