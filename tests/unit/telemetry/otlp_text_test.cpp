// OTLP in JSON: the exact bytes of each kind of record, and that what others wrote stays inside its string.
#include "telemetry/otlp_text.hpp"

#include "json/scanner.hpp"
#include "telemetry/metrics_names.hpp"
#include "telemetry/otlp_log.hpp"
#include "telemetry/otlp_metric.hpp"
#include "telemetry/otlp_span.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr SystemTime noon{std::chrono::milliseconds(1'700'000'000'007)};

template <class Id>
Id id_of(int byte) {
  Id id;
  id.bytes.fill(static_cast<std::byte>(byte));
  return id;
}

CallRecord call() {
  CallRecord made;
  made.started = noon;
  made.took = std::chrono::microseconds(1500);
  made.revision = protocol::Revision::v2026_07_28;
  made.method = protocol::Method::tools_call;
  made.request_id = "\"a-1\"";
  made.principal = "anonymous";
  made.source = "127.0.0.1";
  made.session = "0123456789abcdef";
  made.server = "files";
  made.target = "read";
  made.listed = true;
  made.attempts = 1;
  made.request_bytes = 10;
  made.outcome.executed = Executed::yes;
  made.outcome.response_bytes = 20;
  made.trace.id = id_of<TraceId>(0xAB);
  made.trace.span = id_of<SpanId>(0xCD);
  made.trace.sampled = true;
  return made;
}

template <class Record>
std::string span(const Record& record, bool developer_text = false) {
  std::string out;
  append_otlp_span(out, record, developer_text);
  EXPECT_TRUE(json::scan(out)) << out;
  return out;
}

std::string attribute(std::string_view key, std::string_view text) {
  return R"({"key":")" + std::string(key) + R"(","value":{"stringValue":")" + std::string(text) + R"("}})";
}

TEST(OtlpSpan, OfARequest) {
  EXPECT_EQ(
      span(call()),
      R"({"traceId":"abababababababababababababababab","spanId":"cdcdcdcdcdcdcdcd","flags":257,"kind":2,)"
      R"("name":"tools/call read","startTimeUnixNano":"1700000000007000000","endTimeUnixNano":"1700000000008500000",)"
      R"("attributes":[{"key":"mcp.method.name","value":{"stringValue":"tools/call"}},)"
      R"({"key":"gen_ai.operation.name","value":{"stringValue":"execute_tool"}},)"
      R"({"key":"gen_ai.tool.name","value":{"stringValue":"read"}},)"
      R"({"key":"sallyport.code","value":{"stringValue":"ok"}},)"
      R"({"key":"sallyport.executed","value":{"stringValue":"yes"}},)"
      R"({"key":"mcp.protocol.version","value":{"stringValue":"2026-07-28"}},)"
      R"({"key":"mcp.session.id","value":{"stringValue":"0123456789abcdef"}},)"
      R"({"key":"jsonrpc.request.id","value":{"stringValue":"a-1"}},)"
      R"({"key":"network.transport","value":{"stringValue":"tcp"}},)"
      R"({"key":"network.protocol.name","value":{"stringValue":"http"}},)"
      R"({"key":"network.protocol.version","value":{"stringValue":"1.1"}},)"
      R"({"key":"client.address","value":{"stringValue":"127.0.0.1"}},)"
      R"({"key":"sallyport.correlation_id","value":{"stringValue":"00000000000000000000000000000000"}},)"
      R"({"key":"sallyport.principal","value":{"stringValue":"anonymous"}},)"
      R"({"key":"sallyport.server","value":{"stringValue":"files"}},)"
      R"({"key":"sallyport.attempts","value":{"intValue":"1"}},)"
      R"({"key":"sallyport.request.size","value":{"intValue":"10"}},)"
      R"({"key":"sallyport.response.size","value":{"intValue":"20"}}],"status":{}})");
}

TEST(OtlpSpan, InTheCallersTraceOrLinkedToIt) {
  const auto caller = TraceParent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  CallRecord goes_on = call();
  goes_on.trace = begin_trace(caller, true);
  goes_on.trace.state = "vendor=1";
  EXPECT_THAT(span(goes_on),
              HasSubstr(R"("parentSpanId":"b7ad6b7169203331","traceState":"vendor=1","flags":769,)"));
  CallRecord linked = call();
  linked.trace = begin_trace(caller, false);
  EXPECT_THAT(span(linked), Not(HasSubstr("parentSpanId")));
  EXPECT_THAT(span(linked), HasSubstr(R"("links":[{"traceId":"0af7651916cd43dd8448eb211c80319c",)"
                                      R"("spanId":"b7ad6b7169203331","flags":769}])"));
}

TEST(OtlpSpan, SaysHowItsCallerCame) {
  CallRecord record = call();
  record.source = "stdio";
  EXPECT_THAT(span(record), HasSubstr(attribute("network.transport", "pipe")));
  EXPECT_THAT(span(record), Not(HasSubstr("client.address")));
  record.source = "unix:1000";
  EXPECT_THAT(span(record), HasSubstr(attribute("network.transport", "unix")));
}

