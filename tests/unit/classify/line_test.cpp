#include "classify/line.hpp"

#include "errors/error_class.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::classify {
namespace {

constexpr SystemTime now{std::chrono::seconds(1'700'000'000)};

Line read(std::string_view text) {
  auto line = read_line(text);
  if (!line) throw std::runtime_error(std::string(text) + ": " + line.error().message);
  return *std::move(line);
}

std::optional<Finding> classified(std::string_view text) {
  auto finding = classify_line(read(text), now, {});
  if (!finding) throw std::runtime_error(std::string(text) + ": " + finding.error().message);
  return *std::move(finding);
}

std::string pointer_of(std::string_view text) {
  const auto line = read_line(text);
  if (!line) return line.error().pointer;
  const auto finding = classify_line(*line, now, {});
  return finding ? "valid" : finding.error().pointer;
}

TEST(Line, ReadsEveryMember) {
  const Line line = read(R"({"source":"curl","code":"CURLE_RECV_ERROR","api":"easy","os_errno":104,
    "ssl_verify_result":3,"connect_code":200,"status":500,"headers":{"A":"1","b":[2,"3"],"c":null},
    "detail":"d","method":"GET","url":"u","server":"s","now":"2023-11-14T22:13:20.5Z","executed":"yes",
    "phase":"wait","aborted_by":"limit","operation":"cache",
    "tool":{"name":"t","readOnlyHint":true,"idempotentHint":false,"destructiveHint":true,"trusted":true},
    "unknown":{"is":"passed over"}})");
  EXPECT_EQ(line.source, Source::curl);
  EXPECT_EQ(std::get<std::string>(line.code), "CURLE_RECV_ERROR");
  EXPECT_EQ(line.curl.os_errno, 104);
  EXPECT_EQ(line.curl.ssl_verify_result, 3);
  EXPECT_EQ(line.curl.connect_code, 200);
  EXPECT_EQ(line.status, 500);
  EXPECT_EQ(line.headers,
            (std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"b", "2"}, {"b", "3"}}));
  EXPECT_EQ(line.detail, "d");
  EXPECT_EQ(line.now, now + std::chrono::milliseconds(500));
  EXPECT_EQ(line.executed, Executed::yes);
  EXPECT_EQ(line.phase, Phase::wait);
  EXPECT_EQ(line.aborted_by, AbortedBy::limit);
  EXPECT_EQ(line.operation, Operation::cache);
  EXPECT_TRUE(line.tool->read_only && line.tool->trusted && !line.tool->idempotent);
}

TEST(Line, SaysWhatIsWrongWithIt) {
  EXPECT_EQ(pointer_of(R"({})"), "/source");
  EXPECT_EQ(pointer_of(R"({"source":"ftp"})"), "/source");
  EXPECT_EQ(pointer_of(R"({"source":"http"})"), "/status");
  EXPECT_EQ(pointer_of(R"({"source":"http","status":"503"})"), "/status");
  EXPECT_EQ(pointer_of(R"({"source":"http","status":1e99})"), "/status");
  EXPECT_EQ(pointer_of(R"({"source":"http","status":503,"headers":[]})"), "/headers");
  EXPECT_EQ(pointer_of(R"({"source":"http","status":503,"executed":"perhaps"})"), "/executed");
  EXPECT_EQ(pointer_of(R"({"source":"http","status":503,"phase":3})"), "/phase");
  EXPECT_EQ(pointer_of(R"({"source":"http","status":503,"operation":"x"})"), "/operation");
  EXPECT_EQ(pointer_of(R"({"source":"http","status":503,"now":"x"})"), "/now");
  EXPECT_EQ(pointer_of(R"({"source":"http","status":503,"tool":3})"), "/tool");
  EXPECT_EQ(pointer_of(R"({"source":"http","status":503,"tool":{"trusted":"yes"}})"), "/tool/trusted");
  EXPECT_EQ(pointer_of(R"({"source":"curl"})"), "/code");
  EXPECT_EQ(pointer_of(R"({"source":"curl","code":true})"), "/code");
  EXPECT_EQ(pointer_of(R"({"source":"curl","code":7,"api":"soft"})"), "/api");
  EXPECT_EQ(pointer_of(R"({"source":"graphql"})"), "/errors");
  EXPECT_EQ(pointer_of(R"({"source":"jsonrpc"})"), "/error");
  EXPECT_EQ(pointer_of(R"({"source":"jsonrpc","error":{"code":"x"}})"), "/error/code");
  EXPECT_EQ(pointer_of(R"({"source":"mcp_result"})"), "/result");
  EXPECT_EQ(pointer_of(R"({"source":"exception"})"), "/type");
  for (const std::string_view source : {"curl", "asio", "http_parser", "openssl", "errno", "grpc"})
    EXPECT_EQ(pointer_of(R"({"source":")" + std::string(source) + R"(","code":"NO_SUCH_NAME"})"), "/code")
        << source;
  for (const std::string_view text : {"", "[]", "3", "{", R"({"a":1,"a":2})", "{} {}"})
    EXPECT_EQ(pointer_of(text), "") << text;
  EXPECT_EQ(pointer_of("{\"source\":\"http\",\"status\":503,\"detail\":\"" +
                       std::string(max_line_bytes, 'x') + "\"}"),
            "");
}

