// What becomes of what a tool gives back or throws.
#include "errors/exceptions.hpp"
#include "tools_fixture.hpp"

#include <new>
#include <stdexcept>
#include <system_error>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

}  // namespace
}  // namespace sallyport