TEST(OtlpSpan, WhatACallerNamesIsNoNameOfASpan) {
  CallRecord unlisted = call();
  unlisted.listed = false;
  unlisted.request_id = R"("a\"b")";
  EXPECT_THAT(span(unlisted), HasSubstr(R"("name":"tools/call",)"));
  EXPECT_THAT(span(unlisted), HasSubstr(attribute("gen_ai.tool.name", "read")));
  EXPECT_THAT(span(unlisted), HasSubstr(attribute("jsonrpc.request.id", R"(a\"b)")));
}

TEST(OtlpSpan, OfAnAttempt) {
  AttemptRecord attempt;
  attempt.started = noon;
  attempt.took = std::chrono::milliseconds(1);
  attempt.method = protocol::Method::prompts_get;
  attempt.server = "far";
  attempt.target = "hello";
  attempt.revision = protocol::Revision::v2025_06_18;
  attempt.address = "mcp.example";
  attempt.port = 443;
  attempt.trace = id_of<TraceId>(1);
  attempt.parent = id_of<SpanId>(2);
  attempt.span = id_of<SpanId>(3);
  const std::string http = span(attempt);
  EXPECT_THAT(
      http, HasSubstr(R"("spanId":"0303030303030303","parentSpanId":"0202020202020202","flags":257,"kind":3,)"
                      R"("name":"prompts/get hello")"));
  EXPECT_THAT(http, HasSubstr(attribute("gen_ai.prompt.name", "hello")));
  EXPECT_THAT(http, HasSubstr(attribute("server.address", "mcp.example")));
  EXPECT_THAT(http, HasSubstr(R"({"key":"server.port","value":{"intValue":"443"}})"));
  attempt.address = {};
  EXPECT_THAT(span(attempt), HasSubstr(attribute("network.transport", "pipe")));
}

TEST(OtlpSpan, ErrorTypeIsTheServersWordOrOurCode) {
  CallRecord failed = call();
  failed.outcome.code = Code::tool_execution_failed;
  failed.outcome.tool_error = true;
  EXPECT_THAT(span(failed), HasSubstr(attribute("error.type", "tool_error")));
  EXPECT_THAT(span(failed), HasSubstr(R"("status":{"code":2,"message":"the tool reported an error"})"));
  failed.outcome.tool_error = false;
  failed.outcome.rpc_code = -32042;
  EXPECT_THAT(span(failed), HasSubstr(attribute("error.type", "-32042")));
  EXPECT_THAT(span(failed), HasSubstr(attribute("rpc.response.status_code", "-32042")));
  failed.outcome.rpc_code.reset();
  failed.outcome.code = Code::tool_timeout;
  EXPECT_THAT(span(failed), HasSubstr(attribute("error.type", "TOOL_004")));
  EXPECT_THAT(span(failed), HasSubstr(R"("status":{"code":2,"message":"TOOL_TIMEOUT"})"));
}

TEST(OtlpSpan, WhatOthersWroteStaysInItsStringAndDeveloperTextIsAskedFor) {
  const Error error = Error(Code::network_protocol_error).with_developer_message("peer said CANARY");
  CallRecord hostile = call();
  hostile.target = "a\"},\n\x1b\xff\xe2\x80\xa8";
  const std::string long_id = "\"" + std::string(200, 'x') + "\"";
  hostile.request_id = long_id;
  hostile.error = &error;
  EXPECT_THAT(span(hostile), Not(HasSubstr("CANARY")));
  EXPECT_THAT(span(hostile), Not(HasSubstr(std::string(65, 'x'))));
  EXPECT_THAT(span(hostile, true), HasSubstr(attribute("sallyport.developer_message", "peer said CANARY")));
  const std::string long_name(5000, 'n');
  hostile.target = long_name;
  EXPECT_LT(span(hostile).size(), 5000U);
}