TEST(Line, WhatIsNoFailureIsNone) {
  for (const std::string_view text :
       {R"({"source":"http","status":200})", R"({"source":"http","status":299})",
        R"({"source":"curl","code":0})", R"({"source":"curl","code":"CURLE_OK"})",
        R"({"source":"curl","api":"url","code":0})", R"({"source":"curl","api":"multi","code":"CURLM_OK"})",
        R"({"source":"asio","code":0})", R"({"source":"http_parser","code":0})",
        R"({"source":"openssl","code":0})", R"({"source":"openssl","code":"X509_V_OK"})",
        R"({"source":"errno","code":0})", R"({"source":"grpc","code":"OK"})",
        R"({"source":"mcp_result","result":{"isError":false}})", R"({"source":"graphql","code":200})"})
    EXPECT_FALSE(classified(text)) << text;
}

TEST(Line, NamesAreTakenInEverySpelling) {
  const auto same = [](std::string_view source, std::string_view a, std::string_view b) {
    const auto line = [&](std::string_view code) {
      return classified(R"({"source":")" + std::string(source) + R"(","code":)" + std::string(code) + "}");
    };
    EXPECT_EQ(line(a)->error.code(), line(b)->error.code()) << a << " " << b;
    EXPECT_EQ(line(a)->message, line(b)->message) << a << " " << b;
  };
  same("curl", R"("CURLE_COULDNT_CONNECT")", R"("COULDNT_CONNECT")");
  same("curl", R"("CURLE_COULDNT_CONNECT")", "7");
  same("curl", R"("7")", "7");
  same("asio", R"("boost::asio::error::host_unreachable")", R"("host_unreachable")");
  same("asio", R"("EHOSTUNREACH")", R"("host_unreachable")");
  same("asio", "113", R"("host_unreachable")");
  same("http_parser", R"("boost::beast::http::error::bad_status")", R"("bad_status")");
  same("openssl", R"("X509_V_ERR_CERT_REVOKED")", R"("CERT_REVOKED")");
  same("openssl", "23", R"("CERT_REVOKED")");
  same("errno", R"("EPIPE")", "32");
  same("grpc", R"("GRPC_STATUS_UNAVAILABLE")", "14");
}

