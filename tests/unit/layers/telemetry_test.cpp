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
};

TEST_F(TelemetryTest, OutcomesOfAnswers) {
  const auto known = tool("t");
  Telemetry good(upstream_says(R"({"jsonrpc":"2.0","id":1,"result":{"content":[]}})"), timers, registry);
  ask(good, known);
  ask(good, known);
  Telemetry bad(upstream_says(R"({"jsonrpc":"2.0","id":1,"result":{"isError":true}})"), timers, registry);
  ask(bad, known);
  Telemetry refused(upstream_says(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"m"}})"),
                    timers, registry);
  ask(refused, known);
  EXPECT_EQ(calls("s", "t", "ok"), 2u);
  EXPECT_EQ(calls("s", "t", "TOOL_001"), 2u);
  EXPECT_EQ(registry.histogram(metrics::call_duration, {"s"}).count(), 4u);
}

TEST_F(TelemetryTest, OnlyWhatDidNotRunIsARefusal) {
  Telemetry refusing(
      std::make_unique<Render>(Next::failing(Error(Code::limit_concurrency).with_executed(Executed::no))),
      timers, registry);
  ask(refusing, tool("t"));
  Telemetry failing(std::make_unique<Render>(Next::failing(Error(Code::tool_timeout))), timers, registry);
  ask(failing, tool("t"));
  EXPECT_EQ(registry.counter(metrics::refused, {"LIMIT_003"}).value(), 1u);
  EXPECT_EQ(registry.counter(metrics::refused, {"TOOL_004"}).value(), 0u);
  EXPECT_EQ(calls("s", "t", "LIMIT_003"), 1u);
  EXPECT_EQ(calls("s", "t", "TOOL_004"), 1u);
}

TEST_F(TelemetryTest, NamesThatCallersChooseAreNoLabels) {
  int through = 0;
  Telemetry layer(Next::counting(through), timers, registry);
  ask(layer, nullptr);
  ask(layer, tool("said-by-the-caller", false));
  EXPECT_EQ(calls("_other", "_other", "ok"), 1u);
  EXPECT_EQ(calls("s", "_other", "ok"), 1u);
  EXPECT_EQ(registry.render().find("said-by"), std::string::npos);
}

TEST_F(TelemetryTest, AToolThatTakesTheAddressOfAnotherIsCountedAsItself) {
  int through = 0;
  Telemetry layer(Next::counting(through), timers, registry);
  for (int i = 0; i < 100; ++i) ask(layer, tool("t" + std::to_string(i)));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(calls("s", "t" + std::to_string(i), "ok"), 1u) << i;
}

TEST_F(TelemetryTest, RequestsThatAreNoCallsAreNotCountedAsOnes) {
  int through = 0;
  Telemetry layer(Next::counting(through), timers, registry);
  Asked asked(R"({"jsonrpc":"2.0","id":1,"method":"ping"})", timers.now());
  EXPECT_TRUE(testing::run(loop, layer.call(asked.call)));
  EXPECT_EQ(through, 1);
  EXPECT_EQ(registry.render().find("sallyport_calls_total"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::layers