TEST(OtlpMetrics, SumsGaugesAndHistograms) {
  Registry registry;
  registry.counter(metrics::calls, {"files", "read", "ok"}).increment(3);
  registry.counter(metrics::calls, {"files", "read", "TOOL_004"}).increment();
  registry.gauge(metrics::upstream_up, {"files"}).set(1);
  registry.sampled(metrics::log_lines_dropped, [] { return std::numeric_limits<double>::quiet_NaN(); });
  registry.histogram(metrics::call_duration, {"files"}).observe(0.002);
  const auto records = otlp_metrics(registry, noon, noon + std::chrono::seconds(1));
  ASSERT_EQ(records.size(), 4U);
  for (const std::string& record : records) EXPECT_TRUE(json::scan(record)) << record;
  const std::string times =
      R"(,"startTimeUnixNano":"1700000000007000000","timeUnixNano":"1700000001007000000",)";
  EXPECT_THAT(records[0], HasSubstr(R"("unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[)"));
  EXPECT_THAT(records[0], HasSubstr(times + R"("count":"1","sum":0.002,"explicitBounds":[0.001,0.0025,)"));
  EXPECT_THAT(records[0], HasSubstr(R"("bucketCounts":["0","1","0")"));
  EXPECT_THAT(records[1],
              HasSubstr(R"("sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[)"));
  EXPECT_THAT(records[1], HasSubstr(times + R"("asInt":"1"},{"attributes":)"));
  EXPECT_THAT(records[1], HasSubstr(times + R"("asInt":"3"}]}})"));
  EXPECT_THAT(records[2], HasSubstr(R"("asDouble":"NaN")"));
  EXPECT_THAT(records[3], HasSubstr(R"("gauge":{"dataPoints":[)"));
  EXPECT_THAT(records[3], HasSubstr(R"("asDouble":1})"));
}

TEST(OtlpLog, OfALineAndOfAFailure) {
  const Error error = Error(Code::tool_timeout).with_developer_message("CANARY").with_phase(Phase::wait);
  const std::string line =
      otlp_log_line(noon, log::Level::warn, "a server does not answer",
                    {{"server", "files"}, {"count", 3}, {"late", true}, {"error", error}}, false);
  EXPECT_TRUE(json::scan(line)) << line;
  EXPECT_EQ(
      line,
      R"({"timeUnixNano":"1700000000007000000","observedTimeUnixNano":"1700000000007000000",)"
      R"("severityNumber":13,"severityText":"WARN","body":{"stringValue":"a server does not answer"},)"
      R"("attributes":[{"key":"sallyport.server","value":{"stringValue":"files"}},)"
      R"({"key":"sallyport.count","value":{"intValue":"3"}},{"key":"sallyport.late","value":{"boolValue":true}},)"
      R"({"key":"exception.type","value":{"stringValue":"TOOL_004"}},)"
      R"({"key":"sallyport.code","value":{"stringValue":"TOOL_004"}},)"
      R"({"key":"sallyport.kind","value":{"stringValue":")" +
          std::string(name(error.kind())) +
          R"("}},{"key":"sallyport.executed","value":{"stringValue":"maybe"}},)"
          R"({"key":"sallyport.phase","value":{"stringValue":"wait"}}]})");
  EXPECT_THAT(otlp_log_line(noon, log::Level::warn, "a request failed",
                            {{"tool_name", "read"}, {"trace", "ab01"}, {"span", "cd02"}}, false),
              HasSubstr(R"({"stringValue":"read"}}],"traceId":"ab01","spanId":"cd02"})"));
  CallRecord failed = call();
  failed.error = &error;
  EXPECT_THAT(
      otlp_failure(failed, false),
      HasSubstr(R"("traceId":"abababababababababababababababab","spanId":"cdcdcdcdcdcdcdcd","flags":1)"));
  EXPECT_THAT(otlp_failure(failed, false), Not(HasSubstr("CANARY")));
  EXPECT_THAT(otlp_failure(failed, true), HasSubstr(attribute("exception.message", "CANARY")));
}

TEST(OtlpEnvelope, NamesTheProgramAndThisRunOfIt) {
  for (const Signal signal : {Signal::traces, Signal::metrics, Signal::logs}) {
    const OtlpEnvelope envelope =
        otlp_envelope(signal, {.name = "weather", .version = "1.2", .instance = "i-1"});
    EXPECT_TRUE(json::scan(envelope.before + "{}" + envelope.after));
    EXPECT_THAT(envelope.before, HasSubstr(attribute("service.name", "weather")));
    EXPECT_THAT(envelope.before, HasSubstr(attribute("service.instance.id", "i-1")));
  }
  EXPECT_THAT(new_instance_id(),
              ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST(OtlpAnswer, SaysHowMuchWasRejected) {
  const auto rejected = [](std::string_view answer) { return rejected_records(Signal::traces, answer); };
  EXPECT_EQ(rejected(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}})"), 3U);
  EXPECT_EQ(rejected(R"({"partialSuccess":{"rejectedSpans":3}})"), 3U);
  for (const std::string_view nothing :
       {"", "{}", "[]", "not json", R"({"partialSuccess":{}})", R"({"partialSuccess":null})",
        R"({"partialSuccess":{"rejectedSpans":"-1"}})", R"({"partialSuccess":{"rejectedSpans":""}})",
        R"({"partialSuccess":{"rejectedSpans":{}}})", R"({"partialSuccess":{"rejectedLogRecords":"3"}})"})
    EXPECT_EQ(rejected(nothing), 0U) << nothing;
  EXPECT_EQ(rejected_records(Signal::logs, R"({"partialSuccess":{"rejectedLogRecords":"3"}})"), 3U);
}

}  // namespace
}  // namespace sallyport::telemetry
