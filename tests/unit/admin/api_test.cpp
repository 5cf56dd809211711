// What the dashboard reads, byte for byte, and what is refused.
#include "unit/admin/admin_fixture.hpp"
#include "unit/admin/records.hpp"
#include "unit/errors/golden.hpp"

#include <gmock/gmock.h>

namespace sallyport::admin {
namespace {

using testing::call;
using testing::failed_call;
using ::testing::HasSubstr;
using testing::listing;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;

struct ApiTest : ClockedAdminTest {
  // Without what differs from run to run.
  std::string stable(std::string_view path) {
    std::string text = body(request("GET " + std::string(path)));
    const std::string run(get("/api/overview").at("run").as_string());
    for (std::size_t at = text.find(run); at != std::string::npos; at = text.find(run, at))
      text.replace(at, run.size(), "RUN");
    return text;
  }
  void some_calls() {
    hub.finished(listing());
    auto first = call();
    first.correlation.bytes.fill(std::byte{0x7f});
    first.session = "s1";
    hub.finished(first);
    pass(20s);
    const Error error = Error(Code::tool_timeout)
                            .with_executed(Executed::maybe)
                            .with_phase(Phase::wait)
                            .with_developer_message("said by \"others\"\n\x1b[31m")
                            .with_cause(Error(Code::network_timeout));
    auto second = failed_call();
    second.error = &error;
    second.took = 55s;
    second.trace.id.bytes.fill(std::byte{0x11});
    hub.finished(second);
    auto third = failed_call(Code::tool_not_found, "", "");
    third.requested = "files__write";
    third.listed = false;
    third.attempts = 0;
    third.outcome.executed = Executed::no;
    third.endpoint = "files";
    hub.finished(third);
  }
};

TEST_F(ApiTest, TheConfigurationInForceAndHowItWasReadLast) {
  config.timeouts.tool = 7s;
  config.admin.token = Secret("planted-of-the-operator");
  auto answer = get("/api/config");
  EXPECT_EQ(answer.at("config").at("timeouts").at("tool"), "7s");
  EXPECT_EQ(answer.at("config").at("admin").at("token"), "[secret]");
  EXPECT_TRUE(answer.at("lastReload").at("ok").as_bool());
  EXPECT_TRUE(get("/api/overview").at("reload").at("ok").as_bool());
  last_reload.mistakes = {{.severity = config::Severity::error,
                           .file = "sallyport.yaml",
                           .at = {3, 5},
                           .path = "limits.rate",
                           .what = "`token=planted-in-the-file` is not a rate",
                           .why = "a rate is a number per time",
                           .instead = "100/s"}};
  answer = get("/api/config");
  EXPECT_FALSE(answer.at("lastReload").at("ok").as_bool());
  EXPECT_EQ(answer.at("lastReload").at("mistakes").at(0).at("line"), 3);
  EXPECT_EQ(get("/api/overview").at("reload").at("first").at("path"), "limits.rate");
  for (const char* path : {"/api/config", "/api/overview"})
    EXPECT_THAT(body(request("GET " + std::string(path))), Not(HasSubstr("planted")));
}

TEST_F(ApiTest, TheCatalogueOfAnEndpoint) {
  EXPECT_EQ(get("/api/catalogue").at("prompts").at("total"), 0);
  EXPECT_EQ(get("/api/catalogue?endpoint=web").at("endpoint"), "web");
  EXPECT_THAT(request("GET /api/catalogue?endpoint=nobody"), StartsWith("HTTP/1.1 400"));
}

TEST_F(ApiTest, Golden) {
  some_calls();
  testing::expect_golden("tests/golden/admin/overview.json", stable("/api/overview?window=60"));
  testing::expect_golden("tests/golden/admin/calls.json", stable("/api/calls?requests=all"));
  testing::expect_golden("tests/golden/admin/tools.json", stable("/api/tools"));
}

TEST_F(ApiTest, CallsTheNewestFirstAndPageByPage) {
  some_calls();
  const auto newest = get("/api/calls?limit=1").at("calls").as_array();
  ASSERT_EQ(newest.size(), 1u);
  EXPECT_EQ(newest[0].at("code"), "TOOL_002");
  const std::string before(newest[0].at("id").as_string());
  const auto rest = get("/api/calls?before=" + before).at("calls").as_array();
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0].at("code"), "TOOL_004");
  EXPECT_TRUE(rest[1].at("code").is_null());
}

TEST_F(ApiTest, CallsByFilter) {
  some_calls();
  const auto count = [&](std::string_view query) {
    return get("/api/calls?" + std::string(query)).at("calls").as_array().size();
  };
  EXPECT_EQ(count("ending=failed"), 2u);
  EXPECT_EQ(count("ending=ok&requests=all"), 2u);
  EXPECT_EQ(count("code=TOOL_004"), 1u);
  EXPECT_EQ(count("server=files"), 2u);
  EXPECT_EQ(count("target=files%5f_write"), 1u);
  EXPECT_EQ(count("ref=7f7f7f"), 1u);
  EXPECT_EQ(count("server=nobody"), 0u);
}

