// What stands around functions: middleware, secrets, calls from tool to tool.
#include "server/invoke.hpp"

#include "asked.hpp"
#include "errors/exceptions.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct InvokeTest : ::testing::Test, testing::Asked {
  std::string text(std::string_view tool, std::string_view arguments = "{}") {
    return text_at(call_tool(tool, arguments), {"result", "content", "0", "text"});
  }
  std::string code(std::string_view tool, std::string_view arguments = "{}") {
    return text_at(call_tool(tool, arguments), {"result", "_meta", "dev.sallyport/error", "code"});
  }
};

// ---- Middleware

TEST_F(InvokeTest, MiddlewareStandsAroundInTheOrderOfItsRegistration) {
  std::vector<std::string> heard;
  for (const char* name : {"outer", "inner"}) {
    app.middleware([&heard, name](Invocation& call, Next next) -> Task<Outcome> {
      heard.push_back(std::string(name) + " before " + call.name + call.arguments.text());
      auto outcome = co_await next();
      heard.push_back(std::string(name) + (outcome ? " after" : " failed"));
      co_return outcome;
    });
  }
  app.tool("add", "", [](int a, int b) { return a + b; }, {{"a"}, {"b"}});
  EXPECT_EQ(text("add", R"({"a":1,"b":2})"), "3");
  EXPECT_THAT(heard, ElementsAre(R"(outer before add{"a":1,"b":2})", R"(inner before add{"a":1,"b":2})",
                                 "inner after", "outer after"));
  heard.clear();
  EXPECT_EQ(code("add", R"({"a":1})"), "TOOL_003");
  EXPECT_THAT(heard, ElementsAre(HasSubstr("outer"), HasSubstr("inner"), "inner failed", "outer failed"));
}

TEST_F(InvokeTest, MiddlewareAnswersRefusesAndChanges) {
  app.middleware([](Invocation& call, Next next) -> Task<Outcome> {
    if (call.name == "cached") co_return ToolResult(Content::text("from the cache"));
    if (call.name == "denied")
      co_return Failure(Error(Code::tool_permission_denied).with_executed(Executed::no));
    if (call.name == "thrown") throw RetryableToolError("Not on Sundays.", "", "Try on Monday.");
    if (call.name == "broken") throw std::runtime_error("password=hunter2");
    if (call.name == "wrong") co_return PromptResult();
    call.arguments.set("a", 20);
    Outcome outcome = CO_TRY(co_await next());
    std::get<ToolResult>(outcome).content.push_back(Content::text("seen"));
    co_return outcome;
  });
  int ran = 0;
  for (const char* name : {"cached", "denied", "thrown", "broken", "wrong"})
    app.tool(name, "", [&ran] { ++ran; });
  app.tool("double", "", [](int a) { return 2 * a; }, {{"a"}});
  EXPECT_EQ(text("cached"), "from the cache");
  EXPECT_THAT(call_tool("denied").text(), HasSubstr("TOOL_005"));
  EXPECT_EQ(text("thrown"), "Not on Sundays.\n\nTry on Monday.");
  EXPECT_EQ(code("broken"), "TOOL_001");
  EXPECT_THAT(call_tool("broken").text(), Not(HasSubstr("hunter2")));
  EXPECT_EQ(code("wrong"), "TOOL_001");
  EXPECT_EQ(ran, 0);
  const Json doubled = at(call_tool("double"), {"result", "content"});
  EXPECT_EQ(text_at(doubled, {"0", "text"}), "40");
  EXPECT_EQ(text_at(doubled, {"1", "text"}), "seen");
}

TEST_F(InvokeTest, MiddlewareStandsAroundResourcesAndPromptsToo) {
  std::vector<std::string> heard;
  app.middleware([&heard](Invocation& call, Next next) -> Task<Outcome> {
    heard.push_back(call.name + call.arguments.text());
    return next();
  });
  app.resource_template("note://{id}", "note", "", [](const std::string& id) { return "note " + id; });
  app.prompt("review", "", [](const std::string& code) { return "Review " + code; }, {{"code"}});
  EXPECT_EQ(text_at(ask("resources/read", R"({"uri":"note://7"})"), {"result", "contents", "0", "text"}),
            "note 7");
  EXPECT_THAT(ask("prompts/get", R"({"name":"review","arguments":{"code":"x"}})").text(),
              HasSubstr("Review x"));
  EXPECT_THAT(heard, ElementsAre(R"(note://7{"id":"7"})", R"(review{"code":"x"})"));
}

TEST_F(InvokeTest, MiddlewareMayAskAClientOfEitherEra) {
  app.middleware([](Invocation& call, Next next) -> Task<Outcome> {
    const auto said =
        CO_TRY(co_await call.context.elicit("sure", "Sure?", Json::object({{"type", "object"}})));
    if (!said.accepted()) throw FatalToolError("The user said no.");
    co_return co_await next();
  });
  app.tool("delete", "", [] { return "deleted"; });
  ask("initialize", R"({"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},)"
                    R"("clientInfo":{"name":"c","version":"1"}})");
  respond = [](const Json& question) {
    return Json::object({{"jsonrpc", "2.0"},
                         {"id", *question.find("id")},
                         {"result", Json::object({{"action", "decline"}})}});
  };
  EXPECT_EQ(text("delete"), "The user said no.");
  revision = protocol::latest_modern;
  capabilities = R"({"elicitation":{}})";
  const Json asked = at(call_tool("delete"), {"result"});
  EXPECT_EQ(text_at(asked, {"resultType"}), "input_required");
  const Json again =
      Json::object({{"name", "delete"},
                    {"arguments", Json::object()},
                    {"requestState", *asked.find("requestState")},
                    {"inputResponses", Json::object({{"sure", Json::object({{"action", "accept"}})}})}});
  EXPECT_EQ(text_at(ask("tools/call", again.text()), {"result", "content", "0", "text"}), "deleted");
}

