// A tool while it runs: whom it tells, who may call it, how long it may take, and the end of its server.
#include "errors/exceptions.hpp"
#include "tools_fixture.hpp"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport {
namespace {

using ::testing::HasSubstr;

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
