// What is counted for a call: outcomes, and labels that callers cannot choose.
#include "layers/telemetry/telemetry.hpp"

#include "layers/render/render.hpp"
#include "telemetry/metrics_names.hpp"
#include "unit/layers/asked.hpp"
#include "upstream/tool.hpp"

#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

namespace metrics = telemetry::metrics;

std::unique_ptr<pipeline::Service> upstream_says(std::string text) {
  return Next::make([text](pipeline::Call&) -> Task<pipeline::Reply> {
    const protocol::Parsed parsed(text);
    auto answer = std::make_unique<pipeline::Answer>();
    answer->bytes = parsed.bytes;
    answer->message = parsed.message;
    co_return answer;
  });
}

struct TelemetryTest : ::testing::Test {
  void ask(Telemetry& layer, std::shared_ptr<const upstream::Tool> tool) {
    Asked asked(tools_call("t"), timers.now());
    asked.call.tool = std::move(tool);
    EXPECT_TRUE(testing::run(loop, layer.call(asked.call)));
  }
  static std::shared_ptr<const upstream::Tool> tool(std::string name, bool listed = true) {
    upstream::Tool made;
    made.server = "s";
    made.name = std::move(name);
    made.listed = listed;
    return std::make_shared<const upstream::Tool>(std::move(made));
  }
  std::uint64_t calls(std::string_view server, std::string_view name, std::string_view code) {
    return registry.counter(metrics::calls, {server, name, code}).value();
  }
  task::Loop loop;
  testing::ManualTimers timers;
  telemetry::Registry registry;
  telemetry::CallHub hub;
};

struct Heard final : telemetry::CallObserver {
  void call_finished(const telemetry::CallRecord& record) override {
    ++calls;
    code = record.outcome.code_name();
    target = record.target;
    requested = record.requested;
    request_id = record.request_id;
    executed = record.outcome.executed;
    trace = record.trace;
    took = record.took;
    response_bytes = record.outcome.response_bytes;
  }
  int calls = 0;
  std::string code, target, requested, request_id;
  Executed executed{};
  telemetry::Trace trace;
  std::chrono::steady_clock::duration took{};
  std::size_t response_bytes = 0;
};

TEST_F(TelemetryTest, OutcomesOfAnswers) {
  const auto known = tool("t");
  Telemetry good(upstream_says(R"({"jsonrpc":"2.0","id":1,"result":{"content":[]}})"), timers, registry, hub);
  ask(good, known);
  ask(good, known);
  Telemetry bad(upstream_says(R"({"jsonrpc":"2.0","id":1,"result":{"isError":true}})"), timers, registry,
                hub);
  ask(bad, known);
  Telemetry refused(upstream_says(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"m"}})"),
                    timers, registry, hub);
  ask(refused, known);
  EXPECT_EQ(calls("s", "t", "ok"), 2u);
  EXPECT_EQ(calls("s", "t", "TOOL_001"), 2u);
  EXPECT_EQ(registry.histogram(metrics::call_duration, {"s"}).count(), 4u);
}

TEST_F(TelemetryTest, OnlyWhatDidNotRunIsARefusal) {
  Telemetry refusing(
      std::make_unique<Render>(Next::failing(Error(Code::limit_concurrency).with_executed(Executed::no))),
      timers, registry, hub);
  ask(refusing, tool("t"));
  Telemetry failing(std::make_unique<Render>(Next::failing(Error(Code::tool_timeout))), timers, registry,
                    hub);
  ask(failing, tool("t"));
  EXPECT_EQ(registry.counter(metrics::refused, {"LIMIT_003"}).value(), 1u);
  EXPECT_EQ(registry.counter(metrics::refused, {"TOOL_004"}).value(), 0u);
  EXPECT_EQ(calls("s", "t", "LIMIT_003"), 1u);
  EXPECT_EQ(calls("s", "t", "TOOL_004"), 1u);
}

