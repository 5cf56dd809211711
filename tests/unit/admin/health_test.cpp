// The listener of probes over a connection in memory.
#include "admin/health.hpp"

#include "support/memory_stream.hpp"
#include "support/run_task.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::admin {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct HealthTest : ::testing::Test {
  ~HealthTest() override { EXPECT_TRUE(testing::run(loop, server.close())); }
  std::string request(std::string_view line, std::string_view host = "10.1.2.3:8082") {
    auto pair = testing::MemoryStream::make(loop);
    server.serve(std::move(pair.first), {"10.9.9.9", false});
    pair.second->put(std::string(line) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
    loop.poll();
    return pair.second->take();
  }

  task::Loop loop;
  bool ready = true;
  Health health{[this] { return ready; }};
  net::HttpServer server{loop, health, {}};
};

TEST_F(HealthTest, AnswersAsTheAdminPortDoesUnderAnyName) {
  for (const char* host : {"10.1.2.3:8082", "10.1.2.3", "[fd00::1]:8082", "pod.example", "localhost:1"}) {
    EXPECT_THAT(request("GET /healthz", host), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("\r\n\r\nok\n")))
        << host;
    EXPECT_THAT(request("GET /readyz", host), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("\r\n\r\nready\n")));
  }
  EXPECT_THAT(request("HEAD /readyz"), AllOf(StartsWith("HTTP/1.1 200"), EndsWith("\r\n\r\n")));
  EXPECT_THAT(request("GET /readyz?verbose"), StartsWith("HTTP/1.1 200"));
  ready = false;
  EXPECT_THAT(request("GET /readyz"), AllOf(StartsWith("HTTP/1.1 503"), EndsWith("draining\n")));
  EXPECT_THAT(request("GET /healthz"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HealthTest, NothingElseIsThere) {
  for (const char* path :
       {"/", "/metrics", "/api/servers", "/api/calls/stream", "/mcp", "/healthz/", "/readyzx"})
    EXPECT_THAT(request(std::string("GET ") + path), StartsWith("HTTP/1.1 404")) << path;
  for (const char* method : {"POST", "DELETE", "OPTIONS"})
    EXPECT_THAT(request(std::string(method) + " /healthz"), StartsWith("HTTP/1.1 405")) << method;
}

TEST_F(HealthTest, AnAnswerIsTheLastOfItsConnectionAndIsNotStored) {
  EXPECT_THAT(request("GET /healthz"),
              AllOf(HasSubstr("Connection: close\r\n"), HasSubstr("Cache-Control: no-store\r\n")));
}

}  // namespace
}  // namespace sallyport::admin