TEST_F(InvokeTest, MiddlewareMayTryAgainAndSpeakAfterAWorker) {
  int tries = 0;
  app.middleware([](Invocation& call, Next next) -> Task<Outcome> {
    auto outcome = co_await next();
    if (!outcome && outcome.error().can_retry()) outcome = co_await next();
    call.context.progress(2);
    co_return outcome;
  });
  app.tool("flaky", "",
           [&tries](Context& context) -> int {
             context.progress(1);
             if (++tries == 1) throw RetryableToolError("Again.");
             return tries;
           })
      .blocking();
  const Json reply = ask("tools/call", R"({"name":"flaky","_meta":{"progressToken":1}})");
  EXPECT_EQ(text_at(reply, {"result", "content", "0", "text"}), "2");
  ASSERT_EQ(notified.size(), 2u);
  EXPECT_THAT(notified[1], HasSubstr(R"("progress":2)"));
}

// ---- Secrets

TEST_F(InvokeTest, ADeclaredSecretIsThereAndIsNotPrinted) {
  app.secrets([](std::string_view name) -> std::optional<Secret> {
    if (name == "TOKEN") return Secret("hunter2");
    return std::nullopt;
  });
  app.tool("uses", "",
           [](Context& context) { return std::to_string(context.secret("TOKEN").reveal().size()); })
      .secret("TOKEN");
  app.tool("works", "",
           [](Context& context) {
             return std::string(context.secret("TOKEN").reveal()) == "hunter2" ? "yes" : "no";
           })
      .secret("TOKEN")
      .blocking();
  app.tool("sneaks", "", [](Context& context) { return context.secret("TOKEN").empty(); });
  EXPECT_EQ(text("uses"), "7");
  EXPECT_EQ(text("works"), "yes");
  EXPECT_EQ(text("sneaks"), "The tool asked for a secret that it does not declare.");
}

TEST_F(InvokeTest, AMissingSecretRefusesTheCallBeforeItRuns) {
  int ran = 0;
  bool down = false;
  app.secrets([&down](std::string_view) -> std::optional<Secret> {
    if (down) throw std::runtime_error("vault: password=hunter2");
    return Secret();
  });
  app.tool("uses", "", [&ran] { ++ran; }).secret("API_KEY");
  const Json refused = at(call_tool("uses"), {"result"});
  EXPECT_EQ(text_at(refused, {"_meta", "dev.sallyport/error", "code"}), "CONFIG_002");
  EXPECT_EQ(text_at(refused, {"_meta", "dev.sallyport/error", "executed"}), "no");
  EXPECT_THAT(text_at(refused, {"content", "0", "text"}), HasSubstr("'API_KEY'"));
  server::warn_of_useless_tools(app.registry(), false);
  down = true;
  EXPECT_EQ(code("uses"), "CONFIG_003");
  EXPECT_THAT(call_tool("uses").text(), Not(HasSubstr("hunter2")));
  EXPECT_EQ(ran, 0);
}

TEST_F(InvokeTest, NamesOfSecretsAreUsable) {
  for (const char* bad : {"", "a/b", "..", ".x", "a b"})
    EXPECT_THROW(app.tool(std::string("t") + std::to_string(std::string_view(bad).size()) + "_", "", [] {})
                     .secret(bad),
                 ToolDefinitionError)
        << bad;
  EXPECT_THROW(app.secrets(nullptr), ToolDefinitionError);
  EXPECT_THROW(app.middleware(nullptr), ToolDefinitionError);
}

