// From a name to a tool, in front of a real child; and the places that its server has.
#include "layers/resolve/resolve.hpp"

#include "layers/concurrency/concurrency.hpp"
#include "layers/render/render.hpp"
#include "layers/route/route.hpp"
#include "layers/upstream/upstream.hpp"
#include "pipeline/stack.hpp"
#include "unit/client/scripted_child.hpp"
#include "unit/layers/asked.hpp"
#include "unit/upstream/silent_observer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

using pipeline::layer;
using pipeline::stack;
using ::testing::HasSubstr;

// A fleet of one server, `srv`, that lists `tools` and answers the first call with `answer`.
struct Fleet {
  Fleet(task::Loop& loop, std::string_view tools, std::vector<std::string> deny = {},
        std::string_view answer = R"("result":{"content":[]})")
      : loop_(loop) {
    upstream::Definition definition;
    definition.key = "srv";
    definition.prefix = "srv__";
    definition.protocol = protocol::latest_legacy;
    definition.deny = std::move(deny);
    testing::run_script(definition,
                        testing::after_handshake("IFS= read -r l\necho '{\"jsonrpc\":\"2.0\",\"id\":2,"
                                                 "\"result\":{\"tools\":" +
                                                 std::string(tools) +
                                                 "}}'\nIFS= read -r l\n"
                                                 "echo '{\"jsonrpc\":\"2.0\",\"id\":3," +
                                                 std::string(answer) + "}'\ncat > /dev/null"));
    fleet.emplace(loop, upstream::Settings{}, budget, std::vector{std::move(definition)}, observer);
  }
  ~Fleet() { EXPECT_TRUE(testing::run(loop_, fleet->stop())); }

  task::Loop& loop_;
  net::Budget budget{1u << 20};
  testing::SilentObserver observer;
  std::optional<upstream::Fleet> fleet;
};

constexpr std::string_view two_tools = R"([{"name":"read"},{"name":"secret"}])";

struct ResolveTest : ::testing::Test {
  Result<pipeline::Reply> ask(pipeline::Service& service, Asked& asked) {
    return testing::run(loop, service.call(asked.call));
  }
  std::unique_ptr<pipeline::Service> resolving(Fleet& fleet) {
    return stack(layer<Render>(), layer<Resolve>(loop.timers(), *fleet.fleet->current()),
                 Next::counting(through));
  }
  // What a client sees of a call that fails.
  std::string shown(Fleet& fleet, std::string text, std::string_view endpoint = "") {
    const auto service = resolving(fleet);
    Asked asked(std::move(text), loop.now());
    asked.call.correlation = {};
    asked.call.endpoint = endpoint;
    auto reply = ask(*service, asked);
    if (!reply || !std::holds_alternative<pipeline::Failed>(*reply)) return "no failure";
    return protocol::to_response(*std::get<pipeline::Failed>(*reply).failure, "1", protocol::latest_modern);
  }

  task::Loop loop;
  telemetry::Registry metrics;
  int through = 0;
};

TEST_F(ResolveTest, WaitsForTheServerThatHasTheTool) {
  Fleet fleet(loop, two_tools);
  const auto service = resolving(fleet);
  Asked asked(tools_call("srv__read"), loop.now());
  ASSERT_TRUE(ask(*service, asked));
  EXPECT_EQ(through, 1);
  ASSERT_TRUE(asked.call.server);
  EXPECT_EQ(asked.call.server->key(), "srv");
  EXPECT_EQ(asked.call.tool->name, "read");
  EXPECT_EQ(asked.call.shown_name, "srv__read");
  EXPECT_EQ(asked.call.hops, 1);
  Asked own(tools_call("read"), loop.now());
  own.call.endpoint = "srv";
  ASSERT_TRUE(ask(*service, own));
  EXPECT_EQ(own.call.shown_name, "read");
}

