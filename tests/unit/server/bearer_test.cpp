// Bearer tokens: who is let in, what the others are told, and what the resource says of itself.
#include "server/bearer.hpp"

#include "errors/exceptions.hpp"
#include "server/json.hpp"
#include "support/run_task.hpp"
#include "task/wait.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct BearerTest : ::testing::Test {
  ManualClock clock;
  task::Loop loop{clock};
  Authenticate known = [](std::string token) -> Task<Identity> {
    if (token == "ann") co_return Identity{"ann", {"read", "write"}};
    if (token == "old") co_return fail(Error(Code::auth_token_expired));
    if (token == "denied") throw AuthorizationError("no");
    if (token == "nameless") co_return Identity{};
    if (token == "claims") co_return Identity{"cleo", {"a"}, Json::object({{"team", "red"}})};
    if (token == "list") co_return Identity{"leo", {}, Json::array({1})};
    if (token == "long") co_return Identity{"lou", {}, Json::object({{"x", std::string(16 << 10, 'x')}})};
    if (token == "many") co_return Identity{"max", std::vector<std::string>(1001, "a")};
    if (token == "broken") throw std::runtime_error("password=hunter2");
    co_return fail(Error(Code::auth_invalid_credentials));
  };

  static net::RequestHead head(std::string_view method, std::string_view target,
                               std::string_view authorization = {}) {
    net::RequestHead made;
    made.method = method;
    made.target = target;
    made.fields.add("host", "127.0.0.1:8000");
    if (!authorization.empty()) made.fields.add("authorization", authorization);
    return made;
  }
  Result<pipeline::Principal> who(Bearer& bearer, std::string_view token) {
    const std::string authorization = "Bearer " + std::string(token);
    const net::RequestHead asked = head("POST", "/mcp", authorization);
    return testing::run(loop, bearer.identify(asked, "127.0.0.1"));
  }
};

TEST_F(BearerTest, ATokenIsSomebodyOrARefusal) {
  Bearer bearer(loop, known, {.scopes = {"read"}}, "http");
  const auto ann = who(bearer, "ann");
  ASSERT_TRUE(ann);
  EXPECT_EQ(ann->name, "ann");
  EXPECT_EQ(ann->source, "127.0.0.1");
  EXPECT_EQ(who(bearer, "nobody").error().code(), Code::auth_invalid_credentials);
  EXPECT_EQ(who(bearer, "old").error().code(), Code::auth_token_expired);
  EXPECT_EQ(who(bearer, "denied").error().code(), Code::auth_insufficient_permissions);
  EXPECT_EQ(who(bearer, "broken").error().code(), Code::auth_provider_error);
  EXPECT_EQ(who(bearer, "nameless").error().code(), Code::auth_provider_error);
  Bearer strict(loop, known, {.scopes = {"read", "admin"}}, "http");
  EXPECT_EQ(who(strict, "ann").error().code(), Code::auth_insufficient_permissions);
}

TEST_F(BearerTest, WhatTheTokenSaysGoesAlongWithinBounds) {
  Bearer bearer(loop, known, {}, "http");
  const auto cleo = who(bearer, "claims");
  ASSERT_TRUE(cleo && cleo->grant);
  EXPECT_EQ(cleo->grant->claims, R"({"team":"red"})");
  EXPECT_EQ(cleo->grant->scopes, std::vector<std::string>{"a"});
  EXPECT_EQ(who(bearer, "ann")->grant->claims, "");
  for (const char* flawed : {"list", "long", "many"})
    EXPECT_EQ(who(bearer, flawed).error().code(), Code::auth_provider_error) << flawed;
}

TEST_F(BearerTest, WhoeverIsNotAnsweredInTimeIsNotLetIn) {
  task::Event never(loop);
  Bearer bearer(
      loop,
      [&never](std::string) -> Task<Identity> {
        CO_TRY(co_await never.wait());
        co_return Identity{"late"};
      },
      {}, "http");
  std::optional<Result<pipeline::Principal>> found;
  const net::RequestHead asked = head("POST", "/mcp", "Bearer x");
  task::Group group(loop);
  group.spawn([](Bearer& from, const net::RequestHead& with, auto& into) -> Task<void> {
    into.emplace(co_await from.identify(with, "127.0.0.1"));
    co_return ok();
  }(bearer, asked, found));
  loop.poll();
  EXPECT_FALSE(found);
  clock.advance(std::chrono::seconds(10));
  loop.timers().fire();
  for (int turn = 0; !found && turn < 10; ++turn) loop.poll();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->error().code(), Code::auth_timeout);
}

