// Functions as tools: what is listed, what they are given, and what becomes of what they give back or throw.
#include "asked.hpp"
#include "errors/exceptions.hpp"

#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Pair {
  int a = 0;
  int b = 0;
  static void describe(Fields<Pair>& field) {
    field("a", &Pair::a);
    field("b", &Pair::b);
  }
};

int product(int a, int b) {
  return a * b;
}

struct ToolsTest : ::testing::Test, testing::Asked {
  std::string text(std::string_view tool, std::string_view arguments = "{}") {
    return text_at(call_tool(tool, arguments), {"result", "content", "0", "text"});
  }
  // The code in _meta of a failed call.
  std::string code(std::string_view tool, std::string_view arguments = "{}") {
    return text_at(call_tool(tool, arguments), {"result", "_meta", "dev.sallyport/error", "code"});
  }
};

TEST_F(ToolsTest, EveryShapeOfFunctionIsOne) {
  app.tool("function", "", product, {{"a"}, {"b"}});
  app.tool("struct", "", [](const Pair& pair) { return pair.a + pair.b; });
  app.tool("context", "",
           [](Context& context, int a) { return std::string(context.caller()) + std::to_string(a); },
           {{"a"}});
  app.tool("json", "", [](Json all) { return all; });
  app.tool("result", "", [](int a) -> Result<int> { return a; }, {{"a"}});
  app.tool("task", "", [](Pair pair) -> Task<Pair> { co_return Pair{pair.b, pair.a}; });
  app.tool("nothing", "", [] {});
  app.tool("optional", "", [](std::optional<int> a) { return a.value_or(-1); }, {{"a"}});
  app.tool("list", "", [] { return std::vector<int>{1, 2}; });
  EXPECT_EQ(text("function", R"({"a":6,"b":7})"), "42");
  EXPECT_EQ(text("struct", R"({"a":6,"b":7})"), "13");
  EXPECT_EQ(text("context", R"({"a":1})"), "anonymous1");
  EXPECT_EQ(text("json", R"({"x":[1]})"), R"({"x":[1]})");
  EXPECT_EQ(text("result", R"({"a":1})"), "1");
  EXPECT_EQ(text("task", R"({"a":1,"b":2})"), R"({"a":2,"b":1})");
  EXPECT_EQ(at(call_tool("nothing"), {"result"}).text(), R"({"content":[]})");
  EXPECT_EQ(text("optional"), "-1");
  EXPECT_EQ(at(call_tool("list"), {"result", "structuredContent"}).text(), R"({"result":[1,2]})");
}

TEST_F(ToolsTest, TheListSaysWhatWasSaid) {
  app.tool("mul", "Multiplies.", product, {{"a", "One"}, {"b"}})
      .title("Product")
      .read_only()
      .icon({.src = "data:,x", .sizes = {"any"}})
      .meta("k", 1);
  app.tool("secret", "", [] {}).hidden();
  const Json tools = at(ask("tools/list"), {"result", "tools"});
  ASSERT_EQ(tools.elements().size(), 1u);
  EXPECT_EQ(
      tools.elements()[0].text(),
      R"({"name":"mul","description":"Multiplies.","title":"Product","inputSchema":{"type":"object",)"
      R"("properties":{"a":{"type":"integer","description":"One"},"b":{"type":"integer"}},)"
      R"("required":["a","b"],"additionalProperties":false},"outputSchema":{"type":"object",)"
      R"("properties":{"result":{"type":"integer"}},"required":["result"]},)"
      R"("annotations":{"readOnlyHint":true},"icons":[{"src":"data:,x","sizes":["any"]}],"_meta":{"k":1}})");
  revision = protocol::Revision::v2024_11_05;
  EXPECT_THAT(ask("tools/list").text(), Not(HasSubstr("outputSchema")));
  EXPECT_EQ(text("secret"), "");
}