TEST_F(ResolveTest, ADeniedToolLooksAsIfItHadNeverBeen) {
  Fleet denying(loop, two_tools, {"secret"});
  Fleet without(loop, R"([{"name":"read"}])");
  const std::string denied = shown(denying, tools_call("srv__secret"));
  EXPECT_THAT(denied, HasSubstr("TOOL_002"));
  EXPECT_EQ(denied, shown(without, tools_call("srv__secret")));
  EXPECT_EQ(through, 0);
  const auto service =
      stack(layer<Resolve>(loop.timers(), *denying.fleet->current()), Next::counting(through));
  Asked asked(tools_call("srv__secret"), loop.now());
  EXPECT_EQ(ask(*service, asked).error().code(), Code::policy_tool_denied) << "operators see the difference";
}

// With the rest of the stack behind it, as it is the server that says so.
TEST_F(ResolveTest, AServerThatIsSwitchedOffSaysSoWhateverItsToolsAreCalled) {
  Fleet fleet(loop, two_tools, {"secret"});
  ASSERT_TRUE(testing::run(loop, fleet.fleet->current()->settle("", loop.now() + testing::patience)));
  (void)fleet.fleet->current()->view("");
  ASSERT_TRUE(fleet.fleet->replace("srv", upstream::Power::off, std::chrono::seconds(30)));
  const auto off = [&](std::string_view tool, std::string_view endpoint = "") {
    const auto service =
        stack(layer<Resolve>(loop.timers(), *fleet.fleet->current()), Next::counting(through));
    Asked asked(tools_call(tool), loop.now());
    asked.call.endpoint = endpoint;
    return ask(*service, asked) && asked.call.server &&
           asked.call.server->state() == upstream::State::disabled;
  };
  EXPECT_TRUE(off("srv__read"));
  EXPECT_TRUE(off("read", "srv"));
  EXPECT_FALSE(off("read"));
  EXPECT_FALSE(off("srv__secret")) << "still denied";
  EXPECT_FALSE(off("nobodys__read"));
}

TEST_F(ResolveTest, SuggestsWhatIsInTheViewOnly) {
  Fleet fleet(loop, two_tools, {"secret"});
  EXPECT_THAT(shown(fleet, tools_call("srv__raed")), HasSubstr("srv__read"));
  EXPECT_THAT(shown(fleet, tools_call("srv__secrt")), ::testing::Not(HasSubstr("srv__secret")));
}

TEST_F(ResolveTest, AServersOwnEndpointTakesWhatItDoesNotList) {
  Fleet fleet(loop, two_tools, {"secret"});
  const auto service = resolving(fleet);
  Asked asked(tools_call("unlisted"), loop.now());
  asked.call.endpoint = "srv";
  ASSERT_TRUE(ask(*service, asked));
  EXPECT_EQ(through, 1);
  ASSERT_TRUE(asked.call.tool);
  EXPECT_FALSE(asked.call.tool->listed);
  EXPECT_TRUE(asked.call.shown_name.empty()) << "a name that only the caller said";
  EXPECT_THAT(shown(fleet, tools_call("secret"), "srv"), HasSubstr("TOOL_002"));
}

TEST_F(ResolveTest, GatewaysInARowAreCounted) {
  Fleet fleet(loop, two_tools);
  const auto with_hops = [](std::string_view hops) {
    return R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"srv__read","_meta":{"dev.sallyport/hops":)" +
           std::string(hops) + "}}}";
  };
  for (const std::string_view too_many : {"4", "5", "-1", "1.5", "\"1\"", "99999999999999999999"}) {
    EXPECT_THAT(shown(fleet, with_hops(too_many)), HasSubstr(wire_name(Code::proto_too_many_hops)))
        << too_many;
  }
  const auto service = resolving(fleet);
  Asked asked(with_hops("3"), loop.now());
  ASSERT_TRUE(ask(*service, asked));
  EXPECT_EQ(asked.call.hops, 4);
  EXPECT_EQ(through, 1);
}

TEST_F(ResolveTest, MirroredParametersHaveToAgree) {
  Fleet fleet(
      loop,
      R"([{"name":"q","inputSchema":{"type":"object","properties":{"r":{"type":"string","x-mcp-header":"Region"}}}}])");
  const auto service = resolving(fleet);
  const auto asks = [&](std::string_view value) {
    const protocol::HeaderView mirrored[] = {{"Mcp-Param-Region", value}};
    Asked asked(
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"srv__q","arguments":{"r":"eu"}}})",
        loop.now());
    asked.call.param_headers = mirrored;
    auto reply = ask(*service, asked);
    return reply && std::holds_alternative<pipeline::Failed>(*reply)
               ? std::optional(std::get<pipeline::Failed>(*reply).error.code())
               : std::nullopt;
  };
  EXPECT_EQ(asks("eu"), std::nullopt);
  EXPECT_EQ(asks("us"), Code::proto_header_mismatch);
  EXPECT_EQ(through, 1);
}