TEST(Secrets, ComeFromVariablesAndFiles) {
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("secrets" + new_correlation_text());
  std::filesystem::create_directory(directory);
  std::ofstream(directory / "token") << "from a file\r\n";
  std::ofstream(directory / "huge") << std::string(65 * 1024, 'x');
  ::setenv("SP_TEST_KEY", "from a variable", 1);
  ::setenv("SP_TEST_TOKEN_FILE", (directory / "token").c_str(), 1);
  ::setenv("SP_TEST_EMPTY", "", 1);
  const SecretSource environment = secrets_from_environment("SP_TEST_");
  const SecretSource files = secrets_from_directory(directory.string());
  EXPECT_EQ(environment("KEY")->reveal(), "from a variable");
  EXPECT_EQ(environment("TOKEN")->reveal(), "from a file");
  EXPECT_FALSE(environment("EMPTY"));
  EXPECT_FALSE(environment("NONE"));
  EXPECT_EQ(files("token")->reveal(), "from a file");
  EXPECT_FALSE(files("huge"));
  EXPECT_FALSE(files("none"));
  const SecretSource both = first_secret_of({files, environment});
  EXPECT_EQ(both("KEY")->reveal(), "from a variable");
  EXPECT_EQ(both("token")->reveal(), "from a file");
  std::filesystem::remove_all(directory);
}

// ---- Calls from tool to tool

TEST_F(InvokeTest, AToolCallsAnotherWithTheSameChecks) {
  app.tool("add", "", [](int a, int b) { return a + b; }, {{"a"}, {"b"}}).hidden();
  app.tool("fails", "", [] { throw std::out_of_range("password=hunter2"); });
  app.tool("calls", "",
           [](Context& context, const std::string& tool, Json with) -> Task<std::string> {
             const ToolResult result = CO_TRY(co_await context.call(tool, with));
             co_return "got " + result.content.front().json().text();
           },
           {{"tool"}, {"with"}});
  EXPECT_EQ(text("calls", R"({"tool":"add","with":{"a":1,"b":2}})"), R"(got {"type":"text","text":"3"})");
  const Json misfit =
      at(call_tool("calls", R"({"tool":"add","with":{"a":1}})"), {"result", "_meta", "dev.sallyport/error"});
  EXPECT_EQ(text_at(misfit, {"code"}), "TOOL_003");
  EXPECT_EQ(text_at(misfit, {"executed"}), "yes") << "its caller had begun";
  EXPECT_EQ(code("calls", R"({"tool":"nobody","with":{}})"), "TOOL_001");
  EXPECT_EQ(code("calls", R"({"tool":"add","with":[]})"), "TOOL_001");
  const Json failed = call_tool("calls", R"({"tool":"fails","with":{}})");
  EXPECT_EQ(text_at(failed, {"result", "content", "0", "text"}),
            "An unhandled std::out_of_range was raised by the tool.");
  EXPECT_THAT(failed.text(), Not(HasSubstr("hunter2")));
}

TEST_F(InvokeTest, ACircleOfToolsEnds) {
  int ran = 0;
  app.tool("again", "", [&ran](Context& context) -> Task<std::string> {
    ++ran;
    const ToolResult result = CO_TRY(co_await context.call("again"));
    co_return "never";
  });
  EXPECT_EQ(text("again"), "Tools called each other too often in a row.");
  EXPECT_EQ(ran, 9);
}

TEST_F(InvokeTest, WhatTheOuterCallIsTheInnerIs) {
  std::vector<int> depths;
  app.middleware([&depths](Invocation& call, Next next) -> Task<Outcome> {
    depths.push_back(call.depth);
    return next();
  });
  app.secrets([](std::string_view name) { return std::optional(Secret(name)); });
  app.tool("inner", "",
           [](Context& context) -> Task<std::string> {
             context.warning("inner");
             context.progress(50);
             const auto said = CO_TRY(co_await context.elicit("k", "?", Json::object({{"type", "object"}})));
             co_return std::string(context.caller()) + context.correlation_id() +
                 std::string(context.secret("S").reveal()) + (said.accepted() ? "+" : "-");
           })
      .secret("S");
  app.tool("worker", "",
           [](Context& context) {
             context.warning("worker");
             return std::string(context.caller()) + context.correlation_id();
           })
      .blocking();
  app.tool("outer", "", [](Context& context) -> Task<std::string> {
    context.progress(1);
    const ToolResult inner = CO_TRY(co_await context.call("inner"));
    const ToolResult worker = CO_TRY(co_await context.call("worker"));
    context.progress(2);
    const std::string mine = "anonymous" + context.correlation_id();
    co_return *inner.content.front().json().find("text")->as_string() == mine + "S+" &&
            *worker.content.front().json().find("text")->as_string() == mine
        ? "same"
        : "other";
  });
  ask("initialize", R"({"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},)"
                    R"("clientInfo":{"name":"c","version":"1"}})");
  ask("logging/setLevel", R"({"level":"warning"})");
  respond = [](const Json& question) {
    return Json::object({{"jsonrpc", "2.0"},
                         {"id", *question.find("id")},
                         {"result", Json::object({{"action", "accept"}, {"content", Json::object()}})}});
  };
  const Json reply = ask("tools/call", R"({"name":"outer","_meta":{"progressToken":1}})");
  EXPECT_EQ(text_at(reply, {"result", "content", "0", "text"}), "same");
  EXPECT_THAT(depths, ElementsAre(0, 1, 1));
  ASSERT_EQ(notified.size(), 4u) << "the inner one's steps are not the outer one's";
  EXPECT_THAT(notified[1], HasSubstr("inner"));
  EXPECT_THAT(notified[2], HasSubstr("worker"));
}