TEST_F(ToolsTest, PagesAreFollowedByTheirCursor) {
  app.page_size(2);
  for (const char* name : {"a", "b", "c"}) app.tool(name, "", [] {});
  const Json first = at(ask("tools/list"), {"result"});
  EXPECT_EQ(at(first, {"tools"}).elements().size(), 2u);
  const std::string cursor = text_at(first, {"nextCursor"});
  const Json second = ask("tools/list", Json::object({{"cursor", cursor}}).text());
  EXPECT_EQ(text_at(second, {"result", "tools", "0", "name"}), "c");
  EXPECT_EQ(at(ask("tools/list", R"({"cursor":"made up"})"), {"error", "code"}).text(), "-32602");
}

TEST_F(ToolsTest, BadArgumentsDoNotReachTheFunction) {
  int calls = 0;
  app.tool("f", "", [&calls](Pair) { ++calls; });
  for (const char* bad : {"{}", R"({"a":1})", R"({"a":1,"b":"SECRET"})", R"({"a":1,"b":2,"SECRET":3})"}) {
    const Json reply = call_tool("f", bad);
    EXPECT_EQ(text_at(reply, {"result", "_meta", "dev.sallyport/error", "code"}), "TOOL_003") << bad;
    EXPECT_EQ(text_at(reply, {"result", "_meta", "dev.sallyport/error", "executed"}), "no");
    EXPECT_THAT(reply.text(), Not(HasSubstr("SECRET")));
  }
  EXPECT_EQ(calls, 0);
}

