#include "classify/http.hpp"

#include "errors/exceptions.hpp"

#include <array>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::classify {
namespace {

using std::chrono_literals::operator""s;

constexpr SystemTime now{std::chrono::seconds(1'700'000'000)};

Error classify_status(int status, std::vector<HeaderField> headers = {}, Context context = {}) {
  return from_http(status, headers, now, context);
}

std::optional<std::string> text_extra(const Error& error, std::string_view key) {
  for (const Extra& extra : error.extras()) {
    if (extra.key == key) return std::get<std::string>(extra.value);
  }
  return std::nullopt;
}

struct StatusRow {
  int first;
  int last;
  Kind kind;
  bool can_retry;
};

// errors.md section 4 over section 3.3 of the reference; together the rows cover 100 to 699.
constexpr std::array status_rows = std::to_array<StatusRow>({
    {100, 199, Kind::upstream_runtime_unmapped, false},
    {300, 399, Kind::upstream_runtime_unmapped, false},
    {400, 400, Kind::upstream_runtime_bad_request, false},
    {401, 401, Kind::upstream_runtime_auth_error, false},
    {402, 402, Kind::upstream_runtime_bad_request, false},
    {403, 403, Kind::upstream_runtime_auth_error, false},
    {404, 404, Kind::upstream_runtime_not_found, false},
    {405, 407, Kind::upstream_runtime_bad_request, false},
    {408, 408, Kind::upstream_runtime_bad_request, true},
    {409, 420, Kind::upstream_runtime_bad_request, false},
    {421, 421, Kind::upstream_runtime_bad_request, true},
    {422, 422, Kind::upstream_runtime_validation_error, false},
    {423, 424, Kind::upstream_runtime_bad_request, false},
    {425, 425, Kind::upstream_runtime_bad_request, true},
    {426, 428, Kind::upstream_runtime_bad_request, false},
    {429, 429, Kind::upstream_runtime_rate_limit, true},
    {430, 499, Kind::upstream_runtime_bad_request, false},
    {500, 500, Kind::upstream_runtime_server_error, true},
    {501, 501, Kind::upstream_runtime_server_error, false},
    {502, 504, Kind::upstream_runtime_server_error, true},
    {505, 508, Kind::upstream_runtime_server_error, false},
    {509, 509, Kind::upstream_runtime_server_error, true},
    {510, 511, Kind::upstream_runtime_server_error, false},
    {512, 524, Kind::upstream_runtime_server_error, true},
    {525, 526, Kind::upstream_runtime_server_error, false},
    {527, 599, Kind::upstream_runtime_server_error, true},
    {600, 699, Kind::upstream_runtime_server_error, false},
});

TEST(HttpStatus, HasKindAndRetryByTheTable) {
  int expected_first = 100;
  for (const StatusRow& row : status_rows) {
    ASSERT_EQ(row.first, expected_first);
    expected_first = row.last == 199 ? 300 : row.last + 1;
    for (int status = row.first; status <= row.last; ++status) {
      const Error error = classify_status(status);
      EXPECT_EQ(error.kind(), row.kind) << status;
      EXPECT_EQ(error.can_retry(), row.can_retry) << status;
      EXPECT_EQ(error.status_code(), status);
      EXPECT_EQ(error.wire_status(), std::nullopt) << status;
      EXPECT_EQ(error.phase(), Phase::receive) << status;
    }
  }
  EXPECT_EQ(expected_first, 700);
}

TEST(HttpStatus, SaysWhetherItRan) {
  for (int status = 100; status < 700; ++status) {
    const bool refused = status >= 400 && status < 500 && status != 408 && status != 499;
    EXPECT_EQ(classify_status(status).executed(), refused ? Executed::no : Executed::maybe) << status;
  }
}

TEST(HttpStatus, ARefusalThatTheOperatorNamedDidNotRun) {
  constexpr std::array refuses = {503};
  EXPECT_EQ(classify_status(503, {}, {.refuses_with = refuses}).executed(), Executed::no);
  EXPECT_EQ(classify_status(502, {}, {.refuses_with = refuses}).executed(), Executed::maybe);
  EXPECT_EQ(classify_status(503, {}, {.executed = Executed::yes, .refuses_with = refuses}).executed(),
            Executed::yes);
}

struct CodeRow {
  int status;
  std::array<std::string_view, 3> codes;  // tool_call, discovery, auth
};

TEST(HttpStatus, GivesTheCodeOfItsColumn) {
  constexpr std::array rows = std::to_array<CodeRow>({
      {302, {"TOOL_001", "DISC_001", "AUTH_005"}},
      {400, {"TOOL_001", "DISC_001", "AUTH_005"}},
      {401, {"TOOL_005", "DISC_007", "AUTH_005"}},
      {403, {"TOOL_005", "DISC_007", "AUTH_005"}},
      {404, {"TOOL_001", "DISC_001", "AUTH_005"}},
      {408, {"TOOL_004", "DISC_005", "AUTH_006"}},
      {422, {"TOOL_001", "DISC_001", "AUTH_005"}},
      {429, {"LIMIT_002", "DISC_002", "AUTH_005"}},
      {500, {"TOOL_001", "DISC_001", "AUTH_005"}},
      {502, {"TOOL_006", "DISC_002", "AUTH_005"}},
      {503, {"TOOL_006", "DISC_002", "AUTH_005"}},
      {504, {"TOOL_006", "DISC_002", "AUTH_005"}},
      {520, {"TOOL_001", "DISC_001", "AUTH_005"}},
  });
  constexpr std::array operations = {Operation::tool_call, Operation::discovery, Operation::auth};
  for (const CodeRow& row : rows) {
    for (std::size_t i = 0; i < operations.size(); ++i) {
      const Error error = classify_status(row.status, {}, {.operation = operations[i]});
      EXPECT_EQ(wire_name(error.code()), row.codes[i]) << row.status << " " << name(operations[i]);
    }
  }
}

TEST(HttpStatus, ReadsRetryAfterWhereItMeansSomething) {
  const std::vector<HeaderField> headers = {{"Retry-After", "7"}};
  for (const int status : {413, 429, 503}) {
    const Error error = classify_status(status, headers);
    EXPECT_EQ(error.retry_after(), 7s) << status;
    EXPECT_EQ(text_extra(error, "retry_after_source"), "retry-after") << status;
    EXPECT_TRUE(error.can_retry()) << status;
  }
  for (const int status : {400, 401, 403, 404, 408, 500, 502, 504}) {
    EXPECT_EQ(classify_status(status, headers).retry_after(), std::nullopt) << status;
  }
}

TEST(HttpStatus, ARateLimitWithoutATimeSaysSo) {
  const Error error = classify_status(429);
  EXPECT_EQ(error.retry_after(), std::nullopt);
  EXPECT_EQ(text_extra(error, "retry_after_source"), "default");
  EXPECT_EQ(text_extra(classify_status(503), "retry_after_source"), std::nullopt);
}

TEST(HttpStatus, AnOverlongWaitIsClampedAndNoted) {
  const Error error = classify_status(429, {{"retry-after", "90000"}});
  EXPECT_EQ(error.retry_after(), longest_retry_after);
  ASSERT_EQ(error.extras().size(), 2u);
  EXPECT_EQ(error.extras()[1].key, "retry_after_clamped");
  EXPECT_EQ(std::get<bool>(error.extras()[1].value), true);
}

TEST(HttpStatus, A403MayBeARateLimit) {
  const Error error =
      classify_status(403, {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1700000030"}},
                      {.operation = Operation::tool_call});
  EXPECT_EQ(error.code(), Code::limit_upstream_rate_limited);
  EXPECT_EQ(error.kind(), Kind::upstream_runtime_rate_limit);
  EXPECT_EQ(error.status_code(), 429);
  EXPECT_EQ(error.wire_status(), 403);
  EXPECT_EQ(error.retry_after(), 30s);
  EXPECT_EQ(error.executed(), Executed::no);
  EXPECT_TRUE(error.can_retry());
}

struct EvidenceCase {
  std::vector<HeaderField> headers;
  bool is_rate_limit;
};

TEST(RateLimitEvidence, FollowsTheReference) {
  const std::vector<EvidenceCase> cases = {
      {{}, false},
      {{{"x-ratelimit-remaining", "0"}}, true},
      {{{"X-Rate-Limit-Remaining", "0.0"}}, true},
      {{{"RateLimit-Remaining", "-0"}}, true},
      {{{"x-app-rate-limit-remaining", " 0 "}}, true},
      {{{"x-ratelimit-remaining", "1"}}, false},
      {{{"x-ratelimit-remaining", "none"}}, false},
      {{{"x-ratelimit-remaining", ""}}, false},
      {{{"x-ratelimit-remaining", "-3"}}, false},
      {{{"retry-after", "5"}}, false},
      {{{"x-ratelimit-limit", "100"}}, false},
      {{{"retry-after", "5"}, {"x-ratelimit-limit", "100"}}, true},
      {{{"Retry-After", "5"}, {"X-Rate-Limit-Limit", "100"}}, true},
      {{{"retry-after", "soon"}, {"ratelimit-limit", "100"}}, true},
      {{{"retry-after", "0"}, {"x-ratelimit-limit", "100"}}, false},
      {{{"retry-after", "-5"}, {"x-ratelimit-limit", "100"}}, false},
      {{{"retry-after", ""}, {"x-ratelimit-limit", "100"}}, false},
  };
  for (const EvidenceCase& each : cases) {
    std::string headers;
    for (const HeaderField& field : each.headers)
      headers.append(field.name).append(": ").append(field.value) += "; ";
    EXPECT_EQ(is_rate_limit_evidence(each.headers), each.is_rate_limit) << headers;
  }
}

// A tool's author who raises the status by hand and the gateway that reads it say the same.
TEST(HttpStatus, AnUpstreamErrorIsWhatTheClassifierMakesOfIt) {
  for (int status = 100; status < 700; ++status) {
    if (status >= 200 && status < 300) continue;
    const Error read = classify_status(status);
    const Error raised = UpstreamError("m", status).error();
    EXPECT_EQ(raised.code(), read.code()) << status;
    EXPECT_EQ(raised.kind(), read.kind()) << status;
    EXPECT_EQ(raised.can_retry(), read.can_retry()) << status;
    EXPECT_EQ(raised.status_code(), read.status_code()) << status;
  }
}

}  // namespace
}  // namespace sallyport::classify
