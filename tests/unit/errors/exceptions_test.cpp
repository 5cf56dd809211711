#include "errors/exceptions.hpp"

#include "errors/http_status.hpp"

#include <concepts>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport {
namespace {

using namespace std::chrono_literals;

// ---- What does not compile.

template <class T>
concept MadeOfAMessage = std::constructible_from<T, std::string_view>;

static_assert(MadeOfAMessage<ToolExecutionError> && MadeOfAMessage<RetryableToolError> &&
              MadeOfAMessage<FatalToolError> && MadeOfAMessage<NetworkTransportError>);
static_assert(!MadeOfAMessage<ContextRequiredToolError>, "it needs the prompt");
static_assert(std::constructible_from<ContextRequiredToolError, std::string_view, std::string_view>);
static_assert(!MadeOfAMessage<UpstreamError>, "it needs the status");
static_assert(!MadeOfAMessage<UpstreamRateLimitError>, "it needs the time");
static_assert(!MadeOfAMessage<ToolkitError> && !MadeOfAMessage<ToolError>, "they are abstract");
static_assert(!std::is_default_constructible_v<ToolExecutionError>);
static_assert(std::is_nothrow_copy_constructible_v<UpstreamRateLimitError>);

// ---- The tree, as the compiler sees it and as the table tells it.

template <class T, class Base>
void expect_derives() {
  static_assert(std::derived_from<T, Base>);
  EXPECT_EQ(base_of(T::class_id), Base::class_id) << name(T::class_id);
}

TEST(ErrorClasses, TheTableIsTheTree) {
  expect_derives<ToolkitLoadError, ToolkitError>();
  expect_derives<ToolError, ToolkitError>();
  expect_derives<ToolDefinitionError, ToolError>();
  expect_derives<ToolInputSchemaError, ToolDefinitionError>();
  expect_derives<ToolOutputSchemaError, ToolDefinitionError>();
  expect_derives<ToolRuntimeError, ToolError>();
  expect_derives<ToolSerializationError, ToolRuntimeError>();
  expect_derives<ToolInputError, ToolSerializationError>();
  expect_derives<ToolOutputError, ToolSerializationError>();
  expect_derives<ToolExecutionError, ToolRuntimeError>();
  expect_derives<RetryableToolError, ToolExecutionError>();
  expect_derives<ContextRequiredToolError, ToolExecutionError>();
  expect_derives<FatalToolError, ToolExecutionError>();
  expect_derives<UpstreamError, ToolExecutionError>();
  expect_derives<UpstreamRateLimitError, UpstreamError>();
  expect_derives<NetworkTransportError, ToolExecutionError>();
  expect_derives<MCPRuntimeError, MCPError>();
  expect_derives<ServerError, MCPRuntimeError>();
  expect_derives<SessionError, ServerError>();
  expect_derives<ElicitationNotSupportedError, SessionError>();
  expect_derives<ElicitationModeNotSupportedError, SessionError>();
  expect_derives<SessionNotInitializedError, SessionError>();
  expect_derives<RequestError, ServerError>();
  expect_derives<ServerRequestError, RequestError>();
  expect_derives<ResponseError, ServerError>();
  expect_derives<LifespanError, ServerError>();
  expect_derives<TransportError, MCPRuntimeError>();
  expect_derives<ProtocolError, MCPRuntimeError>();
  expect_derives<MCPContextError, MCPError>();
  expect_derives<NotFoundError, MCPContextError>();
  expect_derives<AuthorizationError, MCPContextError>();
  expect_derives<PromptError, MCPContextError>();
  expect_derives<ResourceError, MCPContextError>();
  expect_derives<envelope::AuthenticationError, envelope::MCPGatewayError>();
  expect_derives<envelope::GuardrailError, envelope::MCPGatewayError>();
  expect_derives<envelope::ToolExecutionError, envelope::MCPGatewayError>();
  expect_derives<envelope::DiscoveryError, envelope::MCPGatewayError>();
  expect_derives<envelope::ConfigurationError, envelope::MCPGatewayError>();
  expect_derives<envelope::NetworkError, envelope::MCPGatewayError>();
  expect_derives<envelope::SystemError, envelope::MCPGatewayError>();
  expect_derives<envelope::TimeoutError, envelope::MCPGatewayError>();
  for (const ErrorClass root :
       {ErrorClass::toolkit_error, ErrorClass::mcp_error, ErrorClass::mcp_gateway_error})
    EXPECT_EQ(base_of(root), std::nullopt);
  static_assert(!std::derived_from<NetworkTransportError, UpstreamError>, "a sibling, never a child");
}

// ---- The framework's defaults.

void expect_defaults(const TypedError& error, std::string_view name, Kind kind, bool can_retry,
                     std::optional<int> status) {
  EXPECT_EQ(error.class_name(), name);
  EXPECT_EQ(error.kind(), kind) << name;
  EXPECT_EQ(error.can_retry(), can_retry) << name;
  EXPECT_EQ(error.status_code(), status) << name;
  EXPECT_EQ(error.message(), "m") << name;
}

TEST(ToolErrors, HaveTheFrameworksDefaults) {
  const auto none = std::optional<int>();
  expect_defaults(ToolkitLoadError("m"), "ToolkitLoadError", Kind::toolkit_load_failed, false, none);
  expect_defaults(ToolDefinitionError("m"), "ToolDefinitionError", Kind::tool_definition_bad_definition,
                  false, none);
  expect_defaults(ToolInputSchemaError("m"), "ToolInputSchemaError", Kind::tool_definition_bad_input_schema,
                  false, none);
  expect_defaults(ToolOutputSchemaError("m"), "ToolOutputSchemaError",
                  Kind::tool_definition_bad_output_schema, false, none);
  expect_defaults(ToolRuntimeError("m"), "ToolRuntimeError", Kind::tool_runtime_fatal, false, none);
  expect_defaults(ToolSerializationError("m"), "ToolSerializationError", Kind::tool_runtime_fatal, false,
                  none);
  expect_defaults(ToolInputError("m"), "ToolInputError", Kind::tool_runtime_bad_input_value, false, 400);
  expect_defaults(ToolOutputError("m"), "ToolOutputError", Kind::tool_runtime_bad_output_value, false, 500);
  expect_defaults(ToolExecutionError("m"), "ToolExecutionError", Kind::tool_runtime_fatal, false, none);
  expect_defaults(RetryableToolError("m"), "RetryableToolError", Kind::tool_runtime_retry, true, none);
  expect_defaults(ContextRequiredToolError("m", "p"), "ContextRequiredToolError",
                  Kind::tool_runtime_context_required, false, none);
  expect_defaults(FatalToolError("m"), "FatalToolError", Kind::tool_runtime_fatal, false, 500);
  expect_defaults(UpstreamError("m", 404), "UpstreamError", Kind::upstream_runtime_not_found, false, 404);
  expect_defaults(UpstreamRateLimitError("m", 5), "UpstreamRateLimitError", Kind::upstream_runtime_rate_limit,
                  true, 429);
  expect_defaults(NetworkTransportError("m"), "NetworkTransportError",
                  Kind::network_transport_runtime_unmapped, true, none);
}

TEST(ToolErrors, TakeTheirArgumentsInTheFrameworksOrder) {
  const Extras extra = {{"service", std::string("x")}, {"n", std::int64_t{3}}};
  const RetryableToolError retryable("m", "d", "p", 1500, extra);
  EXPECT_EQ(retryable.developer_message(), "d");
  EXPECT_EQ(retryable.additional_prompt_content(), "p");
  EXPECT_EQ(retryable.retry_after_ms(), 1500);
  ASSERT_EQ(retryable.extra().size(), 2U);
  EXPECT_EQ(retryable.extra()[1].key, "n");
  EXPECT_EQ(ContextRequiredToolError("m", "p", "d").developer_message(), "d");
  EXPECT_EQ(UpstreamRateLimitError("m", 7, "d").retry_after_ms(), 7);
  EXPECT_EQ(UpstreamRateLimitError("m", -7).retry_after_ms(), 0);
  EXPECT_EQ(RetryableToolError("m").retry_after_ms(), std::nullopt);
  const NetworkTransportError late("m", "d", Kind::network_transport_runtime_timeout, false);
  EXPECT_EQ(late.kind(), Kind::network_transport_runtime_timeout);
  EXPECT_FALSE(late.can_retry());
}

TEST(ToolErrors, AnUpstreamErrorFollowsItsStatus) {
  for (int status = -1; status < 1000; ++status) {
    const UpstreamError error("m", status);
    EXPECT_EQ(error.kind(), kind_of_status(status)) << status;
    EXPECT_EQ(error.can_retry(), is_transient_status(status)) << status;
    EXPECT_EQ(error.status_code(), status);
    EXPECT_TRUE(error.is_upstream_error());
  }
  EXPECT_EQ(UpstreamError("m", 0).kind(), Kind::upstream_runtime_unmapped);
  EXPECT_EQ(UpstreamError("m", 422).kind(), Kind::upstream_runtime_validation_error);
  EXPECT_FALSE(UpstreamError("m", 501).can_retry());
}

TEST(ToolErrors, ANetworkTransportErrorRefusesForeignKinds) {
  for (std::size_t i = 0; i < kind_count; ++i) {
    const Kind kind = static_cast<Kind>(i);
    if (is_network_transport_error(kind)) {
      EXPECT_EQ(NetworkTransportError("m", {}, kind).kind(), kind);
      continue;
    }
    try {
      const NetworkTransportError error("m", {}, kind);
      ADD_FAILURE() << name(kind);
    } catch (const std::invalid_argument& refused) {
      EXPECT_EQ(std::string(refused.what()),
                "NetworkTransportError kind must start with 'NETWORK_TRANSPORT_', got '" +
                    std::string(name(kind)) + "'");
    }
  }
}

TEST(ToolErrors, ExactlyOnePredicateHoldsButForUnknown) {
  for (std::size_t i = 0; i < kind_count; ++i) {
    const Kind kind = static_cast<Kind>(i);
    const auto error = from_error<MCPError>(Error(Code::tool_execution_failed).with_kind(kind));
    const int holding = int{error.is_toolkit_error()} + int{error.is_tool_error()} +
                        int{error.is_upstream_error()} + int{error.is_network_transport_error()} +
                        int{error.is_gateway_error()};
    EXPECT_EQ(holding, kind == Kind::unknown ? 0 : 1) << name(kind);
  }
}

// ---- The prefix.

TEST(ToolErrors, ThePrefixNamesKindClassAndTool) {
  ToolInputError input("bad", "why");
  input.with_context("send_mail");
  const std::string prefix =
      "[TOOL_RUNTIME_BAD_INPUT_VALUE] ToolInputError during execution of tool 'send_mail': ";
  EXPECT_EQ(input.what(), prefix + "bad");
  EXPECT_EQ(input.developer_message(), prefix + "why");
  EXPECT_EQ(input.message(), "bad") << "the agent is not shown our words";
  ToolkitLoadError load(" ");
  load.with_context("mail");
  EXPECT_STREQ(load.what(),
               "[TOOLKIT_LOAD_FAILED] ToolkitLoadError when loading toolkit 'mail': (no details provided)");
  EXPECT_EQ(load.developer_message(), "");
  ToolOutputSchemaError schema("x");
  schema.with_context("t");
  EXPECT_STREQ(schema.what(),
               "[TOOL_DEFINITION_BAD_OUTPUT_SCHEMA] ToolOutputSchemaError in definition of tool 't': x");
}

TEST(ToolErrors, ThePrefixIsThereOnce) {
  FatalToolError error("m", "d");
  EXPECT_STREQ(error.what(), "m");
  error.with_context("a");
  const std::string once = error.what();
  error.with_context("a");
  error.with_context("b");
  EXPECT_EQ(error.what(), once);
  auto back = from_error<FatalToolError>(error.error());
  back.with_context("c");
  EXPECT_EQ(back.what(), once);
  EXPECT_EQ(back.developer_message(), error.developer_message());
}

// ---- Causes.

TEST(TypedErrors, TellTheChainOfTheirCausesOnly) {
  FatalToolError error("m");
  EXPECT_EQ(error.stacktrace(), std::nullopt);
  error.caused_by(std::out_of_range("index 7"));
  ASSERT_TRUE(error.stacktrace());
  EXPECT_NE(error.stacktrace()->find("SYS_005 UNKNOWN: std::out_of_range: index 7 (typed_error.cpp:"),
            std::string::npos)
      << *error.stacktrace();
  error.caused_by(UpstreamError("u", 503));
  EXPECT_EQ(error.cause()->code(), Code::tool_server_unavailable);
  EXPECT_EQ(error_of(std::runtime_error("")).developer_message(),
            "std::runtime_error (no exception message)");
}

// ---- To an Error and back.

bool same(const Authored& a, const Authored& b) {
  return a.error_class == b.error_class && a.message == b.message && a.context_name == b.context_name &&
         a.additional_prompt_content == b.additional_prompt_content &&
         a.gateway.has_value() == b.gateway.has_value();
}

// Whatever an Error holds, but for what it was raised with.
void expect_same_error(const Error& a, const Error& b) {
  EXPECT_EQ(a.code(), b.code());
  EXPECT_EQ(a.kind(), b.kind());
  EXPECT_EQ(a.executed(), b.executed());
  EXPECT_EQ(a.can_retry(), b.can_retry());
  EXPECT_EQ(a.phase(), b.phase());
  EXPECT_EQ(a.retry_after(), b.retry_after());
  EXPECT_EQ(a.status_code(), b.status_code());
  EXPECT_EQ(a.wire_status(), b.wire_status());
  EXPECT_EQ(a.attempts(), b.attempts());
  EXPECT_EQ(a.developer_message(), b.developer_message());
  EXPECT_EQ(a.spec_data(), b.spec_data());
  EXPECT_EQ(a.notes().size(), b.notes().size());
  EXPECT_EQ(a.notes().front().where.line(), b.notes().front().where.line());
  ASSERT_EQ(a.extras().size(), b.extras().size());
  for (std::size_t i = 0; i < a.extras().size(); ++i) {
    EXPECT_EQ(a.extras()[i].key, b.extras()[i].key);
    EXPECT_EQ(a.extras()[i].value, b.extras()[i].value);
  }
  ASSERT_EQ(a.cause() == nullptr, b.cause() == nullptr);
  if (a.cause() != nullptr) expect_same_error(*a.cause(), *b.cause());
}

template <class T>
void expect_round_trip(const T& raised) {
  const Error error = raised.error();
  try {
    throw_error(error);
  } catch (const T& caught) {
    EXPECT_EQ(typeid(caught), typeid(raised));
    expect_same_error(caught.error(), error);
    EXPECT_TRUE(same(*caught.error().authored(), *error.authored()));
    EXPECT_STREQ(caught.what(), raised.what());
    EXPECT_EQ(caught.stacktrace(), raised.stacktrace());
  } catch (const TypedError& other) {
    ADD_FAILURE() << raised.class_name() << " came back as " << other.class_name();
  }
  const T back = from_error<T>(error);
  expect_same_error(back.error(), error);
  EXPECT_TRUE(same(*back.error().authored(), *error.authored()));
}

template <class... T>
void all_plain(const std::string& message) {
  (expect_round_trip(T(message)), ...);
}

RC_GTEST_PROP(TypedErrors, ComeBackFromAnErrorAsTheyWere, ()) {
  const auto message = *rc::gen::string<std::string>();
  const auto developer = *rc::gen::string<std::string>();
  const auto prompt = *rc::gen::string<std::string>();
  const auto delay = *rc::gen::inRange<std::int64_t>(-10, 100'000'000);
  const auto status = *rc::gen::inRange(-5, 700);
  Extras extra;
  for (const auto& key : *rc::gen::container<std::vector<std::string>>(rc::gen::string<std::string>()))
    extra.push_back({key, std::int64_t{delay}});

  all_plain<ToolkitLoadError, ToolDefinitionError, ToolInputSchemaError, ToolOutputSchemaError,
            ToolRuntimeError, ToolSerializationError, ToolInputError, ToolOutputError, ToolExecutionError,
            RetryableToolError, FatalToolError, NetworkTransportError>(message);
  all_plain<MCPError, MCPRuntimeError, ServerError, SessionError, ElicitationNotSupportedError,
            ElicitationModeNotSupportedError, SessionNotInitializedError, RequestError, ServerRequestError,
            ResponseError, LifespanError, TransportError, ProtocolError, MCPContextError, NotFoundError,
            AuthorizationError, PromptError, ResourceError>(message);
  RetryableToolError retryable(message, developer, prompt, delay, extra);
  retryable.with_context(developer);
  retryable.caused_by(UpstreamError(message, status, developer));
  expect_round_trip(retryable);
  expect_round_trip(ContextRequiredToolError(message, prompt, developer, extra));
  expect_round_trip(UpstreamError(message, status, developer, extra));
  expect_round_trip(UpstreamRateLimitError(message, delay, developer, extra));
  expect_round_trip(NetworkTransportError(message, developer, Kind::network_transport_runtime_unreachable,
                                          status > 0, extra));
}

// What nobody raised becomes the class that it implies, and loses nothing by that.
RC_GTEST_PROP(TypedErrors, AnyErrorCanBeThrown, ()) {
  const auto code = static_cast<Code>(*rc::gen::inRange<std::size_t>(0, code_count));
  const auto kind = static_cast<Kind>(*rc::gen::inRange<std::size_t>(0, kind_count));
  Error error(code);
  error.with_kind(kind).with_executed(Executed::no).with_phase(Phase::tls).with_attempts(2);
  if (*rc::gen::arbitrary<bool>()) error.with_status_code(*rc::gen::inRange(100, 600));
  if (*rc::gen::arbitrary<bool>()) error.with_cause(Error(Code::network_dns_error));
  error.with_developer_message(*rc::gen::string<std::string>()).with_extra("a", true);
  try {
    throw_error(error);
  } catch (const ToolkitError& caught) {
    expect_same_error(caught.error(), error);
    EXPECT_EQ(caught.error_class(), class_of(error));
    EXPECT_FALSE(caught.message().empty());
  }
  const auto gateway = from_error<envelope::MCPGatewayError>(error);
  expect_same_error(gateway.error(), error);
  EXPECT_EQ(gateway.severity(), row(code).severity);
  EXPECT_EQ(gateway.recovery_strategy(), row(code).strategy);
}

TEST(TypedErrors, AnErrorThatBreaksAClassesPromiseIsNotOfIt) {
  Error error = NetworkTransportError("m").error();
  error.with_kind(Kind::unknown);
  EXPECT_THROW(from_error<NetworkTransportError>(error), std::invalid_argument);
  EXPECT_THROW(throw_error(error), ToolExecutionError);
  error.with_kind(Kind::network_transport_runtime_timeout).with_status_code(503);
  EXPECT_THROW(from_error<NetworkTransportError>(error), std::invalid_argument);
  EXPECT_THROW(from_error<UpstreamError>(Error(Code::tool_timeout)), std::invalid_argument);
  EXPECT_THROW(from_error<ToolInputError>(FatalToolError("m").error()), std::invalid_argument);
  EXPECT_EQ(from_error<ToolExecutionError>(FatalToolError("m").error()).class_name(), "FatalToolError");
}

TEST(TypedErrors, AreCutToTheirBounds) {
  const RetryableToolError error(std::string(100'000, 'x'), std::string(100'000, 'y'),
                                 std::string(100'000, 'z'));
  EXPECT_EQ(error.message().size(), 4096U);
  EXPECT_EQ(error.developer_message().size(), 512U);
  EXPECT_EQ(error.additional_prompt_content().size(), 16U * 1024);
}

TEST(TypedErrors, ForeignTextIsRedactedWhereDevelopersReadIt) {
  const UpstreamError error("m", 500, "GET https://u:p@h.example/x?token=canary failed");
  EXPECT_EQ(error.developer_message().find("canary"), std::string_view::npos);
}

}  // namespace
}  // namespace sallyport