TEST_F(ResolveTest, BeyondItsPlacesAServerTakesNoMore) {
  Fleet fleet(loop, two_tools);
  const auto server = fleet.fleet->current()->find("srv")->server();
  client::Outgoing waiting;  // takes a place while the server starts
  testing::Started<std::unique_ptr<pipeline::Answer>> taken(loop, server->request(waiting));
  ASSERT_EQ(server->in_flight(), 1u);
  Asked asked;
  asked.call.server = server;
  Concurrency full(Next::counting(through), 1);
  const auto refused = ask(full, asked);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::limit_concurrency);
  EXPECT_EQ(refused.error().executed(), Executed::no);
  EXPECT_TRUE(refused.error().retry_after());
  EXPECT_EQ(through, 0);
  EXPECT_TRUE(taken.wait());
  EXPECT_TRUE(ask(full, asked)) << "the place is free again";
}

struct Answered {
  std::string_view answer;
  std::optional<Code> code;
};

TEST_F(ResolveTest, AnswersThatAreNoneOfThisCall) {
  for (const auto& [answer, code] : {Answered{R"("result":{"content":[]})", {}},
                                     {R"("error":{"code":-32602,"message":"no"})", {}},
                                     {R"("result":{"resultType":"input_required","inputRequests":{}})", {}},
                                     {R"("result":{"resultType":"task"})", Code::network_protocol_error}}) {
    Fleet fleet(loop, two_tools, {}, answer);
    const telemetry::CallHub hub;
    const auto service = stack(layer<Route>(loop.timers(), metrics, *fleet.fleet->current()),
                               layer<Resolve>(loop.timers(), *fleet.fleet->current()),
                               std::make_unique<Upstream>(loop.timers(), hub, 100));
    Asked asked(tools_call("srv__read"), loop.now());
    const auto reply = ask(*service, asked);
    EXPECT_EQ(reply ? std::nullopt : std::optional(reply.error().code()), code) << answer;
  }
}

TEST_F(ResolveTest, RouteAnswersWhatNeedsNoServer) {
  Fleet fleet(loop, two_tools);
  Route route(Next::counting(through), loop.timers(), metrics, *fleet.fleet->current());
  const auto answer = [&](std::string method, std::string params = "{}",
                          protocol::Revision revision = protocol::latest_legacy) {
    Asked asked(R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" + params + "}",
                loop.now());
    asked.call.revision = revision;
    auto reply = ask(route, asked);
    return reply ? *std::get<pipeline::Local>(*reply).result : std::string(wire_name(reply.error().code()));
  };
  EXPECT_EQ(answer("ping"), "{}");
  EXPECT_THAT(
      answer("initialize",
             R"({"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}})"),
      HasSubstr(R"("protocolVersion":"2025-06-18")"));
  EXPECT_THAT(answer("tools/list"), HasSubstr(R"("tools":[{"name":"srv__read"},{"name":"srv__secret"}])"));
  EXPECT_EQ(answer("tools/list", R"({"cursor":"x"})"), wire_name(Code::proto_invalid_cursor));
  EXPECT_EQ(answer("prompts/list"), R"({"prompts":[]})") << "initialize may have promised them";
  EXPECT_EQ(answer("prompts/list", "{}", protocol::latest_modern), wire_name(Code::proto_method_not_found))
      << "server/discover says that there are none";
  EXPECT_THAT(answer("server/discover", "{}", protocol::latest_modern),
              HasSubstr(R"("capabilities":{"tools":{"listChanged":true}})"));
  EXPECT_EQ(answer("tools/call", R"({"name":7})"), wire_name(Code::proto_invalid_params));
  EXPECT_EQ(through, 0);
}

}  // namespace
}  // namespace sallyport::layers
