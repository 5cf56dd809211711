// What telemetry hears of a server: its requests, the functions that ran for them, and how these stand in a
// trace.
#include "server/spans.hpp"

#include "asked.hpp"
#include "errors/exceptions.hpp"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

struct Span {
  std::string target;
  telemetry::Trace trace;
  telemetry::Outcome outcome;
  std::string told;
};

struct SpansTest : ::testing::Test, testing::Asked, telemetry::CallObserver {
  SpansTest() {
    app.registry().calls.add(*this);
    app.registry().calls.set_tracing(true);
    principal.source = "127.0.0.1";
  }

  void call_finished(const telemetry::CallRecord& record) override {
    EXPECT_EQ(record.error != nullptr, record.outcome.code && !record.outcome.tool_error);
    requests.push_back({std::string(record.target), record.trace, record.outcome, std::string(record.told)});
  }
  void run_finished(const telemetry::RunRecord& record) override {
    EXPECT_EQ(record.correlation.size(), 32U);
    runs.push_back({std::string(record.target), record.trace, record.outcome, std::string(record.told)});
  }
  Json call_traced(std::string_view tool) {
    return ask("tools/call", R"({"name":")" + std::string(tool) +
                                 R"(","arguments":{},"_meta":{"traceparent":")" + std::string(caller) +
                                 R"(","tracestate":"a=b"}})");
  }

  std::vector<Span> requests;
  std::vector<Span> runs;
};

TEST_F(SpansTest, AFunctionStandsBelowItsRequestAndTheRequestBelowItsCaller) {
  std::string sent;
  app.tool("look", "", [&sent](Context& context) { sent = context.traceparent(); });
  call_traced("look");
  ASSERT_EQ(requests.size(), 1U);
  ASSERT_EQ(runs.size(), 1U);
  const telemetry::Trace& request = requests[0].trace;
  EXPECT_EQ((telemetry::TraceParent{request.id, request.parent, true}.text()), caller);
  EXPECT_EQ(request.state, "a=b");
  EXPECT_EQ(runs[0].trace.id, request.id);
  EXPECT_EQ(runs[0].trace.parent, request.span);
  EXPECT_EQ(sent, (telemetry::TraceParent{request.id, runs[0].trace.span, true}.text()));
  EXPECT_EQ(runs[0].outcome.executed, Executed::yes);
  EXPECT_FALSE(runs[0].outcome.code);
}

TEST_F(SpansTest, TheTraceOfAStrangerIsLinked) {
  app.tool("look", "", [] {});
  principal.source = "192.0.2.1";
  call_traced("look");
  EXPECT_FALSE(requests.at(0).trace.parent.valid());
  EXPECT_EQ(requests.at(0).trace.link->text(), caller);
  EXPECT_EQ(runs.at(0).trace.link, std::nullopt);
  principal.grant = std::make_shared<pipeline::Grant>();
  call_traced("look");
  EXPECT_TRUE(requests.at(1).trace.parent.valid());
}

TEST_F(SpansTest, AFailureIsOnBothSpansInTheWordsThatItsCallerGets) {
  app.tool("closed", "", [] { throw FatalToolError("This account is closed.", "by operator"); });
  call_tool("closed");
  for (const Span& span : {requests.at(0), runs.at(0)}) {
    EXPECT_EQ(span.target, "closed");
    EXPECT_EQ(span.told, "This account is closed.");
    EXPECT_EQ(span.outcome.kind, Kind::tool_runtime_fatal);
  }
  app.tool("says_so", "", [] { return ToolResult::error("No such invoice."); });
  call_tool("says_so");
  EXPECT_TRUE(requests.at(1).outcome.tool_error);
  EXPECT_TRUE(runs.at(1).outcome.tool_error);
}

TEST_F(SpansTest, WhatIsRefusedBeforeItRunsHasARequestAlone) {
  call_tool("nobody");
  EXPECT_THAT(runs, IsEmpty());
  EXPECT_EQ(requests.at(0).outcome.code, Code::tool_not_found);
  EXPECT_EQ(requests.at(0).target, "") << "a name that only its caller knows";
}

TEST_F(SpansTest, AToolThatAToolCallsStandsBelowIt) {
  app.tool("inner", "", [] { throw FatalToolError("No."); });
  app.tool("outer", "", [](Context& context) -> Task<std::string> {
    const auto inner = co_await context.call("inner");
    co_return inner ? "worked" : "did not";
  });
  call_tool("outer");
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].target, "inner");
  EXPECT_EQ(runs[0].trace.parent, runs[1].trace.span);
  EXPECT_EQ(runs[1].trace.parent, requests.at(0).trace.span);
  EXPECT_FALSE(runs[1].outcome.code);
}

TEST_F(SpansTest, ARunThatWaitsForItsClientHasOneSpanAndEachRoundAnother) {
  app.tool("asks", "", [](Context& context) -> Task<std::string> {
    const auto said = CO_TRY(co_await context.elicit("name", "Name?", Json::object({{"type", "object"}})));
    co_return said.accepted() ? "thanks" : "no";
  });
  revision = protocol::latest_modern;
  capabilities = R"({"elicitation":{}})";
  const Json asked = at(call_tool("asks"), {"result"});
  EXPECT_EQ(requests.size(), 1U);
  EXPECT_THAT(runs, IsEmpty());
  const Json again =
      Json::object({{"name", "asks"},
                    {"arguments", Json::object()},
                    {"requestState", *asked.find("requestState")},
                    {"inputResponses", Json::object({{"name", Json::object({{"action", "accept"}})}})}});
  ask("tools/call", again.text());
  ASSERT_EQ(requests.size(), 2U);
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].trace.parent, requests[0].trace.span);
}

TEST_F(SpansTest, PromptsAndResourcesHaveThemToo) {
  app.prompt("review", "", [](const std::string& code) { return code; }, {{"code"}});
  app.resource("note://a", "a", "", [] { return "a"; });
  ask("prompts/get", R"({"name":"review","arguments":{"code":"x"}})");
  ask("resources/read", R"({"uri":"note://a"})");
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].target, "review");
  EXPECT_EQ(runs[1].target, "") << "a URI is the client's";
}

TEST_F(SpansTest, NothingIsMadeWhileNobodyWantsSpans) {
  app.registry().calls.set_tracing(false);
  std::optional<std::string> sent;
  app.tool("look", "", [&sent](Context& context) { sent = context.traceparent(); });
  call_traced("look");
  EXPECT_EQ(sent, "");
  EXPECT_THAT(requests, IsEmpty());
  EXPECT_THAT(runs, IsEmpty());
}

}  // namespace
}  // namespace sallyport
