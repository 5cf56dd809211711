#include "classify/graphql.hpp"

#include "errors/error_class.hpp"

#include <array>

#include <gtest/gtest.h>

namespace sallyport::classify {
namespace {

Error graphql(std::string_view json) {
  return from_graphql(read_graphql_errors(json), {.operation = Operation::tool_call});
}

std::string with_code(std::string_view code) {
  return R"([{"message":"m","extensions":{"code":")" + std::string(code) + R"("}}])";
}

struct Row {
  std::string_view code;
  int status;
  bool can_retry;
  std::string_view executed;
};

constexpr auto rows = std::to_array<Row>({
    {"UNAUTHENTICATED", 401, false, "no"},
    {"NOT_AUTHENTICATED", 401, false, "no"},
    {"FORBIDDEN", 403, false, "no"},
    {"ACCESS_DENIED", 403, false, "no"},
    {"NOT_FOUND", 404, false, "no"},
    {"BAD_USER_INPUT", 400, false, "no"},
    {"GRAPHQL_VALIDATION_FAILED", 400, false, "no"},
    {"GRAPHQL_PARSE_FAILED", 400, false, "no"},
    {"PERSISTED_QUERY_NOT_FOUND", 400, false, "no"},
    {"RATE_LIMITED", 429, true, "no"},
    {"THROTTLED", 429, true, "no"},
    {"INTERNAL_SERVER_ERROR", 500, true, "maybe"},
    {"SERVICE_UNAVAILABLE", 503, true, "maybe"},
    {"SOMETHING_ELSE", 422, false, "maybe"},
});

TEST(Graphql, EveryCodeHasItsStatus) {
  for (const Row& row : rows) {
    const Error error = graphql(with_code(row.code));
    EXPECT_EQ(error.status_code(), row.status) << row.code;
    EXPECT_EQ(error.can_retry(), row.can_retry) << row.code;
    EXPECT_EQ(name(error.executed()), row.executed) << row.code;
    EXPECT_EQ(graphql_status(row.code).value_or(422), row.status) << row.code;
  }
  EXPECT_EQ(graphql(with_code("SOMETHING_ELSE")).kind(), Kind::upstream_runtime_validation_error);
  EXPECT_EQ(name(class_of(graphql(with_code("THROTTLED")))), "UpstreamRateLimitError");
}

TEST(Graphql, TheGreatestStatusCountsAndCodesAreListedOnce) {
  const GraphqlErrors errors = read_graphql_errors(
      R"([{"extensions":{"code":"NOT_FOUND"}},{"extensions":{"code":"FORBIDDEN"}},{"extensions":{"code":"NOT_FOUND"}}])");
  EXPECT_EQ(errors.status, 404);
  EXPECT_EQ(errors.codes, (std::vector<std::string_view>{"FORBIDDEN", "NOT_FOUND"}));
}

TEST(Graphql, WhatCameOutOfAFieldMayHaveRun) {
  EXPECT_EQ(graphql(R"([{"message":"m","path":["a"],"extensions":{"code":"FORBIDDEN"}}])").executed(),
            Executed::maybe);
  EXPECT_EQ(graphql(R"([{"extensions":{"code":"FORBIDDEN"}},{"message":"else"}])").executed(),
            Executed::maybe);
}

TEST(Graphql, AnythingIsTakenForErrors) {
  for (const std::string_view json : {"null", "[]", R"("boom")", "{}", "3", "[1,null,\"x\",[]]",
                                      R"({"message":7})", R"([{"message":"m","extensions":"no object"}])"}) {
    const Error error = graphql(json);
    EXPECT_EQ(error.status_code(), 422) << json;
    EXPECT_EQ(name(class_of(error)), "UpstreamError") << json;
    EXPECT_EQ(error.executed(), Executed::maybe) << json;
  }
  EXPECT_EQ(graphql(R"("boom")").developer_message(), "boom");
  EXPECT_EQ(graphql(R"({"message":"one","extensions":{"code":"NOT_FOUND"}})").status_code(), 404);
}

TEST(Graphql, WordsOfTheServerAreForTheDeveloperOnly) {
  const Error error = graphql(R"([{"message":"canary","extensions":{"code":"CANARY_CODE"}}])");
  EXPECT_NE(error.developer_message().find("canary"), std::string_view::npos);
  for (const Extra& extra : error.extras())
    if (const auto* text = std::get_if<std::string>(&extra.value))
      EXPECT_EQ(text->find("CANARY"), std::string::npos) << extra.key;
}

TEST(Graphql, ClientsOfItBreakInTwoWays) {
  const Error lost = from_graphql_transport("TransportConnectionFailed", {}, {}, {});
  EXPECT_EQ(lost.code(), Code::network_connection_failed);
  EXPECT_EQ(lost.kind(), Kind::network_transport_runtime_unreachable);
  const Error strange = from_graphql_transport("TransportProtocolError", {}, {}, {});
  EXPECT_EQ(strange.code(), Code::network_protocol_error);
  EXPECT_EQ(strange.kind(), Kind::network_transport_runtime_unreachable);
  EXPECT_EQ(from_graphql_transport("TransportServerError", {}, {}, {}).status_code(), 500);
}

}  // namespace
}  // namespace sallyport::classify