TEST_F(BearerTest, TheHeadAloneRefusesWhatIsNoToken) {
  const Bearer bearer(loop, known, {}, "http");
  EXPECT_EQ(bearer.admit(head("POST", "/mcp"))->code(), Code::auth_unauthorized);
  for (const char* bad : {"Basic YTpi", "Bearer", "Bearer ", "Bearer a b", "Bearer \"x\""})
    EXPECT_EQ(bearer.admit(head("POST", "/mcp", bad))->code(), Code::auth_invalid_credentials) << bad;
  EXPECT_FALSE(bearer.admit(head("POST", "/mcp", "bearer ann")));
}

TEST_F(BearerTest, TheChallengeLeadsToTheMetadata) {
  const Bearer bearer(loop, known, {.scopes = {"read", "write"}}, "http");
  EXPECT_EQ(bearer.challenge(head("POST", "/mcp"), Error(Code::auth_unauthorized)),
            "WWW-Authenticate: Bearer resource_metadata=\"http://127.0.0.1:8000/.well-known/"
            "oauth-protected-resource/mcp\", scope=\"read write\"\r\n");
  EXPECT_THAT(bearer.challenge(head("POST", "/mcp", "Bearer x"), Error(Code::auth_invalid_credentials)),
              HasSubstr("error=\"invalid_token\""));
  EXPECT_THAT(bearer.challenge(head("POST", "/mcp", "Bearer x"), Error(Code::auth_insufficient_permissions)),
              HasSubstr("error=\"insufficient_scope\""));
  EXPECT_EQ(bearer.challenge(head("POST", "/mcp", "Bearer x"), Error(Code::auth_provider_error)), "");
}

TEST_F(BearerTest, TheChallengeNamesWhatTheRequestNeededBesideWhatAllNeed) {
  const Bearer bearer(loop, known, {.scopes = {"read"}}, "http");
  const Error refused =
      Error(Code::auth_insufficient_permissions).with_extra(transport::needed_scopes_key, "read notes:write");
  EXPECT_THAT(bearer.challenge(head("POST", "/mcp", "Bearer x"), refused),
              HasSubstr("scope=\"read notes:write\", error=\"insufficient_scope\""));
}

TEST_F(BearerTest, TheResourceDescribesItself) {
  const Bearer named(loop, known,
                     {.resource = "https://h.example/public/mcp",
                      .authorization_servers = {"https://as.example"},
                      .scopes = {"read"}},
                     "http");
  for (const char* path : {"", "/mcp", "/public/mcp"}) {
    const std::string target = std::string("/.well-known/oauth-protected-resource") + path;
    const auto reply = named.describe(head("GET", target));
    ASSERT_TRUE(reply) << path;
    EXPECT_EQ(reply->body,
              R"({"resource":"https://h.example/public/mcp","authorization_servers":["https://as.example"],)"
              R"("scopes_supported":["read"],"bearer_methods_supported":["header"]})");
    EXPECT_THAT(reply->headers, HasSubstr("Access-Control-Allow-Origin: *"));
  }
  EXPECT_EQ(named.describe(head("OPTIONS", "/.well-known/oauth-protected-resource"))->status, 204);
  EXPECT_EQ(named.describe(head("POST", "/.well-known/oauth-protected-resource"))->status, 405);
  EXPECT_FALSE(named.describe(head("GET", "/.well-known/oauth-protected-resource/other")));
  EXPECT_FALSE(named.describe(head("GET", "/mcp")));
  const Bearer derived(loop, known, {}, "https");
  EXPECT_THAT(derived.describe(head("GET", "/.well-known/oauth-protected-resource/mcp"))->body,
              HasSubstr(R"("resource":"https://127.0.0.1:8000/mcp")"));
}

TEST(ResourceServer, WhatCannotStandInAHeaderIsRefused) {
  EXPECT_NO_THROW(check_resource_server({.resource = "https://h/mcp", .scopes = {"a:b"}}));
  EXPECT_THROW(check_resource_server({.resource = "h/mcp"}), ToolDefinitionError);
  EXPECT_THROW(check_resource_server({.resource = "https://h/mcp#x"}), ToolDefinitionError);
  EXPECT_THROW(check_resource_server({.authorization_servers = {"https://h/\"x"}}), ToolDefinitionError);
  EXPECT_THROW(check_resource_server({.scopes = {"a b"}}), ToolDefinitionError);
  EXPECT_THROW(check_resource_server({.scopes = {""}}), ToolDefinitionError);
}

}  // namespace
}  // namespace sallyport::server
