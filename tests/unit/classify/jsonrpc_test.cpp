#include "classify/jsonrpc.hpp"

#include <array>

#include <gtest/gtest.h>

namespace sallyport::classify {
namespace {

struct Row {
  std::int64_t code;
  Kind kind;
  Executed executed;
};

TEST(JsonRpc, HasKindAndFactsByTheTable) {
  constexpr std::array rows = std::to_array<Row>({
      {-32700, Kind::upstream_runtime_bad_request, Executed::no},
      {-32600, Kind::upstream_runtime_bad_request, Executed::no},
      {-32602, Kind::upstream_runtime_bad_request, Executed::no},
      {-32601, Kind::upstream_runtime_not_found, Executed::no},
      {-32002, Kind::upstream_runtime_not_found, Executed::maybe},
      {-32603, Kind::upstream_runtime_server_error, Executed::maybe},
      {-32020, Kind::upstream_runtime_server_error, Executed::no},
      {-32021, Kind::upstream_runtime_server_error, Executed::no},
      {-32022, Kind::upstream_runtime_server_error, Executed::no},
      {-32000, Kind::upstream_runtime_server_error, Executed::maybe},
      {-32042, Kind::upstream_runtime_server_error, Executed::maybe},
      {0, Kind::upstream_runtime_server_error, Executed::maybe},
      {1002, Kind::upstream_runtime_server_error, Executed::maybe},
      {std::numeric_limits<std::int64_t>::min(), Kind::upstream_runtime_server_error, Executed::maybe},
  });
  for (const Row& row : rows) {
    const Error error =
        from_jsonrpc(row.code, std::nullopt, {.operation = Operation::tool_call, .handed_over = true});
    EXPECT_EQ(error.kind(), row.kind) << row.code;
    EXPECT_EQ(error.executed(), row.executed) << row.code;
    EXPECT_EQ(error.code(), Code::tool_execution_failed) << row.code;
    EXPECT_FALSE(error.can_retry()) << row.code;
    EXPECT_EQ(error.status_code(), std::nullopt) << row.code;
    ASSERT_EQ(error.extras().size(), 1u);
    EXPECT_EQ(std::get<std::int64_t>(error.extras()[0].value), row.code);
  }
}

TEST(JsonRpc, KeepsAStatusOnlyWhenItFails) {
  EXPECT_EQ(from_jsonrpc(-32603, 200, {}).status_code(), std::nullopt);
  EXPECT_EQ(from_jsonrpc(-32603, 400, {}).status_code(), 400);
}

TEST(JsonRpc, WhatIsKnownOfTheCallStands) {
  EXPECT_EQ(from_jsonrpc(-32602, 200, {.executed = Executed::yes}).executed(), Executed::yes);
  EXPECT_EQ(from_jsonrpc(-32603, 200, {.operation = Operation::discovery}).code(), Code::discovery_failed);
}

TEST(JsonRpc, ForeignTextIsForTheDeveloperOnly) {
  const Error error = from_jsonrpc(-32603, 200, {.detail = "boom"});
  EXPECT_EQ(error.developer_message(), "boom");
  for (const Extra& extra : error.extras()) EXPECT_FALSE(std::holds_alternative<std::string>(extra.value));
}

}  // namespace
}  // namespace sallyport::classify
