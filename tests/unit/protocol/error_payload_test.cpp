#include "protocol/error_payload.hpp"

#include "parsed.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace sallyport::protocol {
namespace {

using namespace std::chrono_literals;

ErrorContext context() {
  return {.correlation_id = "0123456789abcdef0123456789abcdef",
          .request_id = "7",
          .server_name = "files",
          .tool_name = "read",
          .operation = "tools/call",
          .timestamp = std::chrono::system_clock::time_point(1'700'000'000'007ms),
          .additional_context = {{"never", std::string("shown")}}};
}

// Byte for byte, the order of the members too.
TEST(ToDict, IsTheSeedsEnvelope) {
  const envelope::MCPGatewayError error(
      Code::tool_server_unavailable, "say \"no\"",
      {.severity = Severity::high,
       .recovery_strategy = Strategy::fail_open,
       .context = context(),
       .details = ErrorDetails{.retry_after = 12,
                               .user_message = "Later",
                               .technical_details = Extras{{"n", std::int64_t{3}}, {"ok", true}},
                               .suggested_actions = std::vector<std::string>{"Wait.", "Ask."}},
       .cause = Error(Code::network_connection_failed).with_cause(Error(Code::network_dns_error))});
  EXPECT_EQ(
      to_dict(error),
      R"({"error":{"code":"TOOL_006","message":"say \"no\"","severity":"high",)"
      R"("recovery_strategy":"fail_open","correlation_id":"0123456789abcdef0123456789abcdef",)"
      R"("timestamp":"2023-11-14T22:13:20.007Z","context":{"request_id":"7","user_id":null,)"
      R"("session_id":null,"server_name":"files","tool_name":"read","operation":"tools/call"},)"
      R"("details":{"retry_after":12,"user_message":"Later","technical_details":{"n":3,"ok":true},)"
      R"("suggested_actions":["Wait.","Ask."]},)"
      R"("cause":"NET_002 NETWORK_TRANSPORT_RUNTIME_UNREACHABLE < NET_004 NETWORK_TRANSPORT_RUNTIME_UNREACHABLE"}})");
}

TEST(ToDict, WhatIsNotThereIsNull) {
  const auto error = dom(to_dict(envelope::SystemError(Code::system_internal_error, "m"))).at("error");
  for (const char* member : {"request_id", "user_id", "session_id", "server_name", "tool_name", "operation"})
    EXPECT_TRUE(error.at("context").at(member).is_null()) << member;
  for (const char* member : {"retry_after", "user_message", "technical_details", "suggested_actions"})
    EXPECT_TRUE(error.at("details").at(member).is_null()) << member;
  EXPECT_TRUE(error.at("cause").is_null());
  EXPECT_EQ(error.at("severity"), "critical");
  EXPECT_EQ(error.at("recovery_strategy"), "escalate");
}

TEST(ToDict, ATimeOutHasItsFacts) {
  const auto details = dom(to_dict(envelope::TimeoutError(Code::tool_timeout, "m", 12.5, "auth", {}, 6)))
                           .at("error")
                           .at("details");
  EXPECT_EQ(details.at("technical_details"),
            dom(R"({"timeout_duration":12.5,"timeout_type":"auth","escalation_level":"warning"})"));
  EXPECT_EQ(details.at("user_message"), "Operation timed out after 12.5s");
  EXPECT_EQ(details.at("suggested_actions").as_array().size(), 3U);
  const envelope::TimeoutError odd(Code::tool_timeout, "m", std::numeric_limits<double>::infinity(), "x");
  EXPECT_TRUE(
      dom(to_dict(odd)).at("error").at("details").at("technical_details").at("timeout_duration").is_null());
}

TEST(ToDict, OfAnErrorOfOurOwnSaysWhatTheCatalogueSays) {
  const Error error = Error(Code::limit_draining)
                          .with_retry_after(1001ms)
                          .with_developer_message("canary")
                          .with_cause(Error(Code::system_internal_error).with_developer_message("canary"));
  const std::string text = to_dict(error, context());
  EXPECT_EQ(text.find("canary"), text.npos);
  const auto object = dom(text).at("error");
  EXPECT_EQ(object.at("code"), "LIMIT_008");
  EXPECT_EQ(object.at("details").at("retry_after"), 2) << "rounded up";
  EXPECT_FALSE(object.at("details").at("suggested_actions").as_array().empty());
  EXPECT_EQ(object.at("cause"), "SYS_001 GATEWAY_RUNTIME_INTERNAL");
  EXPECT_EQ(dom(to_dict(error, context(), "so")).at("error").at("message"), "so");
}

TEST(ToDict, HidesADeniedToolToo) {
  const Error denied =
      Error(Code::policy_tool_denied).with_retry_after(5s).with_cause(Error(Code::tool_timeout));
  EXPECT_EQ(to_dict(denied, context()), to_dict(Error(Code::tool_not_found), context()));
}

