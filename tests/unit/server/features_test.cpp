// Resources, templates, prompts, completion, subscriptions: what was said of them, and nothing else.
#include "asked.hpp"
#include "errors/exceptions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct FeaturesTest : ::testing::Test, testing::Asked {
  Json read(std::string_view uri) { return ask("resources/read", Json::object({{"uri", uri}}).text()); }
  Json get(std::string_view name, std::string_view arguments = "{}") {
    return ask("prompts/get",
               R"({"name":")" + std::string(name) + R"(","arguments":)" + std::string(arguments) + "}");
  }
  Json complete(std::string_view ref, std::string_view argument, std::string_view context = "{}") {
    return ask("completion/complete", R"({"ref":)" + std::string(ref) + R"(,"argument":)" +
                                          std::string(argument) + R"(,"context":)" + std::string(context) +
                                          "}");
  }
};

TEST_F(FeaturesTest, WhatThereIsIsAnnouncedAndNothingElse) {
  EXPECT_EQ(at(ask("resources/list"), {"error", "code"}).text(), "-32601");
  EXPECT_EQ(at(ask("prompts/list"), {"error", "code"}).text(), "-32601");
  app.resource("test://a", "a", "", [] { return "A"; });
  app.prompt("p", "", [] { return "P"; });
  constexpr std::string_view hello =
      R"({"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}})";
  EXPECT_EQ(
      at(ask("initialize", hello), {"result", "capabilities"}).text(),
      R"({"resources":{"subscribe":true,"listChanged":true},"prompts":{"listChanged":true},"logging":{}})");
  EXPECT_EQ(at(ask("resources/templates/list"), {"result"}).text(), R"({"resourceTemplates":[]})");
}