TEST_F(ToolsTest, ASchemaWrittenByHandIsEnforced) {
  int calls = 0;
  const auto count = [&calls](const Json&) { ++calls; };
  app.tool("hand", "", count).input_schema(*Json::parse(R"({
    "type":"object","properties":{"n":{"$ref":"#/$defs/count"}},"required":["n"],"additionalProperties":false,
    "$defs":{"count":{"type":"integer","minimum":1}}})"));
  for (const char* bad : {"{}", R"({"n":0})", R"({"n":"SECRET"})", R"({"n":1,"SECRET":3})"}) {
    const Json reply = call_tool("hand", bad);
    EXPECT_EQ(text_at(reply, {"result", "_meta", "dev.sallyport/error", "code"}), "TOOL_003") << bad;
    EXPECT_EQ(text_at(reply, {"result", "_meta", "dev.sallyport/error", "executed"}), "no");
    EXPECT_THAT(reply.text(), Not(HasSubstr("SECRET")));
  }
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(code("hand", R"({"n":1})"), "");
  EXPECT_EQ(calls, 1);
  const Json foreign = *Json::parse(R"({"$ref":"https://example.com/schema.json"})");
  EXPECT_THROW(app.tool("foreign", "", count).input_schema(foreign), ToolInputSchemaError);
  app.tool("shown", "", count).input_schema(foreign, false);
  EXPECT_EQ(code("shown", R"({"any":"thing"})"), "");
}

struct Reading {
  double celsius = 0;
  std::string station;
  static void describe(Fields<Reading>& field) {
    field("celsius", &Reading::celsius).min(-90);
    field("station", &Reading::station).keyword("pattern", "^[A-Z]{3}$");
  }
};

TEST_F(ToolsTest, ResultsAreHeldAgainstWhatWasPromised) {
  app.tool("hand", "", [](Json all) { return all; })
      .output_schema(*Json::parse(R"({"type":"object","properties":{"n":{"$ref":"#/$defs/count"}},)"
                                  R"("required":["n"],"$defs":{"count":{"type":"integer","minimum":1}}})"));
  EXPECT_EQ(at(call_tool("hand", R"({"n":1})"), {"result", "structuredContent"}).text(), R"({"n":1})");
  const Json bad = call_tool("hand", R"({"n":"SECRET","SECRET":2})");
  EXPECT_EQ(text_at(bad, {"result", "_meta", "dev.sallyport/error", "code"}), "TOOL_001");
  EXPECT_EQ(text_at(bad, {"result", "_meta", "dev.sallyport/error", "kind"}),
            "TOOL_RUNTIME_BAD_OUTPUT_VALUE");
  EXPECT_EQ(text_at(bad, {"result", "_meta", "dev.sallyport/error", "executed"}), "yes");
  EXPECT_EQ(text_at(bad, {"result", "content", "0", "text"}),
            "The result of the tool is not what its output schema promises at '/n': it must be an integer. "
            "That is a mistake of the tool; tell whoever wrote it.");
  EXPECT_THAT(bad.text(), Not(HasSubstr("SECRET")));
  EXPECT_THAT(text("hand"), HasSubstr("at '/n': it is required"));
  EXPECT_THROW(
      app.tool("foreign", "", [](Json all) { return all; }).output_schema(*Json::parse(R"({"$ref":"#/no"})")),
      ToolOutputSchemaError);
  app.tool("shown", "", [](Json all) { return all; })
      .output_schema(*Json::parse(R"({"$ref":"#/no"})"), false);
  EXPECT_EQ(code("shown", R"({"any":"thing"})"), "");
}

TEST_F(ToolsTest, ADerivedOutputSchemaIsKeptToo) {
  app.tool("read", "", [](double celsius, std::string station) { return Reading{celsius, station}; },
           {{"celsius"}, {"station"}});
  app.tool("infinite", "", [] { return 1e308 * 10; });
  EXPECT_EQ(code("read", R"({"celsius":3,"station":"ZRH"})"), "");
  EXPECT_THAT(text("read", R"({"celsius":-91,"station":"ZRH"})"),
              HasSubstr("'/celsius': it must be at least"));
  const std::string wrong = text("read", R"({"celsius":3,"station":"secret"})");
  EXPECT_THAT(wrong, HasSubstr("'/station': it must match the pattern ^[A-Z]{3}$"));
  EXPECT_THAT(wrong, Not(HasSubstr("secret")));
  EXPECT_EQ(code("infinite"), "TOOL_001") << "JSON has no number for it";
}

TEST_F(ToolsTest, AnErrorOrNothingIsHeldAgainstNoSchema) {
  const auto schema = *Json::parse(R"({"type":"object","required":["n"]})");
  app.tool("says", "", [] { return ToolResult::error("Could not."); }).output_schema(schema);
  app.tool("text", "", [] { return "a text"; }).output_schema(schema);
  app.tool("maybe", "", [](bool there) { return there ? std::optional(1) : std::nullopt; }, {{"there"}});
  app.tool("some", "", [] { return std::vector<std::optional<int>>{1, std::nullopt}; });
  EXPECT_EQ(text("says"), "Could not.");
  EXPECT_THAT(text("text"), HasSubstr("it has no structured content"));
  EXPECT_EQ(at(call_tool("maybe", R"({"there":true})"), {"result", "structuredContent"}).text(),
            R"({"result":1})");
  EXPECT_EQ(at(call_tool("maybe", R"({"there":false})"), {"result", "structuredContent"}).text(), "{}");
  EXPECT_EQ(at(call_tool("some"), {"result", "structuredContent"}).text(), R"({"result":[1,null]})");
}

TEST_F(ToolsTest, WhatMiddlewareMakesOfAResultIsCheckedToo) {
  app.tool("read", "", [] { return Reading{1, "ZRH"}; });
  app.middleware([](Invocation&, Next next) -> Task<Outcome> {
    Outcome outcome = CO_TRY(co_await next());
    std::get<ToolResult>(outcome).structured->set("celsius", "warm");
    co_return outcome;
  });
  EXPECT_THAT(text("read"), HasSubstr("'/celsius': it must be a number"));
}

TEST_F(ToolsTest, FailuresAreWhatTheirClassSays) {
  app.tool("typed", "",
           [] { throw RetryableToolError("Ask for less.", "secret reason", "At most ten.", 1500); });
  app.tool("awaited", "", []() -> Task<void> {
    throw UpstreamError("The service said no.", 503);
    co_return ok();
  });
  app.tool("foreign", "", [] { throw std::runtime_error("password=hunter2"); });
  app.tool("returned", "", []() -> Result<int> { return fail(Error(Code::network_dns_error)); });
  app.tool("said", "", [] { return ToolResult::error("Could not."); });

  const Json typed = at(call_tool("typed"), {"result"});
  EXPECT_EQ(text_at(typed, {"content", "0", "text"}), "Ask for less.\n\nAt most ten.");
  EXPECT_EQ(at(typed, {"isError"}).text(), "true");
  EXPECT_EQ(at(typed, {"_meta", "dev.sallyport/error", "retryAfterMs"}).text(), "1500");
  EXPECT_THAT(typed.text(), Not(HasSubstr("secret reason")));
  const Json awaited = at(call_tool("awaited"), {"result"});
  EXPECT_EQ(text_at(awaited, {"content", "0", "text"}), "The service said no.");
  EXPECT_EQ(at(awaited, {"_meta", "dev.sallyport/error", "statusCode"}).text(), "503");
  const Json foreign = call_tool("foreign");
  EXPECT_EQ(text_at(foreign, {"result", "_meta", "dev.sallyport/error", "code"}), "TOOL_001");
  EXPECT_EQ(text_at(foreign, {"result", "content", "0", "text"}),
            "An unhandled std::runtime_error was raised by the tool.");
  EXPECT_THAT(foreign.text(), Not(HasSubstr("hunter2")));
  EXPECT_EQ(code("returned"), "NET_004");
  EXPECT_EQ(at(call_tool("said"), {"result"}).text(),
            R"({"content":[{"type":"text","text":"Could not."}],"isError":true})");
}

TEST_F(ToolsTest, WhatIsThrownIsClassified) {
  app.tool("coroutine", "", []() -> Task<void> {
    throw std::out_of_range("password=hunter2");
    co_return ok();
  });
  app.tool("refused", "", [] { throw std::system_error(ECONNREFUSED, std::generic_category()); });
  app.tool("memory", "", [] { throw std::bad_alloc(); });
  const Json coroutine = call_tool("coroutine");
  EXPECT_EQ(text_at(coroutine, {"result", "content", "0", "text"}),
            "An unhandled std::out_of_range was raised by the tool.");
  EXPECT_THAT(coroutine.text(), Not(HasSubstr("hunter2")));
  EXPECT_EQ(code("coroutine"), "TOOL_001");
  EXPECT_EQ(code("refused"), "NET_002");
  EXPECT_EQ(text_at(call_tool("refused"), {"result", "_meta", "dev.sallyport/error", "executed"}), "yes");
  EXPECT_EQ(code("memory"), "SYS_002");
}

struct Busy : std::runtime_error {
  using std::runtime_error::runtime_error;
};

TEST_F(ToolsTest, AdaptersSayWhatExceptionsOfLibrariesAre) {
  using classify::adapter_for;
  app.adapters({adapter_for<std::logic_error>("broken",
                                              [](const std::logic_error&) -> std::optional<Error> {
                                                throw std::runtime_error("no use");
                                              }),
                adapter_for<Busy>("busy", [](const Busy&) -> std::optional<Error> {
                  return UpstreamRateLimitError("The database is busy.", 250).error();
                })});
  app.tool("busy", "", [] { throw Busy("password=hunter2"); });
  app.tool("broken", "", [] { throw std::invalid_argument("x"); });
  const Json busy = at(call_tool("busy"), {"result"});
  EXPECT_EQ(text_at(busy, {"content", "0", "text"}), "The database is busy.");
  EXPECT_EQ(at(busy, {"_meta", "dev.sallyport/error", "retryAfterMs"}).text(), "250");
  EXPECT_THAT(busy.text(), Not(HasSubstr("hunter2")));
  EXPECT_EQ(code("broken"), "TOOL_001");
  EXPECT_THROW(app.adapters({nullptr}), ToolDefinitionError);
}

TEST_F(ToolsTest, AnUnknownToolIsSaidToBeOne) {
  app.tool("weather", "", [] {});
  const Json reply = call_tool("wether");
  EXPECT_EQ(at(reply, {"error", "code"}).text(), "-32602");
  EXPECT_THAT(text_at(reply, {"error", "message"}), HasSubstr("did you mean 'weather'?"));
}

TEST_F(ToolsTest, NamesAreUsableAndTakenOnce) {
  app.tool("good", "", [] {});
  EXPECT_THROW(app.tool("good", "", [] {}), ToolDefinitionError);
  EXPECT_THROW(app.tool("", "", [] {}), ToolDefinitionError);
  EXPECT_THROW(app.tool("no spaces", "", [] {}), ToolDefinitionError);
  EXPECT_THROW(app.tool("unnamed", "", product, {{"a"}}), ToolInputSchemaError);
}

TEST_F(ToolsTest, ContentIsWhatTheRevisionKnows) {
  app.tool("blocks", "", [] {
    return std::vector<Content>{Content::audio("x", "audio/wav"),
                                Content::resource_link({.uri = "test://a", .name = "A"})};
  });
  EXPECT_EQ(text_at(call_tool("blocks"), {"result", "content", "1", "type"}), "resource_link");
  revision = protocol::Revision::v2024_11_05;
  const Json old = at(call_tool("blocks"), {"result", "content"});
  EXPECT_EQ(text_at(old, {"0", "text"}),
            "[audio: audio/wav, which this revision of the protocol cannot carry]");
  EXPECT_EQ(text_at(old, {"1", "text"}), "A: test://a");
}

TEST_F(ToolsTest, ModernResultsAreMarked) {
  revision = protocol::latest_modern;
  app.tool("f", "", [] { return "x"; });
  const Json reply = at(call_tool("f"), {"result"});
  EXPECT_EQ(text_at(reply, {"resultType"}), "complete");
  EXPECT_TRUE(at(reply, {"_meta", "io.modelcontextprotocol/serverInfo"}).is_object());
}

TEST_F(ToolsTest, LogsAndProgressGoToWhoAsked) {
  app.tool("busy", "", [](Context& context) {
    context.debug("detail");
    context.progress(1, 2, "half");
    context.progress(1, 2, "again");
    context.warning(Json::object({{"left", 1}}));
  });
  call_tool("busy");
  EXPECT_EQ(notified.size(), 2u) << "no token, no progress";
  notified.clear();
  ask("logging/setLevel", R"({"level":"warning"})");
  ask("tools/call", R"({"name":"busy","_meta":{"progressToken":"t"}})");
  ASSERT_EQ(notified.size(), 2u);
  EXPECT_EQ(notified[0], R"({"jsonrpc":"2.0","method":"notifications/progress","params":)"
                         R"({"progressToken":"t","progress":1,"total":2,"message":"half"}})");
  EXPECT_EQ(notified[1], R"({"jsonrpc":"2.0","method":"notifications/message","params":)"
                         R"({"level":"warning","data":{"left":1}}})");
}

TEST_F(ToolsTest, ACapabilityThatIsMissingRefusesTheCall) {
  app.tool("asks", "", [] { return "asked"; }).needs(Capability::sampling);
  const Json refused = at(call_tool("asks"), {"error", "data"});
  EXPECT_EQ(at(refused, {"requiredCapabilities"}).text(), R"({"sampling":{}})");
  EXPECT_EQ(text_at(refused, {"dev.sallyport/error", "code"}), "PROTO_006");
  ask("initialize", R"({"protocolVersion":"2025-11-25","capabilities":{"sampling":{}},)"
                    R"("clientInfo":{"name":"c","version":"1"}})");
  EXPECT_EQ(text("asks"), "asked");
}

TEST_F(ToolsTest, AToolThatNeedsScopesIsForTokensThatGrantThem) {
  int calls = 0;
  app.tool("notes", "",
           [&calls](Context& context) {
             ++calls;
             return context.claims().text() + (context.has_scope("extra") ? " extra" : "");
           })
      .scopes({"read", "write"});
  app.tool("strict", "", [&calls] { ++calls; }).scopes({"read"}, OnStdio::refused).hidden();
  app.tool("outer", "", [](Context& context) { return context.call("strict"); });
  const auto refused = [&](std::string_view tool) {
    return text_at(call_tool(tool), {"error", "data", "dev.sallyport/error", "code"}) == "AUTH_003";
  };
  principal.source = "127.0.0.1";
  EXPECT_TRUE(refused("notes")) << "over HTTP, and nobody was asked";
  principal.grant = std::make_shared<pipeline::Grant>(std::vector<std::string>{"read"}, "");
  EXPECT_THAT(text_at(call_tool("notes"), {"error", "message"}), HasSubstr("needs the scopes read write"));
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(code("strict"), "");
  EXPECT_EQ(code("outer"), "");
  principal.grant = std::make_shared<pipeline::Grant>(std::vector<std::string>{"write", "read", "extra"},
                                                      R"({"team":"red"})");
  EXPECT_EQ(text("notes"), R"({"team":"red"} extra)");
  EXPECT_EQ(calls, 3);
  principal = {};
  principal.source = "stdio";
  EXPECT_EQ(text("notes"), "null");
  EXPECT_TRUE(refused("strict"));
  EXPECT_TRUE(refused("outer")) << "a tool lends its caller nothing";
  EXPECT_EQ(calls, 4);
  EXPECT_THROW(app.tool("bad", "", [] {}).scopes({"two words"}), ToolDefinitionError);
}

TEST_F(ToolsTest, WhoCallsIsKnownOnAWorkerToo) {
  principal.grant = std::make_shared<pipeline::Grant>(std::vector<std::string>{"read"}, R"({"team":"red"})");
  app.tool("block", "", [](Context& context) { return context.claims().text(); }).scopes({"read"}).blocking();
  EXPECT_EQ(text("block"), R"({"team":"red"})");
}

TEST_F(ToolsTest, ABlockingFunctionRunsBesideTheLoopAndIsHeard) {
  const auto here = std::this_thread::get_id();
  app.tool("block", "",
           [here](Context& context, int a) {
             context.progress(1, 2);
             return std::this_thread::get_id() == here ? -1 : a + (context.caller() == "anonymous" ? 1 : 0);
           },
           {{"a"}})
      .blocking();
  app.tool("fails", "", []() -> int { throw FatalToolError("It broke."); }).blocking();
  const Json reply =
      ask("tools/call", R"({"name":"block","arguments":{"a":41},"_meta":{"progressToken":1}})");
  EXPECT_EQ(text_at(reply, {"result", "content", "0", "text"}), "42");
  EXPECT_EQ(notified.size(), 1u);
  EXPECT_EQ(text("fails"), "It broke.");
  EXPECT_EQ(code("block", R"({"a":"x"})"), "TOOL_003");
}

TEST_F(ToolsTest, ACallThatTakesTooLongEndsAsTimeOut) {
  bool ended = false;
  app.tool("slow", "",
           [&ended](Context& context) -> Task<void> {
             const auto slept = co_await context.sleep(std::chrono::hours(1));
             ended = !slept;
             if (!slept) co_return Failure(slept.error());
             co_return ok();
           })
      .timeout(std::chrono::milliseconds(5));
  for (const protocol::Revision each : {protocol::latest_legacy, protocol::latest_modern}) {
    revision = each;
    ended = false;
    const Json reply = call_tool("slow");
    EXPECT_EQ(text_at(reply, {"result", "_meta", "dev.sallyport/error", "code"}), "TOOL_004");
    EXPECT_THAT(text_at(reply, {"result", "content", "0", "text"}), HasSubstr("did not finish within 1 s"));
    EXPECT_TRUE(ended) << "the function was told";
  }
}

TEST_F(ToolsTest, ChangesAreToldOnce) {
  struct Ear final : pipeline::Listener {
    void list_changed(protocol::Topic topic) override { heard.push_back(topic); }
    std::vector<protocol::Topic> heard;
  } ear;
  auto subscription = host.subscribe("", ear);
  app.tool("a", "", [] {});
  app.tool("b", "", [] {});
  EXPECT_TRUE(app.remove_tool("a"));
  EXPECT_FALSE(app.remove_tool("a"));
  loop.poll();
  EXPECT_EQ(ear.heard, std::vector{protocol::Topic::tools});
  subscription.reset();
  app.remove_tool("b");
  loop.poll();
  EXPECT_EQ(ear.heard.size(), 1u);
}

TEST_F(ToolsTest, ADrainRefusesAndWaits) {
  host.drain();
  EXPECT_THAT(ask("tools/list").text(), HasSubstr("LIMIT_008"));
  EXPECT_TRUE(testing::run(loop, host.finish_calls(loop.now())));
}

}  // namespace
}  // namespace sallyport