TEST_F(ApiTest, WhatAQueryMaySay) {
  const auto refused = [&](std::string_view path) {
    const std::string reply = request("GET " + std::string(path));
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 400")) << path;
    EXPECT_THAT(reply, HasSubstr(R"({"error":{"code":"PROTO_004","message":")")) << path;
    return reply;
  };
  EXPECT_THAT(refused("/api/calls?limit=0"), HasSubstr("`limit` takes a whole number from 1 to 2000"));
  EXPECT_THAT(refused("/api/calls?limt=3"), HasSubstr("did you mean `limit`?"));
  EXPECT_THAT(refused("/api/calls?code=TOOL_999"), HasSubstr("`code` takes a code such as TOOL_004"));
  EXPECT_THAT(refused("/api/calls?server=a&server=b"), HasSubstr("one value"));
  EXPECT_THAT(refused("/api/calls?ref=xyz1"), HasSubstr("`ref` takes"));
  EXPECT_THAT(refused("/api/calls?before=00000000-1"), HasSubstr("of this run"));
  EXPECT_THAT(refused("/api/overview?window=7d"), HasSubstr("from 15 to 900"));
  EXPECT_THAT(refused("/api/tools?endpoint=nobody"), HasSubstr("a server's name"));
  refused("/api/calls?server=%zz");
  refused("/api/calls?server=" + std::string(300, 'a'));
  refused("/api/calls/stream?recent=-1");
  EXPECT_THAT(refused("/api/calls?canary-name=canary-value"), Not(HasSubstr("canary")));
  EXPECT_THAT(refused("/api/calls?code=canary"), Not(HasSubstr("canary")));
}

TEST_F(ApiTest, TheCatalogueOfErrorsIsWhole) {
  const auto rows = get("/api/errors").as_array();
  ASSERT_EQ(rows.size(), code_count);
  for (const auto& row : rows) {
    EXPECT_FALSE(row.at("meaning").as_string().empty());
    EXPECT_FALSE(row.at("actions").as_array().empty()) << row.at("code");
  }
}

TEST_F(ApiTest, NothingIsStoredOrGuessedOrTakenElsewhere) {
  for (const char* path :
       {"/api/overview", "/api/calls", "/api/tools", "/api/errors", "/metrics", "/nothing"}) {
    const std::string reply = request("GET " + std::string(path));
    EXPECT_THAT(reply, HasSubstr("Cache-Control: no-store\r\n")) << path;
    EXPECT_THAT(reply, HasSubstr("X-Content-Type-Options: nosniff\r\n")) << path;
    EXPECT_THAT(reply, HasSubstr("Cross-Origin-Resource-Policy: same-origin\r\n")) << path;
  }
}

TEST_F(ApiTest, TheDrainShows) {
  EXPECT_EQ(get("/api/overview").at("draining"), false);
  ready = false;
  EXPECT_EQ(get("/api/overview").at("draining"), true);
}

TEST_F(ApiTest, ThePageAndItsFiles) {
  const std::string page = request("GET /");
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(page, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_THAT(page,
              HasSubstr("Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'"));
  EXPECT_THAT(page, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(page, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(page, Not(HasSubstr("Content-Encoding")));
  EXPECT_THAT(body(page), StartsWith("<!doctype html>"));
  EXPECT_THAT(request("GET /dashboard.js"), HasSubstr("Content-Type: text/javascript; charset=utf-8\r\n"));
  EXPECT_THAT(request("GET /dashboard.css"), HasSubstr("Content-Type: text/css; charset=utf-8\r\n"));
  EXPECT_THAT(request("GET /", "evil.example:8081"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(request("GET /", "localhost:8081", "Origin: http://evil.example\r\n"),
              StartsWith("HTTP/1.1 403"));
}

TEST_F(ApiTest, ABrowserThatHasThePageIsToldSo) {
  const std::string page = request("GET /dashboard.js");
  const std::size_t at = page.find("ETag: ") + 6;
  const std::string etag = page.substr(at, page.find('\r', at) - at);
  const std::string again = request("GET /dashboard.js", "localhost:8081", "If-None-Match: " + etag + "\r\n");
  EXPECT_THAT(again, StartsWith("HTTP/1.1 304"));
  EXPECT_EQ(body(again), "");
  EXPECT_THAT(request("GET /dashboard.js", "localhost:8081", "If-None-Match: \"other\"\r\n"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(ApiTest, CompressedForWhoTakesThat) {
  const std::string page = request("GET /dashboard.js", "localhost:8081", "Accept-Encoding: gzip, br\r\n");
  EXPECT_THAT(page, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_THAT(body(page), StartsWith("\x1f\x8b"));
  EXPECT_THAT(request("GET /dashboard.js", "localhost:8081", "Accept-Encoding: gzip;q=0\r\n"),
              Not(HasSubstr("Content-Encoding")));
}

}  // namespace
}  // namespace sallyport::admin
