// The admin port over a connection in memory, in front of servers that were never started.
#include "telemetry/metrics_names.hpp"
#include "unit/admin/admin_fixture.hpp"

#include <gmock/gmock.h>

namespace sallyport::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(AdminTest, ServersThatWereNeverStarted) {
  const auto all = servers().as_array();
  ASSERT_EQ(all.size(), 2u);
  const auto& child = all[0].as_object();
  EXPECT_EQ(child.at("name"), "child");
  EXPECT_EQ(child.at("transport"), "stdio");
  EXPECT_EQ(child.at("state"), "idle");
  EXPECT_EQ(child.at("since").as_string().size(), std::string_view("2026-01-01T00:00:00Z").size());
  for (const char* unknown : {"lastError", "era", "revision", "pid"})
    EXPECT_TRUE(child.at(unknown).is_null()) << unknown;
  for (const char* none : {"restarts", "tools", "inFlight"})
    EXPECT_EQ(child.at(none).to_number<int>(), 0) << none;
  EXPECT_EQ(all[1].at("name"), "web");
  EXPECT_EQ(all[1].at("transport"), "http");
  EXPECT_THAT(request("GET /api/servers"), Not(HasSubstr("pass")));
}

TEST_F(AdminTest, AServerThatFailedSaysHow) {
  EXPECT_FALSE(testing::run(loop, fleet.current()->find("child")->server()->ready()));
  const auto child = servers().at(0);
  EXPECT_NE(child.at("state"), "up") << "down, or already tried again";
  const auto& error = child.at("lastError");
  EXPECT_EQ(error.at("executed"), "no");
  EXPECT_EQ(error.at("phase"), "spawn");
  EXPECT_FALSE(error.at("code").as_string().empty());
}

TEST_F(AdminTest, HealthAndReadiness) {
  EXPECT_THAT(request("GET /healthz"), HasSubstr("\r\n\r\nok\n"));
  EXPECT_THAT(request("GET /readyz"), StartsWith("HTTP/1.1 200"));
  ready = false;
  EXPECT_THAT(request("GET /readyz"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(request("GET /healthz"), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminTest, PathsThatAreNot) {
  for (const char* path :
       {"/index.html", "/api", "/api/servers/", "/api/servers/child", "/api/servers/other/logs",
        "/api/servers//logs", "/api/servers/logs", "/metricsx"}) {
    EXPECT_THAT(request(std::string("GET ") + path), StartsWith("HTTP/1.1 404")) << path;
  }
  EXPECT_THAT(request("GET /api/servers?x=1"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(request("GET /api/servers/child/logs"), StartsWith("HTTP/1.1 200"));
}

TEST_F(AdminTest, Metrics) {
  metrics.gauge(telemetry::metrics::sessions).set(3);
  const std::string reply = request("GET /metrics");
  EXPECT_THAT(reply, HasSubstr("Content-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(reply, HasSubstr("\nsallyport_sessions 3\n"));
}

TEST_F(AdminTest, NothingCanBeChanged) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const std::string reply = request(std::string(method) + " /api/servers");
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 405")) << method;
    EXPECT_THAT(reply, HasSubstr("Allow: GET, HEAD\r\n"));
  }
}

TEST_F(AdminTest, ForeignNamesAreRefused) {
  EXPECT_THAT(request("GET /metrics", "evil.example:8081"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(request("GET /metrics", "localhost:8080"), StartsWith("HTTP/1.1 403"));
}

TEST_F(AdminTest, AnswersAreNotStored) {
  EXPECT_THAT(request("GET /api/servers"), HasSubstr("Cache-Control: no-store\r\n"));
}

}  // namespace
}  // namespace sallyport::admin
