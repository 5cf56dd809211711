#include "config/load.hpp"

#include "unit/config/support.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::config {
namespace {

constexpr const char* one_server = "servers: {files: {command: sh}}\n";

Request request_for(std::string text) {
  Request request;
  request.config = Source{"test.yaml", std::move(text)};
  request.machine = test::machine();
  return request;
}

TEST(Load, AFileThatCannotBeReadIsADiagnostic) {
  const Loaded loaded = load_file("/no/such/sallyport.yaml");
  EXPECT_FALSE(loaded.config);
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(render_text(loaded.diagnostics, false),
            "/no/such/sallyport.yaml: cannot read the file, No such file or directory, check the path and "
            "who may read "
            "it\n");
  EXPECT_FALSE(load_file("/tmp").config);
}

TEST(Load, ReadsAFile) {
  const Loaded loaded = [] {
    Request request;
    request.config = Source{test::source_path("tests/golden/config/example.yaml")};
    request.machine = test::machine();
    return load(request);
  }();
  ASSERT_TRUE(loaded.config) << render_text(loaded.diagnostics, false);
  EXPECT_EQ(loaded.config->servers[1].headers[0].value.reveal(), "Bearer canary-weather");
}

TEST(Load, ServersKeepTheOrderOfTheFile) {
  const Loaded loaded = test::load_yaml("servers: {z: {command: sh}, a: {command: sh}, m: {command: sh}}");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->servers[0].key, "z");
  EXPECT_EQ(loaded.config->servers[2].key, "m");
  EXPECT_EQ(loaded.config->servers[2].order, 2U);
  EXPECT_EQ(loaded.config->server("nobody"), nullptr);
}

TEST(Load, TheCommandLineWins) {
  Request request = request_for(std::string("listen: {http: 127.0.0.1:7000}\n") + one_server);
  request.listen = {"127.0.0.1:7001"};
  request.admin = "127.0.0.1:7002";
  const Loaded loaded = load(request);
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->listen.http[0].port, 7001);
  EXPECT_EQ(loaded.config->admin.http.port, 7002);
}

TEST(Load, MistakesOfTheCommandLineNameTheOption) {
  Request request = request_for(one_server);
  request.listen = {"8080"};
  request.admin = "0.0.0.0:8081";
  const Loaded loaded = load(request);
  EXPECT_FALSE(loaded.config);
  const std::string text = render_text(loaded.diagnostics, false);
  EXPECT_THAT(text, testing::HasSubstr("--listen: `8080` is not an address"));
  EXPECT_THAT(text, testing::HasSubstr("--admin: `admin.http` is 0.0.0.0:8081, beyond loopback"));
}

TEST(Load, StdioOpensNoListenerUnlessAsked) {
  Request request =
      request_for(std::string("listen: {http: 0.0.0.0:8080}\nadmin: {http: 0.0.0.0:8080}\n") + one_server);
  EXPECT_FALSE(load(request).config);
  request.stdio = true;
  EXPECT_TRUE(load(request).config);
  request.listen = {"0.0.0.0:8080"};
  EXPECT_FALSE(load(request).config);
}

TEST(Load, ProbesMayComeFromBeyondLoopbackToAPortOfTheirOwn) {
  const auto with = [](std::string_view rest) {
    return test::load_yaml(std::string(rest) + "\n" + one_server);
  };
  const Loaded fine = with("health: {http: 0.0.0.0:8082}");
  ASSERT_TRUE(fine.config) << render_text(fine.diagnostics, false);
  EXPECT_TRUE(fine.diagnostics.empty()) << render_text(fine.diagnostics, false);
  EXPECT_TRUE(with("health: {http: 127.0.0.1:0}\nadmin: {http: 127.0.0.1:0}").config);
  EXPECT_FALSE(with("").config->health.http);
  for (const std::string_view taken : {"8080", "8081"}) {
    const Loaded loaded = with("health: {http: 0.0.0.0:" + std::string(taken) + "}");
    ASSERT_EQ(loaded.diagnostics.size(), 1U) << taken;
    EXPECT_EQ(loaded.diagnostics[0].path, "health.http");
    EXPECT_THAT(loaded.diagnostics[0].what, testing::HasSubstr("has the port of"));
  }
  EXPECT_FALSE(with("health: {http: 'unix:/run/health.sock'}").config);
}

TEST(Load, WithoutAnySourceThereAreNoServers) {
  Request request;
  request.machine = test::machine();
  const Loaded loaded = load(request);
  EXPECT_FALSE(loaded.config);
  EXPECT_THAT(render_text(loaded.diagnostics, false), testing::HasSubstr("no servers"));
}

TEST(Load, PortZeroIsNeverAClash) {
  EXPECT_TRUE(
      test::load_yaml(std::string("listen: {http: 127.0.0.1:0}\nadmin: {http: 127.0.0.1:0}\n") + one_server)
          .config);
}

TEST(Load, AWrongLimitDoesNotAccuseOthers) {
  const Loaded loaded = test::load_yaml(
      "servers: {files: {command: sh, tools: {timeout: {slow: 20m}}}}\ntimeouts: {tool_max: soon}\n");
  EXPECT_EQ(loaded.diagnostics.size(), 1U) << render_text(loaded.diagnostics, false);
}

TEST(Load, TheListOfMistakesIsBounded) {
  std::string text = one_server;
  for (int i = 0; i < 3000; ++i) text += "unknown-" + std::to_string(i) + ": 1\n";
  const Loaded loaded = test::load_yaml(text);
  EXPECT_FALSE(loaded.config);
  EXPECT_EQ(loaded.diagnostics.size(), 1001U);
  EXPECT_EQ(loaded.diagnostics.back().what, "2000 more are not shown");
}

TEST(Render, JsonHasEveryMember) {
  const Loaded loaded = test::load_yaml("servers: {files: {comand: sh, command: sh}}");
  const boost::json::value list = boost::json::parse(render_json(loaded.diagnostics));
  ASSERT_EQ(list.as_array().size(), 1U);
  const boost::json::value& first = list.at(0);
  EXPECT_EQ(first.at("severity"), "error");
  EXPECT_EQ(first.at("file"), "test.yaml");
  EXPECT_EQ(first.at("line"), 1);
  EXPECT_EQ(first.at("column"), 19);
  EXPECT_EQ(first.at("path"), "servers.files.comand");
  EXPECT_EQ(first.at("instead"), "did you mean `command`?");
}

TEST(Render, NothingInAFileControlsTheTerminal) {
  const Loaded loaded = test::load_yaml("\"\\e[31m\\u202e\": 1\nservers: {files: {command: sh}}");
  const std::string text = render_text(loaded.diagnostics, false);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\u202e"), std::string::npos);
  EXPECT_NE(render_text(loaded.diagnostics, true).find("\x1b[1m"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::config