// The canary rule: what others wrote and what may be secret in a request reaches the developer at most, and
// secrets not even him.
const std::vector<std::string>& sources() {
  static const std::vector<std::string> all = {
      R"("source":"http","status":500)",
      R"("source":"http","status":429)",
      R"("source":"curl","code":7)",
      R"("source":"curl","code":35)",
      R"("source":"curl","code":22)",
      R"("source":"curl","api":"url","code":3)",
      R"("source":"asio","code":"eof")",
      R"("source":"http_parser","code":"bad_value")",
      R"("source":"openssl","code":10)",
      R"("source":"errno","code":104)",
      R"("source":"graphql","code":"TransportConnectionFailed")",
      R"("source":"graphql","errors":[{"message":"CANARY","extensions":{"code":"CANARY"}}])",
      R"("source":"grpc","code":14)",
      R"("source":"jsonrpc","error":{"code":-32000,"message":"CANARY","data":"CANARY"})",
      R"("source":"mcp_result","result":{"isError":true,"content":[{"type":"text","text":"CANARY"}]})",
      R"("source":"exception","type":"std::runtime_error")",
      R"("source":"exception","type":"FatalToolError")",
      R"("source":"exception","type":"CANARY-secret")",
  };
  return all;
}

std::string planted(std::string text, std::string_view canary) {
  for (std::size_t at; (at = text.find("CANARY")) != std::string::npos;) text.replace(at, 6, canary);
  return text;
}

RC_GTEST_PROP(LineCanary, NeitherMessageNorExtraTellsWhatWasPlanted, ()) {
  const std::string canary = "canary" + std::to_string(*rc::gen::inRange(100000000, 999999999));
  const std::string& source = *rc::gen::elementOf(sources());
  const auto finding = classified(planted(
      "{" + source +
          R"(,"detail":"it said CANARY, password=CANARY at https://u:CANARY@h/p?k=CANARY#CANARY with Bearer CANARY",)" +
          R"("method":"CANARY","url":"https://CANARY:CANARY@h.example/path;CANARY?q=CANARY#CANARY",)" +
          R"("server":"CANARY","headers":{"x-CANARY":"CANARY","retry-after":"CANARY"},)" +
          R"("tool":{"name":"CANARY"}})",
      canary));
  RC_ASSERT(finding.has_value());
  RC_ASSERT(!finding->message.contains(canary));
  for (const Extra& extra : finding->error.extras()) {
    RC_ASSERT(!extra.key.contains(canary));
    if (const auto* text = std::get_if<std::string>(&extra.value)) RC_ASSERT(!text->contains(canary));
  }
  const std::string_view told = finding->error.developer_message();
  RC_ASSERT(told.size() <= 512u);
  RC_ASSERT(!told.contains("password=" + canary));
  RC_ASSERT(!told.contains("u:" + canary));
  RC_ASSERT(!told.contains("k=" + canary));
  RC_ASSERT(!told.contains("Bearer " + canary));
}

RC_GTEST_PROP(LineRetryAfter, IsNeverNegativeAndNeverOverTheClamp, ()) {
  constexpr std::array headers = {"retry-after-ms",      "Retry-After",        "RateLimit",
                                  "x-ratelimit-reset",   "x-rate-limit-reset", "ratelimit-reset",
                                  "x-ratelimit-reset-ms"};
  constexpr std::array dates = {"Tue, 14 Nov 2023 22:13:50 GMT", "Tuesday, 14-Nov-23 22:13:50 GMT",
                                "Tue Nov 14 22:13:50 2023", "Sun, 06 Nov 1994 08:49:37 GMT",
                                "Fri, 31 Dec 9999 23:59:59 GMT"};
  const auto number = *rc::gen::arbitrary<std::int64_t>();
  const std::string value = *rc::gen::element<std::string>(
      std::to_string(number), std::to_string(number % 100000), std::to_string(number) + ".5",
      R"(\"a\";r=0;t=)" + std::to_string(number), "limit=1, remaining=0, reset=" + std::to_string(number),
      dates[static_cast<std::size_t>(number & 0xFFFF) % dates.size()], "garbage", "");
  const std::string header = *rc::gen::elementOf(headers);
  const int status = *rc::gen::element(429, 503, 413);
  const auto finding =
      classified(R"({"source":"http","status":)" + std::to_string(status) + R"(,"headers":{")" + header +
                 R"(":")" + value + R"("},"now":"2023-11-14T22:13:20Z"})");
  RC_ASSERT(finding.has_value());
  const auto delay = finding->error.retry_after();
  RC_ASSERT(!delay || (delay->count() >= 0 && *delay <= longest_retry_after));
}

}  // namespace
}  // namespace sallyport::classify