TEST_F(FeaturesTest, ResourcesAreReadAsWhatTheyAre) {
  app.resource("test://text", "text", "A text", [] { return "words"; }).mime_type("text/plain").title("Text");
  app.resource("test://blob", "blob", "", [] { return Blob{std::string("\0\1", 2)}; });
  app.resource("test://two", "two", "", []() -> Task<std::vector<ResourceContents>> {
    ResourceContents other("second");
    other.uri = "test://other";
    co_return std::vector{ResourceContents("first"), other};
  });
  EXPECT_EQ(
      at(ask("resources/list"), {"result", "resources", "0"}).text(),
      R"({"uri":"test://text","name":"text","description":"A text","mimeType":"text/plain","title":"Text"})");
  EXPECT_EQ(at(read("test://text"), {"result"}).text(),
            R"({"contents":[{"uri":"test://text","mimeType":"text/plain","text":"words"}]})");
  EXPECT_EQ(at(read("test://blob"), {"result", "contents", "0", "blob"}).as_string(), "AAE=");
  EXPECT_EQ(text_at(read("test://two"), {"result", "contents", "1", "uri"}), "test://other");
  revision = protocol::latest_modern;
  const Json modern = at(read("test://text"), {"result"});
  EXPECT_EQ(at(modern, {"ttlMs"}).text(), "0");
  EXPECT_EQ(text_at(modern, {"cacheScope"}), "private");
}

TEST_F(FeaturesTest, TemplatesGiveTheirVariablesToTheFunction) {
  app.resource_template("note://{year}/{+path}?x", "note", "",
                        [](const std::string& year, const std::string& path) { return year + "|" + path; });
  app.resource_template("user://{name}", "user", "",
                        [](const std::map<std::string, std::string>& all) { return all.at("name"); });
  EXPECT_EQ(text_at(read("note://2026/a/b%20c?x"), {"result", "contents", "0", "text"}), "2026|a/b c");
  EXPECT_EQ(text_at(read("user://ann"), {"result", "contents", "0", "text"}), "ann");
  EXPECT_EQ(at(read("user://a/b"), {"error", "code"}).text(), "-32002");
  EXPECT_EQ(at(read("note://2026/?x"), {"error", "code"}).text(), "-32002") << "a variable is not empty";
  for (const char* bad : {"x://{a}{b}", "x://{", "x://}", "x://{?q}", "x://{}"})
    EXPECT_THROW(app.resource_template(bad, "bad", "", [](const std::string& a) { return a; }),
                 ToolDefinitionError)
        << bad;
}

TEST_F(FeaturesTest, WhatIsNotThereIsSaidInTheWordsOfTheRevision) {
  app.resource("test://gone", "gone", "", []() -> std::string { throw NotFoundError("it is gone"); });
  for (const char* uri : {"test://never", "test://gone"}) {
    revision = protocol::latest_legacy;
    EXPECT_EQ(at(read(uri), {"error", "code"}).text(), "-32002");
    revision = protocol::latest_modern;
    EXPECT_EQ(at(read(uri), {"error", "code"}).text(), "-32602");
    EXPECT_EQ(text_at(read(uri), {"error", "data", "uri"}), uri);
  }
}

TEST_F(FeaturesTest, AMistakeOfAFunctionIsMasked) {
  app.resource("test://a", "a", "", []() -> std::string { throw std::runtime_error("password=hunter2"); });
  app.prompt("p", "", []() -> std::string { throw std::runtime_error("password=hunter2"); });
  for (const Json& reply : {read("test://a"), get("p")}) {
    EXPECT_EQ(text_at(reply, {"error", "data", "dev.sallyport/error", "code"}), "SYS_005");
    EXPECT_THAT(reply.text(), Not(HasSubstr("hunter2")));
  }
}

TEST_F(FeaturesTest, PromptsAreMadeOfTheirArguments) {
  app.prompt("hello", "Greets",
             [](const std::string& who, std::optional<std::string> how) {
               return PromptResult{
                   {Content::text(how.value_or("Hello") + " " + who), {Role::assistant, Content::text("Hi")}},
                   "A greeting"};
             },
             {{"who", "Whom"}, {"how"}})
      .title("Hello");
  EXPECT_EQ(at(ask("prompts/list"), {"result", "prompts", "0"}).text(),
            R"({"name":"hello","description":"Greets","title":"Hello","arguments":)"
            R"([{"name":"who","description":"Whom","required":true},{"name":"how","required":false}]})");
  EXPECT_EQ(
      at(get("hello", R"({"who":"Ann"})"), {"result"}).text(),
      R"({"description":"A greeting","messages":[{"role":"user","content":{"type":"text","text":"Hello Ann"}},)"
      R"({"role":"assistant","content":{"type":"text","text":"Hi"}}]})");
  EXPECT_EQ(at(get("hello"), {"error", "code"}).text(), "-32602");
  EXPECT_EQ(at(get("hello", R"({"who":7})"), {"error", "code"}).text(), "-32602");
  const Json unknown = get("helo", "{}");
  EXPECT_EQ(at(unknown, {"error", "code"}).text(), "-32602");
}

TEST_F(FeaturesTest, CompletionProposesWhatItsFunctionSays) {
  app.prompt("p", "", [](const std::string& a) { return a; }, {{"a"}})
      .complete("a", [](std::string_view typed, const auto& chosen) {
        return std::vector<std::string>(150,
                                        std::string(typed) + (chosen.contains("b") ? chosen.at("b") : ""));
      });
  app.resource_template("t://{x}", "t", "", [](const std::string& x) { return x; });
  const Json made = at(complete(R"({"type":"ref/prompt","name":"p"})", R"({"name":"a","value":"v"})",
                                R"({"arguments":{"b":"w"}})"),
                       {"result", "completion"});
  EXPECT_EQ(at(made, {"values"}).elements().size(), 100u);
  EXPECT_EQ(text_at(made, {"values", "0"}), "vw");
  EXPECT_EQ(at(made, {"total"}).text(), "150");
  EXPECT_EQ(at(made, {"hasMore"}).text(), "true");
  EXPECT_EQ(at(complete(R"({"type":"ref/prompt","name":"p"})", R"({"name":"other","value":""})"),
               {"result", "completion", "values"})
                .text(),
            "[]");
  EXPECT_EQ(at(complete(R"({"type":"ref/resource","uri":"t://{x}"})", R"({"name":"x","value":""})"),
               {"result", "completion", "total"})
                .text(),
            "0");
  EXPECT_EQ(
      at(complete(R"({"type":"ref/prompt","name":"q"})", R"({"name":"a","value":""})"), {"error", "code"})
          .text(),
      "-32602");
}

TEST_F(FeaturesTest, SubscribersHearOfUpdatesUntilTheyLeave) {
  app.resource("test://a", "a", "", [] { return "A"; });
  const std::string params = R"({"uri":"test://a"})";
  EXPECT_EQ(at(ask("resources/subscribe", params), {"result"}).text(), "{}");
  EXPECT_EQ(at(ask("resources/subscribe", params), {"result"}).text(), "{}") << "twice is once";
  app.resource_updated("test://a");
  app.resource_updated("test://b");
  EXPECT_EQ(notified, std::vector<std::string>{"test://a"});
  ask("resources/unsubscribe", params);
  app.resource_updated("test://a");
  EXPECT_EQ(notified.size(), 1u);
  EXPECT_EQ(at(ask("resources/subscribe", R"({"uri":"test://never"})"), {"error", "code"}).text(), "-32002");
}

}  // namespace
}  // namespace sallyport
