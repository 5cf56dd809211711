// Functions as tools: what is listed, and what they are given.
#include "errors/exceptions.hpp"
#include "tools_fixture.hpp"

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

}  // namespace
}  // namespace sallyport