TEST(ToPayload, HasTheFrameworksMembersAndTheExtrasBesideThem) {
  FatalToolError error("no", "why", {{"service", std::string("x")}, {"message", std::string("OVERRIDE")}});
  error.with_context("t");
  EXPECT_EQ(to_payload(error),
            R"({"message":"[TOOL_RUNTIME_FATAL] FatalToolError during execution of tool 't': no",)"
            R"("developer_message":"[TOOL_RUNTIME_FATAL] FatalToolError during execution of tool 't': why",)"
            R"("kind":"TOOL_RUNTIME_FATAL","can_retry":false,"status_code":500,"service":"x"})");
  EXPECT_EQ(to_payload(NetworkTransportError("m")),
            R"({"message":"m","developer_message":null,"kind":"NETWORK_TRANSPORT_RUNTIME_UNMAPPED",)"
            R"("can_retry":true,"status_code":null})");
}

TEST(ToolCall, AnErrorHasEveryMember) {
  RetryableToolError error("m", "d", "p", 1500, {{"k", true}});
  error.caused_by(UpstreamError("u", 503));
  const ToolCallError wire = tool_call_error(error);
  ASSERT_TRUE(wire.stacktrace);
  auto object = dom(to_json(wire)).as_object();
  EXPECT_EQ(object.at("stacktrace").as_string(), *wire.stacktrace);
  object.erase("stacktrace");
  EXPECT_TRUE(object == dom(R"({"message":"m","kind":"TOOL_RUNTIME_RETRY","developer_message":"d",
    "can_retry":true,"additional_prompt_content":"p","retry_after_ms":1500,"status_code":null,
    "extra":{"k":true}})")
                            .as_object());
  EXPECT_EQ(to_json(ToolCallError{.message = "x"}),
            R"({"message":"x","kind":"UNKNOWN","developer_message":null,"can_retry":false,)"
            R"("additional_prompt_content":null,"retry_after_ms":null,"stacktrace":null,"status_code":null,)"
            R"("extra":null})");
}

TEST(ToolCall, ThePredicatesAreThoseOfTheClasses) {
  for (std::size_t i = 0; i < kind_count; ++i) {
    const ToolCallError wire{.message = "m", .kind = static_cast<Kind>(i)};
    const int holding = int{wire.is_toolkit_error()} + int{wire.is_tool_error()} +
                        int{wire.is_upstream_error()} + int{wire.is_network_transport_error()} +
                        int{wire.is_gateway_error()};
    EXPECT_EQ(holding, wire.kind == Kind::unknown ? 0 : 1);
  }
}

TEST(ToolCall, AnOutputHasOneEnd) {
  EXPECT_EQ(to_json(ToolCallOutput::succeeded(R"({"a":1})")),
            R"({"value":{"a":1},"logs":null,"error":null,"requires_authorization":null})");
  EXPECT_EQ(to_json(ToolCallOutput::succeeded()),
            R"({"value":"","logs":null,"error":null,"requires_authorization":null})");
  const ToolCallOutput old = ToolCallOutput::succeeded(
      "1", {{"use b", ToolCallLog::Level::warning, ToolCallLog::Subtype::deprecation}});
  EXPECT_EQ(to_json(old),
            R"({"value":1,"logs":[{"message":"use b","level":"warning","subtype":"deprecation"}],)"
            R"("error":null,"requires_authorization":null})");
  const auto failed = dom(to_json(ToolCallOutput::failed({.message = "  "})));
  EXPECT_EQ(failed.at("error").at("message"), "Unspecified error during tool execution");
  EXPECT_EQ(failed.at("error").at("kind"), "UNKNOWN");
  EXPECT_TRUE(failed.at("value").is_null());
  const ToolCallOutput wanted{.outcome =
                                  ToolCallRequiresAuthorization{.authorization_url = "https://a/",
                                                                .scopes = std::vector<std::string>{"s"}}};
  EXPECT_EQ(to_json(wanted),
            R"({"value":null,"logs":null,"error":null,"requires_authorization":)"
            R"({"authorization_url":"https://a/","authorization_id":null,"scopes":["s"],"status":null}})");
}

TEST(ToolCall, AResponseSucceedsUnlessItsOutputFailed) {
  ToolCallResponse response{.execution_id = "e1",
                            .finished_at = std::chrono::system_clock::time_point(1'700'000'000'007ms),
                            .duration = 1.5,
                            .output = ToolCallOutput::succeeded("true")};
  EXPECT_EQ(to_json(response),
            R"({"execution_id":"e1","finished_at":"2023-11-14T22:13:20.007Z","duration":1.5,"success":true,)"
            R"("output":{"value":true,"logs":null,"error":null,"requires_authorization":null}})");
  response.output = ToolCallOutput::failed(tool_call_error(FatalToolError("m")));
  EXPECT_FALSE(response.success());
  response.output = {.outcome = ToolCallRequiresAuthorization{}};
  EXPECT_TRUE(response.success());
}

}  // namespace
}  // namespace sallyport::protocol