TEST_F(TelemetryTest, NamesThatCallersChooseAreNoLabels) {
  int through = 0;
  Telemetry layer(Next::counting(through), timers, registry, hub);
  ask(layer, nullptr);
  ask(layer, tool("said-by-the-caller", false));
  EXPECT_EQ(calls("_other", "_other", "ok"), 1u);
  EXPECT_EQ(calls("s", "_other", "ok"), 1u);
  EXPECT_EQ(registry.render().find("said-by"), std::string::npos);
}

TEST_F(TelemetryTest, AToolThatTakesTheAddressOfAnotherIsCountedAsItself) {
  int through = 0;
  Telemetry layer(Next::counting(through), timers, registry, hub);
  for (int i = 0; i < 100; ++i) ask(layer, tool("t" + std::to_string(i)));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(calls("s", "t" + std::to_string(i), "ok"), 1u) << i;
}

TEST_F(TelemetryTest, RequestsThatAreNoCallsAreNotCountedAsOnes) {
  int through = 0;
  Telemetry layer(Next::counting(through), timers, registry, hub);
  Asked asked(R"({"jsonrpc":"2.0","id":1,"method":"ping"})", timers.now());
  EXPECT_TRUE(testing::run(loop, layer.call(asked.call)));
  EXPECT_EQ(through, 1);
  EXPECT_EQ(registry.render().find("sallyport_calls_total"), std::string::npos);
}

TEST_F(TelemetryTest, TellsWhoListens) {
  Heard heard;
  hub.add(heard);
  const std::string answer = R"({"jsonrpc":"2.0","id":1,"result":{"content":[]}})";
  Telemetry good(upstream_says(answer), timers, registry, hub);
  ask(good, tool("t"));
  EXPECT_EQ(heard.code, "ok");
  EXPECT_EQ(heard.target, "t");
  EXPECT_EQ(heard.request_id, "1");
  EXPECT_EQ(heard.executed, Executed::yes);
  EXPECT_EQ(heard.response_bytes, answer.size());
  EXPECT_FALSE(heard.trace.active());
  hub.remove(heard);
  ask(good, tool("t"));
  EXPECT_EQ(heard.calls, 1);
}

TEST_F(TelemetryTest, AnUnknownNameIsRepeatedOnlyWhereItIsPlain) {
  Heard heard;
  hub.add(heard);
  Telemetry layer(
      std::make_unique<Render>(Next::failing(Error(Code::tool_not_found).with_executed(Executed::no))),
      timers, registry, hub);
  for (const auto& [name, expected] :
       {std::pair("no-such.tool", "no-such.tool"), std::pair("two words", ""), std::pair("a\"b", "")}) {
    Asked asked(tools_call(name), timers.now());
    EXPECT_TRUE(testing::run(loop, layer.call(asked.call)));
    EXPECT_EQ(heard.requested, expected);
    EXPECT_EQ(heard.target, "");
    EXPECT_EQ(heard.code, "TOOL_002");
  }
}

TEST_F(TelemetryTest, ATrustedCallersTraceGoesOnAndAnOthersIsLinked) {
  Heard heard;
  hub.add(heard);
  hub.set_tracing(true);
  int through = 0;
  Telemetry layer(Next::counting(through), timers, registry, hub);
  const std::string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  Asked asked(
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","_meta":{"traceparent":")" +
          parent + R"(","tracestate":"vendor=1"}}})",
      timers.now());
  EXPECT_TRUE(testing::run(loop, layer.call(asked.call)));
  EXPECT_NE(heard.trace.id.hex(), "0af7651916cd43dd8448eb211c80319c");
  ASSERT_TRUE(heard.trace.link);
  EXPECT_EQ(heard.trace.link->text(), parent);
  EXPECT_EQ(heard.trace.state, "");
  asked.principal.trusted = true;
  EXPECT_TRUE(testing::run(loop, layer.call(asked.call)));
  EXPECT_EQ(heard.trace.id.hex(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(heard.trace.parent.hex(), "b7ad6b7169203331");
  EXPECT_EQ(heard.trace.state, "vendor=1");
  EXPECT_FALSE(heard.trace.link);
}

}  // namespace
}  // namespace sallyport::layers
