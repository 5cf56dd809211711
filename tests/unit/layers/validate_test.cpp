// Arguments against a tool's input schema: what is refused, what passes and is counted, and what is never
// repeated.
#include "layers/validate/validate.hpp"

#include "errors/text.hpp"
#include "telemetry/metrics_names.hpp"
#include "unit/layers/asked.hpp"
#include "upstream/tool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

using upstream::Validation;

std::string call_with(std::string_view arguments) {
  return R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":)" +
         std::string(arguments) + "}}";
}

constexpr std::string_view number_schema =
    R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false})";

struct ValidateTest : ::testing::Test {
  Result<pipeline::Reply> ask(std::string_view input_schema, Validation validation, std::string text) {
    upstream::Tool tool;
    tool.server = "srv";
    tool.name = "t";
    tool.definition = R"({"name":"t","inputSchema":)" + std::string(input_schema) + "}";
    tool.validate = validation;
    Asked asked(std::move(text));
    asked.call.tool = std::make_shared<const upstream::Tool>(std::move(tool));
    return testing::run(loop, layer.call(asked.call));
  }
  std::uint64_t counted(std::string_view outcome) {
    return metrics.counter(telemetry::metrics::arguments_checked, {"srv", outcome}).value();
  }

  task::Loop loop;
  testing::ManualTimers timers;
  telemetry::Registry metrics;
  int through = 0;
  Validate layer{Next::counting(through), timers, metrics};
};

TEST_F(ValidateTest, EnforceRefusesWithPlaceAndRule) {
  EXPECT_TRUE(ask(number_schema, Validation::enforce, call_with(R"({"n":1})")));
  const auto refused = ask(number_schema, Validation::enforce, call_with(R"({"n":"CANARY"})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::tool_invalid_args);
  EXPECT_EQ(refused.error().executed(), Executed::no);
  const std::string message = what_failed(refused.error());
  EXPECT_THAT(message, ::testing::HasSubstr("/n"));
  EXPECT_THAT(message, ::testing::HasSubstr("must be an integer"));
  EXPECT_THAT(message, ::testing::Not(::testing::HasSubstr("CANARY")));
  EXPECT_FALSE(ask(number_schema, Validation::enforce, call_with(R"({"n":1,"CANARY":2})")));
  EXPECT_FALSE(ask(number_schema, Validation::enforce, tools_call("t"))) << "no arguments are {}";
  EXPECT_EQ(through, 1);
  EXPECT_EQ(counted("fits"), 1U);
  EXPECT_EQ(counted("refused"), 3U);
}

TEST_F(ValidateTest, ShadowCountsAndLetsPass) {
  EXPECT_TRUE(ask(number_schema, Validation::shadow, call_with(R"({"n":"x"})")));
  EXPECT_EQ(through, 1);
  EXPECT_EQ(counted("passed"), 1U);
}

TEST_F(ValidateTest, OffLooksAtNothing) {
  EXPECT_TRUE(ask(number_schema, Validation::off, call_with(R"({"n":"x"})")));
  EXPECT_EQ(through, 1);
  EXPECT_EQ(metrics.render(), "");
}

TEST_F(ValidateTest, WhatTheSchemaLeavesUndecidedPasses) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {R"({"$schema":"https://example.com/my-dialect","type":"object"})", "dialect"},
      {R"({"properties":{"n":{"type":"integer","nullable":true}}})", "keyword"},
      {R"({"$ref":"http://169.254.169.254/schema"})", "reference"},
      {R"x({"properties":{"n":{"pattern":"(?=x)"}}})x", "pattern"},
      {R"({"type":"thing"})", "malformed"},
  };
  for (const auto& [text, outcome] : rows) {
    EXPECT_TRUE(ask(text, Validation::enforce, call_with(R"({"n":"x"})"))) << text;
    EXPECT_EQ(counted(outcome), 1U) << outcome;
  }
  EXPECT_EQ(through, 5);
}

TEST_F(ValidateTest, EnforceDoesNotOpenForArgumentsThatCannotBeChecked) {
  std::string many = "[0";
  for (int i = 1; i < 60'000; ++i) many += "," + std::to_string(i);
  const std::string large = call_with(R"({"n":)" + many + "]}");
  constexpr std::string_view unique = R"({"properties":{"n":{"uniqueItems":true}}})";
  EXPECT_TRUE(ask(unique, Validation::shadow, large));
  EXPECT_FALSE(ask(unique, Validation::enforce, large));
  EXPECT_EQ(counted("budget"), 2U);
  EXPECT_TRUE(ask(unique, Validation::shadow, call_with(R"({"n":1e999})")));
  EXPECT_FALSE(ask(unique, Validation::enforce, call_with(R"({"n":1e999})")));
  EXPECT_EQ(counted("value"), 2U);
}

TEST_F(ValidateTest, AToolWithoutASchemaAndOtherMethodsPass) {
  Asked unlisted;
  unlisted.call.tool = std::make_shared<const upstream::Tool>();
  EXPECT_TRUE(testing::run(loop, layer.call(unlisted.call)));
  Asked ping(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
  EXPECT_TRUE(testing::run(loop, layer.call(ping.call)));
  EXPECT_EQ(through, 2);
}

}  // namespace
}  // namespace sallyport::layers
