// Who may write to the admin port, and what the commands answer.
#include "unit/admin/admin_fixture.hpp"

#include <gmock/gmock.h>

namespace sallyport::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct ControlTest : AdminTest {
  static constexpr std::string_view shown = "Authorization: Bearer a-token-of-the-operator\r\n";
  std::string post(std::string_view path, std::string_view headers = shown,
                   std::string_view host = "localhost:8081") {
    return request("POST " + std::string(path), host, std::string(headers) + "Content-Length: 0\r\n");
  }
  boost::json::value done(std::string_view path) {
    const std::string reply = post(path);
    EXPECT_TRUE(reply.starts_with("HTTP/1.1 200")) << reply;
    return boost::json::parse(body(reply));
  }
  std::string state(std::size_t at = 0) { return servers().at(at).at("state").as_string().c_str(); }
};

TEST_F(ControlTest, NeedsTheToken) {
  for (const std::string_view headers :
       {"", "Authorization: Bearer\r\n", "Authorization: Bearer wrong\r\n",
        "Authorization: Bearer a-token-of-the-operatos\r\n",
        "Authorization: Basic a-token-of-the-operator\r\n", "Authorization: a-token-of-the-operator\r\n",
        "X-Token: a-token-of-the-operator\r\n"}) {
    const std::string reply = post("/api/servers/child/disable", headers);
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 401")) << headers;
    EXPECT_THAT(reply, HasSubstr("WWW-Authenticate: Bearer"));
    EXPECT_THAT(reply, HasSubstr(headers.empty() ? R"("code":"AUTH_009")" : R"("code":"AUTH_00)"));
    EXPECT_THAT(reply, HasSubstr("`admin.token` in the gateway's configuration"));
    EXPECT_THAT(reply, Not(HasSubstr("a-token-of")));
  }
  EXPECT_EQ(state(), "idle");
  EXPECT_THAT(post("/api/servers/child/disable", "authorization: bearer a-token-of-the-operator\r\n"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(state(), "disabled");
}

TEST_F(ControlTest, WithoutAnyTokenNobodyWrites) {
  token = Secret();
  const std::string reply = post("/api/servers/child/disable", "Authorization: Bearer \r\n");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(reply, HasSubstr("There is no admin token"));
  EXPECT_EQ(state(), "idle");
}

TEST_F(ControlTest, TheTokenOfAReloadHoldsAtOnce) {
  token = Secret("another-token-of-the-operator");
  EXPECT_THAT(post("/api/servers/child/disable"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(post("/api/servers/child/disable", "Authorization: Bearer another-token-of-the-operator\r\n"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(ControlTest, HostOriginAndMethodCountBeforeTheToken) {
  EXPECT_THAT(post("/api/servers/child/disable", shown, "evil.example:8081"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(post("/api/servers/child/disable", std::string(shown) + "Origin: http://evil.example\r\n"),
              StartsWith("HTTP/1.1 403"));
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
    const std::string reply =
        request(std::string(method) + " /api/servers/child/disable", "localhost:8081", shown);
    EXPECT_THAT(reply, StartsWith("HTTP/1.1 405")) << method;
    EXPECT_THAT(reply, HasSubstr("Allow: POST\r\n"));
  }
  EXPECT_THAT(post("/api/servers"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(post("/api/servers/child/destroy"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(post("/api/servers//disable"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(post("/api/servers/child/disable/disable"), StartsWith("HTTP/1.1 405"));
  EXPECT_EQ(state(), "idle");
}

TEST_F(ControlTest, WhoIsMeant) {
  const std::string reply = post("/api/servers/chlid/restart");
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(reply, HasSubstr("did you mean `child`?"));
  EXPECT_THAT(post("/api/servers/%3cscript%3e/restart"), Not(HasSubstr("script")));
}

TEST_F(ControlTest, DisableIsSaidOnceAndShows) {
  const auto first = done("/api/servers/child/disable?why=not");
  EXPECT_EQ(first.at("name"), "child");
  EXPECT_EQ(first.at("action"), "disable");
  EXPECT_EQ(first.at("changed"), true);
  EXPECT_EQ(first.at("state"), "disabled");
  EXPECT_EQ(first.at("calls").at("cut"), 0);
  EXPECT_EQ(done("/api/servers/child/disable").at("changed"), false);
  EXPECT_EQ(done("/api/servers/web/enable").at("changed"), false);
  EXPECT_EQ(state(), "disabled");
  EXPECT_EQ(get("/api/overview").at("servers").at("disabled"), 1);
  const std::string restart = post("/api/servers/child/restart");
  EXPECT_THAT(restart, StartsWith("HTTP/1.1 409"));
  EXPECT_THAT(restart, HasSubstr("enable it instead"));
}

TEST_F(ControlTest, AServerThatDoesNotComeUpIsToldAsItIs) {
  auto pair = testing::MemoryStream::make(loop);
  server.serve(std::move(pair.first), {"127.0.0.1", true});
  pair.second->put("POST /api/servers/child/restart HTTP/1.1\r\nHost: localhost:8081\r\n" +
                   std::string(shown) + "Content-Length: 0\r\n\r\n");
  std::string reply;
  ASSERT_TRUE(testing::run_until(loop, [&] { return !(reply += pair.second->take()).empty(); }));
  const auto answer = boost::json::parse(body(reply));
  EXPECT_EQ(answer.at("state"), "down");
  EXPECT_EQ(answer.at("changed"), true);
  EXPECT_TRUE(answer.at("lastError").is_object());
}

}  // namespace
}  // namespace sallyport::admin