TEST_F(InvokeTest, CancellationAndTimePassOn) {
  int ended = 0;
  app.tool("sleeps", "", [&ended](Context& context) -> Task<void> {
    const auto slept = co_await context.sleep(std::chrono::hours(1));
    if (!slept) ++ended;
    if (!slept) co_return Failure(slept.error());
    co_return ok();
  });
  app.tool("short", "", [](Context& context) -> Task<ToolResult> { return context.call("sleeps"); })
      .timeout(std::chrono::milliseconds(5));
  app.tool("patient", "", [](Context& context) -> Task<std::string> {
    const auto result = co_await context.call("short");
    co_return std::string(wire_name(result.error().code()));
  });
  EXPECT_EQ(code("short"), "TOOL_004");
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(text("patient"), "TOOL_004") << "the inner one's own time";
  EXPECT_EQ(ended, 2);
}

TEST_F(InvokeTest, AToolThatLacksACapabilityIsNotReachedThroughAnother) {
  app.tool("asks", "", [] { return "asked"; }).needs(Capability::sampling);
  app.tool("outer", "", [](Context& context) -> Task<ToolResult> { return context.call("asks"); });
  EXPECT_THAT(call_tool("outer").text(), HasSubstr("PROTO_006"));
}

struct Busy : std::runtime_error {
  using std::runtime_error::runtime_error;
};

TEST_F(InvokeTest, AdaptersAreAskedAboutWhatLeavesCoroutinesToo) {
  app.adapters({classify::adapter_for<Busy>("busy", [](const Busy&) -> std::optional<Error> {
    return UpstreamRateLimitError("The database is busy.", 250).error();
  })});
  const auto query = []() -> Task<int> {
    throw Busy("password=hunter2");
    co_return 1;
  };
  app.tool("direct", "", []() -> Task<void> {
    throw Busy("password=hunter2");
    co_return ok();
  });
  app.tool("deeper", "", [query]() -> Task<int> { co_return CO_TRY(co_await query()) + 1; });
  app.tool("refused", "", []() -> Task<void> {
    throw std::system_error(ECONNREFUSED, std::generic_category());
    co_return ok();
  });
  EXPECT_EQ(text("direct"), "The database is busy.");
  EXPECT_EQ(text("deeper"), "The database is busy.");
  EXPECT_EQ(code("refused"), "NET_002");
  EXPECT_THAT(call_tool("deeper").text(), Not(HasSubstr("hunter2")));
}

// ---- Deadlines

TEST_F(InvokeTest, AFunctionKnowsWhenItsTimeEndsAndThatOfWhoeverCalledIt) {
  using std::chrono::minutes;
  using Deadline = std::optional<std::chrono::steady_clock::time_point>;
  std::map<std::string, Deadline> seen;
  const auto look = [&seen](const char* name) {
    return [&seen, name](Context& context) { seen[name] = context.deadline(); };
  };
  app.tool("unlimited", "", look("unlimited"));
  app.tool("patient", "", look("patient")).timeout(minutes(60));
  app.tool("outer", "",
           [&](Context& context) -> Task<std::string> {
             seen["outer"] = context.deadline();
             for (const char* inner : {"unlimited", "patient"}) CO_TRY(co_await context.call(inner));
             co_return "done";
           })
      .timeout(minutes(1));
  const auto begun = loop.now();
  call_tool("patient");
  call_tool("unlimited");
  EXPECT_GE(seen["patient"], begun + minutes(60));
  EXPECT_EQ(seen["unlimited"], std::nullopt);
  EXPECT_EQ(text("outer"), "done");
  EXPECT_GE(seen["outer"], begun + minutes(1));
  EXPECT_LT(seen["outer"], begun + minutes(60));
  EXPECT_EQ(seen["unlimited"], seen["outer"]) << "its caller's";
  EXPECT_EQ(seen["patient"], seen["outer"]) << "the nearer one";
}

}  // namespace
}  // namespace sallyport
