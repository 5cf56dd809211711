#include "classify/grpc.hpp"

#include "errors/error_class.hpp"

#include <array>

#include <gtest/gtest.h>

namespace sallyport::classify {
namespace {

struct Row {
  int number;
  std::string_view name;
  int status;
  bool can_retry;
  std::string_view code;  // of a tool call
  std::string_view executed;
};

// errors.md section 4, in its order.
constexpr auto rows = std::to_array<Row>({
    {2, "UNKNOWN", 500, false, "TOOL_001", "maybe"},
    {3, "INVALID_ARGUMENT", 400, false, "TOOL_001", "no"},
    {4, "DEADLINE_EXCEEDED", 504, true, "TOOL_006", "maybe"},
    {5, "NOT_FOUND", 404, false, "TOOL_001", "no"},
    {6, "ALREADY_EXISTS", 409, false, "TOOL_001", "no"},
    {7, "PERMISSION_DENIED", 403, false, "TOOL_005", "no"},
    {8, "RESOURCE_EXHAUSTED", 429, true, "LIMIT_002", "no"},
    {9, "FAILED_PRECONDITION", 400, false, "TOOL_001", "no"},
    {10, "ABORTED", 409, true, "TOOL_001", "no"},
    {11, "OUT_OF_RANGE", 400, false, "TOOL_001", "no"},
    {12, "UNIMPLEMENTED", 501, false, "TOOL_001", "maybe"},
    {13, "INTERNAL", 500, false, "TOOL_001", "maybe"},
    {14, "UNAVAILABLE", 503, true, "TOOL_006", "maybe"},
    {15, "DATA_LOSS", 500, false, "TOOL_001", "maybe"},
    {16, "UNAUTHENTICATED", 401, false, "TOOL_005", "no"},
});

TEST(Grpc, EveryStatusHasItsRow) {
  ASSERT_EQ(grpc_statuses().size(), rows.size() + 1);
  for (const Row& row : rows) {
    EXPECT_EQ(parse_grpc_status(row.name), row.number);
    EXPECT_EQ(parse_grpc_status("GRPC_STATUS_" + std::string(row.name)), row.number);
    EXPECT_EQ(parse_grpc_status("StatusCode." + std::string(row.name)), row.number);
    const Error error = from_grpc(row.number, {.operation = Operation::tool_call});
    EXPECT_EQ(error.status_code(), row.status) << row.name;
    EXPECT_EQ(error.can_retry(), row.can_retry) << row.name;
    EXPECT_EQ(wire_name(error.code()), row.code) << row.name;
    EXPECT_EQ(name(error.executed()), row.executed) << row.name;
    EXPECT_TRUE(is_upstream_error(error.kind())) << row.name;
  }
}

TEST(Grpc, ACancelledCallIsNoFailureOfTheServer) {
  EXPECT_EQ(parse_grpc_status("CANCELLED"), 1);
  EXPECT_EQ(from_grpc(1, {}).code(), Code::proto_cancelled);
  EXPECT_EQ(from_grpc(1, {}).kind(), Kind::gateway_runtime_cancelled);
}

TEST(Grpc, WhatItDoesNotHaveIsUnknown) {
  EXPECT_EQ(parse_grpc_status("OK"), 0);
  EXPECT_EQ(parse_grpc_status("NOPE"), std::nullopt);
  for (const int number : {17, -1, 4711}) EXPECT_EQ(from_grpc(number, {}).status_code(), 500) << number;
}

}  // namespace
}  // namespace sallyport::classify
