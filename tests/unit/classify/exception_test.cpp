#include "classify/exception.hpp"

#include "errors/exceptions.hpp"

#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>

#include <gtest/gtest.h>

namespace sallyport::classify {
namespace {

template <class Thrown>
Error caught(const Thrown& thrown, Context context = {}) {
  return from_exception(std::make_exception_ptr(thrown), context);
}

// `inner` within a std::runtime_error.
template <class Inner>
std::exception_ptr nested(const Inner& inner) {
  try {
    try {
      throw inner;
    } catch (const Inner&) {
      std::throw_with_nested(std::runtime_error("outer"));
    }
  } catch (const std::runtime_error&) {
    return std::current_exception();
  }
}

TEST(Exception, OneOfOursIsItself) {
  const Error error = caught(RetryableToolError("again", "why", "prompt", 250));
  EXPECT_EQ(name(class_of(error)), "RetryableToolError");
  EXPECT_EQ(error.authored()->message, "again");
  EXPECT_EQ(error.retry_after(), std::chrono::milliseconds(250));
}

TEST(Exception, MemoryComesBack) {
  const Error error = caught(std::bad_alloc());
  EXPECT_EQ(error.code(), Code::system_resource_exhausted);
  EXPECT_TRUE(error.can_retry());
}

TEST(Exception, ASystemErrorIsItsCode) {
  EXPECT_EQ(caught(std::system_error(ECONNREFUSED, std::generic_category())).code(),
            Code::network_connection_failed);
  EXPECT_EQ(caught(std::system_error(ETIMEDOUT, std::system_category()), {.operation = Operation::discovery})
                .code(),
            Code::discovery_timeout);
}

TEST(Exception, AnyOtherIsFatalAndTellsTheAgentItsTypeOnly) {
  const Error error = caught(std::out_of_range("canary"));
  EXPECT_EQ(error.code(), Code::tool_execution_failed);
  EXPECT_EQ(error.kind(), Kind::tool_runtime_fatal);
  EXPECT_EQ(error.status_code(), 500);
  EXPECT_EQ(name(class_of(error)), "FatalToolError");
  EXPECT_EQ(error.authored()->message, "An unhandled std::out_of_range was raised by the tool.");
  EXPECT_EQ(error.developer_message(), "std::out_of_range: canary");
  EXPECT_EQ(caught(42).authored()->message, "An unhandled int was raised by the tool.");
  EXPECT_EQ(caught(42).developer_message(), "int (no exception message)");
}

TEST(Exception, TheFirstThatIsKnownCountsHoweverDeep) {
  EXPECT_EQ(from_exception(nested(std::system_error(EHOSTUNREACH, std::generic_category())), {}).code(),
            Code::network_unreachable);
  EXPECT_EQ(name(class_of(from_exception(nested(UpstreamError("m", 404)), {}))), "UpstreamError");
  const Error none = from_exception(nested(std::logic_error("inner")), {});
  EXPECT_EQ(name(class_of(none)), "FatalToolError");
  EXPECT_TRUE(none.developer_message().ends_with("std::logic_error: inner")) << none.developer_message();
}

TEST(Exception, OfAnErrorThatKnowsNothingTheFirstCauseThatDoesCounts) {
  const Error known = Error(Code::network_dns_error);
  const auto outer = from_error<ToolExecutionError>(
      Error(Code::system_operation_failed).with_kind(Kind::unknown).with_cause(known));
  EXPECT_EQ(caught(outer).code(), Code::network_dns_error);
}

TEST(ExceptionType, EveryClassThatCanBeThrownIsKnownByName) {
  for (std::size_t i = 0; i < error_class_count; ++i) {
    const auto error_class = static_cast<ErrorClass>(i);
    if (error_class == ErrorClass::toolkit_error || error_class == ErrorClass::tool_error) continue;
    std::string type = "sallyport::" + std::string(name(error_class));
    if (error_class == ErrorClass::gateway_tool_execution_error)
      type = "sallyport::envelope::ToolExecutionError";
    const Error error = from_exception_type({.name = type}, {});
    ASSERT_NE(error.authored(), nullptr) << type;
    EXPECT_EQ(class_of(error), error_class) << type;
  }
}

TEST(ExceptionType, NamesOfTheStandardAreKnown) {
  EXPECT_EQ(from_exception_type({.name = "std::bad_alloc"}, {}).code(), Code::system_resource_exhausted);
  EXPECT_EQ(from_exception_type({.name = "bad_array_new_length"}, {}).code(),
            Code::system_resource_exhausted);
  EXPECT_EQ(from_exception_type({.name = "std::system_error", .os_errno = EPIPE}, {}).code(),
            Code::network_connection_failed);
  EXPECT_EQ(name(class_of(from_exception_type({.name = "std::system_error"}, {}))), "FatalToolError");
}

TEST(ExceptionType, WhatIsNoTypesNameIsNotRepeated) {
  EXPECT_EQ(unhandled_message("my::Type<int, char*>"),
            "An unhandled my::Type<int, char*> was raised by the tool.");
  for (const std::string_view name : {"", "a-b", "x\ny", "password=1"})
    EXPECT_EQ(unhandled_message(name), "An unhandled exception was raised by the tool.") << name;
}

}  // namespace
}  // namespace sallyport::classify
