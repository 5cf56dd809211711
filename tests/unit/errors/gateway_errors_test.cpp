#include "errors/exceptions.hpp"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::envelope {
namespace {

using namespace std::chrono_literals;

void expect_defaults(const MCPGatewayError& error, std::string_view name, Severity severity,
                     Strategy strategy) {
  EXPECT_EQ(error.class_name(), name);
  EXPECT_EQ(error.severity(), severity) << name;
  EXPECT_EQ(error.recovery_strategy(), strategy) << name;
  EXPECT_EQ(error.message(), "m");
  EXPECT_FALSE(error.details()) << name;
  EXPECT_EQ(error.cause(), nullptr);
  EXPECT_EQ(error.context().correlation_id.size(), 32U);
}

TEST(GatewayErrors, HaveTheSeedsDefaults) {
  const Code code = Code::tool_not_found;
  expect_defaults(MCPGatewayError(code, "m"), "MCPGatewayError", Severity::medium, Strategy::fail_closed);
  expect_defaults(AuthenticationError(code, "m"), "AuthenticationError", Severity::high,
                  Strategy::fail_closed);
  expect_defaults(GuardrailError(code, "m"), "GuardrailError", Severity::medium, Strategy::fail_open);
  expect_defaults(ToolExecutionError(code, "m"), "ToolExecutionError", Severity::medium, Strategy::retry);
  expect_defaults(DiscoveryError(code, "m"), "DiscoveryError", Severity::medium, Strategy::fallback);
  expect_defaults(ConfigurationError(code, "m"), "ConfigurationError", Severity::high, Strategy::fail_closed);
  expect_defaults(NetworkError(code, "m"), "NetworkError", Severity::medium, Strategy::retry);
  expect_defaults(SystemError(code, "m"), "SystemError", Severity::critical, Strategy::escalate);
}

TEST(GatewayErrors, EverythingCanBeSaidOtherwise) {
  ErrorContext context{.correlation_id = "c",
                       .request_id = "r",
                       .user_id = "u",
                       .session_id = "s",
                       .server_name = "files",
                       .tool_name = "read",
                       .operation = "tools/call",
                       .additional_context = {{"k", true}}};
  const SystemError error(Code::system_maintenance, "m",
                          {.severity = Severity::low,
                           .recovery_strategy = Strategy::retry,
                           .context = context,
                           .details = ErrorDetails{.retry_after = 7, .user_message = "Back soon"},
                           .cause = Error(Code::network_dns_error)});
  EXPECT_EQ(error.severity(), Severity::low);
  EXPECT_EQ(error.recovery_strategy(), Strategy::retry);
  EXPECT_EQ(error.context().tool_name, "read");
  EXPECT_EQ(error.context().additional_context.size(), 1U);
  ASSERT_TRUE(error.details());
  EXPECT_EQ(error.details()->code, Code::system_maintenance) << "the details agree with their error";
  EXPECT_EQ(error.details()->severity, Severity::low);
  EXPECT_EQ(error.error().retry_after(), 7s);
  EXPECT_EQ(error.cause()->code(), Code::network_dns_error);
  EXPECT_STREQ(error.what(), "Back soon");
}

TEST(GatewayErrors, TheUserReadsHowBadItIs) {
  const auto what = [](Severity severity) {
    return std::string(MCPGatewayError(Code::tool_timeout, "m", {.severity = severity}).what());
  };
  EXPECT_EQ(what(Severity::critical), "Critical system error: m");
  EXPECT_EQ(what(Severity::high), "Error: m");
  EXPECT_EQ(what(Severity::medium), "m");
  EXPECT_EQ(what(Severity::low), "m");
  const MCPGatewayError blank(Code::tool_timeout, "m",
                              {.severity = Severity::high, .details = ErrorDetails{.user_message = ""}});
  EXPECT_STREQ(blank.what(), "Error: m");
}

TEST(GatewayErrors, TheFactoriesOfTheClasses) {
  const ErrorContext context{.request_id = "r"};
  const Error cause(Code::network_dns_error);
  const auto check = [](const MCPGatewayError& error, ErrorClass error_class) {
    EXPECT_EQ(error.error_class(), error_class);
    EXPECT_EQ(error.code(), Code::cache_operation_failed);
    EXPECT_EQ(error.message(), "m");
    EXPECT_EQ(error.context().request_id, "r");
    EXPECT_EQ(error.cause()->code(), Code::network_dns_error);
  };
  const Code code = Code::cache_operation_failed;
  check(create_auth_error(code, "m", context, cause), ErrorClass::authentication_error);
  check(create_guardrail_error(code, "m", context, cause), ErrorClass::guardrail_error);
  check(create_tool_execution_error(code, "m", context, cause), ErrorClass::gateway_tool_execution_error);
  check(create_discovery_error(code, "m", context, cause), ErrorClass::discovery_error);
  check(create_configuration_error(code, "m", context, cause), ErrorClass::configuration_error);
  check(create_network_error(code, "m", context, cause), ErrorClass::network_error);
  check(create_system_error(code, "m", context, cause), ErrorClass::system_error);
  check(create_timeout_error(code, "m", 1, "x", context, cause), ErrorClass::timeout_error);
}

void expect_made(const MCPGatewayError& error, Code code, std::string_view message) {
  EXPECT_EQ(error.code(), code);
  EXPECT_EQ(error.message(), message);
}

TEST(GatewayErrors, TheFactoriesWithTheirTexts) {
  expect_made(create_guardrail_timeout_error(2.5), Code::guardrail_timeout,
              "Guardrail validation timed out after 2.5s");
  expect_made(create_tool_timeout_error(30), Code::tool_timeout, "Tool execution timed out after 30s");
  expect_made(create_tool_timeout_error(30, "read"), Code::tool_timeout,
              "Tool execution timed out after 30s for tool 'read'");
  expect_made(create_network_timeout_error(10), Code::network_timeout, "Network request timed out after 10s");
  expect_made(create_network_timeout_error(10, "https://u:p@h.example/a?t=canary"), Code::network_timeout,
              "Network request timed out after 10s to endpoint 'https://h.example/a'");
  expect_made(create_auth_timeout_error(5), Code::auth_timeout, "Authentication timed out after 5s");
  expect_made(create_auth_network_error("m"), Code::auth_network_error, "m");
  expect_made(create_auth_unauthorized_error(), Code::auth_unauthorized, "Unauthorized access");
  expect_made(create_auth_unauthorized_error("no"), Code::auth_unauthorized, "no");
  expect_made(create_auth_config_error("m"), Code::auth_config_error, "m");
  EXPECT_EQ(create_guardrail_timeout_error(1).timeout_type(), "guardrail");
  EXPECT_EQ(create_tool_timeout_error(1).timeout_type(), "tool_execution");
  EXPECT_EQ(create_network_timeout_error(1).timeout_type(), "network");
  EXPECT_EQ(create_auth_timeout_error(1).timeout_type(), "auth");
}

TEST(GatewayErrors, ATimeOutSaysWhatToDo) {
  const TimeoutError error(Code::tool_timeout, "m", 12.5, "tool_execution", {}, 61);
  EXPECT_EQ(error.severity(), Severity::medium);
  EXPECT_EQ(error.recovery_strategy(), Strategy::fail_closed);
  EXPECT_EQ(error.timeout_duration(), 12.5);
  EXPECT_EQ(error.elapsed(), 61);
  EXPECT_EQ(error.escalation_level(), EscalationLevel::critical) << "by what has passed, not by the limit";
  EXPECT_STREQ(error.what(), "Operation timed out after 12.5s");
  ASSERT_TRUE(error.details() && error.details()->suggested_actions);
  EXPECT_EQ(*error.details()->suggested_actions,
            (std::vector<std::string>{"Check if the tool_execution service is responding",
                                      "Consider increasing the timeout value (current: 12.5s)",
                                      "Verify network connectivity and service availability"}));
  EXPECT_EQ(create_tool_timeout_error(60).elapsed(), 60);
}

TEST(GatewayErrors, TimeOutsEscalateByTypeAndTime) {
  struct Case {
    std::string_view type;
    double warning;
    double critical;
  };
  for (const Case& c : {Case{"guardrail", 5, 10},
                        {"tool_execution", 30, 60},
                        {"network", 10, 30},
                        {"auth", 5, 15},
                        {"discovery", 15, 30},
                        {"anything", 10, 30},
                        {"", 10, 30}}) {
    EXPECT_EQ(escalation_level(c.type, c.warning - 0.01), EscalationLevel::normal) << c.type;
    EXPECT_EQ(escalation_level(c.type, c.warning), EscalationLevel::warning) << c.type;
    EXPECT_EQ(escalation_level(c.type, c.critical - 0.01), EscalationLevel::warning) << c.type;
    EXPECT_EQ(escalation_level(c.type, c.critical), EscalationLevel::critical) << c.type;
  }
  EXPECT_EQ(name(EscalationLevel::warning), "warning");
}

template <class T>
void expect_back(const T& raised) {
  try {
    throw_error(raised.error());
  } catch (const T& caught) {
    EXPECT_EQ(caught.code(), raised.code());
    EXPECT_EQ(caught.message(), raised.message());
    EXPECT_EQ(caught.severity(), raised.severity());
    EXPECT_EQ(caught.recovery_strategy(), raised.recovery_strategy());
    EXPECT_STREQ(caught.what(), raised.what());
    EXPECT_EQ(caught.context().correlation_id, raised.context().correlation_id);
    EXPECT_EQ(caught.context().request_id, raised.context().request_id);
    EXPECT_EQ(caught.context().timestamp, raised.context().timestamp);
    EXPECT_EQ(caught.context().additional_context.size(), raised.context().additional_context.size());
    EXPECT_EQ(caught.details().has_value(), raised.details().has_value());
    EXPECT_EQ(caught.error_class(), raised.error_class());
  } catch (const TypedError& other) {
    ADD_FAILURE() << raised.class_name() << " came back as " << other.class_name();
  }
}

RC_GTEST_PROP(GatewayErrors, ComeBackFromAnErrorAsTheyWere, ()) {
  const auto code = static_cast<Code>(*rc::gen::inRange<std::size_t>(0, code_count));
  const auto message = *rc::gen::string<std::string>();
  const auto text = *rc::gen::string<std::string>();
  const auto seconds = static_cast<double>(*rc::gen::inRange(0, 100'000)) / 8;
  Options options{.context = {.request_id = text, .additional_context = {{"a", text}}}};
  if (*rc::gen::arbitrary<bool>()) options.severity = static_cast<Severity>(*rc::gen::inRange(0, 4));
  if (*rc::gen::arbitrary<bool>()) options.details = ErrorDetails{.user_message = text};
  if (*rc::gen::arbitrary<bool>()) options.cause = Error(Code::network_dns_error);
  expect_back(MCPGatewayError(code, message, options));
  expect_back(AuthenticationError(code, message, options));
  expect_back(GuardrailError(code, message, options));
  expect_back(ToolExecutionError(code, message, options));
  expect_back(DiscoveryError(code, message, options));
  expect_back(ConfigurationError(code, message, options));
  expect_back(NetworkError(code, message, options));
  expect_back(SystemError(code, message, options));
  const TimeoutError late(code, message, seconds, text, options, seconds * 2);
  expect_back(late);
  const auto back = from_error<TimeoutError>(late.error());
  EXPECT_EQ(back.timeout_duration(), seconds);
  EXPECT_EQ(back.elapsed(), seconds * 2);
  EXPECT_EQ(back.timeout_type(), late.timeout_type());
}

TEST(GatewayErrors, EveryCodeHasItsClass) {
  for (const CatalogRow& entry : catalog()) {
    const ErrorClass expected = gateway_class(entry.code);
    EXPECT_EQ(entry.full_name.ends_with("_TIMEOUT"), expected == ErrorClass::timeout_error);
    EXPECT_TRUE(fits(Error(entry.code), expected));
    EXPECT_TRUE(fits(Error(entry.code), ErrorClass::mcp_gateway_error));
  }
  const auto late = from_error<TimeoutError>(
      Error(Code::discovery_timeout).with_slot(Slot::seconds, 20).with_retry_after(1500ms));
  EXPECT_EQ(late.timeout_type(), "discovery");
  EXPECT_EQ(late.elapsed(), 20);
  EXPECT_EQ(late.details()->retry_after, 2) << "rounded up";
  EXPECT_FALSE(late.details()->suggested_actions->empty());
}

}  // namespace
}  // namespace sallyport::envelope
