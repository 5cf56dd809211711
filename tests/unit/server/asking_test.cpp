// What a function asks of the client's side: within the call in the legacy eras, between two requests in the
// modern one; a round that is misused is refused, and nothing is left running.
#include "asked.hpp"
#include "errors/exceptions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Name {
  std::string name;
  static void describe(Fields<Name>& field) { field("name", &Name::name).length(1, 10); }
};

struct AskingTest : ::testing::Test, testing::Asked {
  AskingTest() {
    app.tool("greet", "",
             [this](Context& context, const std::string& word) -> Task<std::string> {
               ++runs;
               const auto said = CO_TRY(co_await context.elicit<Name>("who", "Who are you?"));
               if (!said.accepted()) co_return "Nobody.";
               co_return word + ", " + said.content->name;
             },
             {{"word"}});
    app.tool("twice", "", [this](Context& context) -> Task<std::string> {
      ++runs;
      const auto first = CO_TRY(co_await context.elicit<Name>("first", "First?"));
      const auto second = CO_TRY(co_await context.elicit<Name>("second", "Second?"));
      co_return first.content->name + second.content->name;
    });
    app.tool("both", "", [](Context& context) -> Task<std::string> {
      std::vector<Question> questions;
      questions.push_back(Question::sample("model", SampleRequest{{Content::text("Hi")}}));
      questions.push_back(Question::roots("roots"));
      const auto answers = CO_TRY(co_await context.ask(std::move(questions)));
      co_return Json::array(answers).text();
    });
  }

  void be_legacy(std::string_view declared) {
    ask("initialize", R"({"protocolVersion":"2025-11-25","capabilities":)" + std::string(declared) +
                          R"(,"clientInfo":{"name":"c","version":"1"}})");
  }
  void be_modern(std::string_view declared = R"({"elicitation":{},"sampling":{},"roots":{}})") {
    revision = protocol::latest_modern;
    capabilities = declared;
  }
  static Json accepted(std::string_view name) {
    return Json::object({{"action", "accept"}, {"content", Json::object({{"name", name}})}});
  }
  static Json response(const Json& question, const Json& result) {
    return Json::object({{"jsonrpc", "2.0"}, {"id", *question.find("id")}, {"result", result}});
  }
  Json call(std::string_view tool, const Json& arguments, const Json& responses = {},
            std::string_view state = {}) {
    Json params = Json::object({{"name", tool}, {"arguments", arguments}});
    if (!responses.is_null()) params.set("inputResponses", responses);
    if (!state.empty()) params.set("requestState", state);
    return ask("tools/call", params.text());
  }
  static std::string text(const Json& reply) { return text_at(reply, {"result", "content", "0", "text"}); }
  static std::string state(const Json& reply) { return text_at(reply, {"result", "requestState"}); }
  static std::string code(const Json& reply) {
    return text_at(reply, {"error", "data", "dev.sallyport/error", "code"});
  }

  const Json hello = Json::object({{"word", "Hello"}});
  int runs = 0;
};

TEST_F(AskingTest, ALegacyClientIsAskedWithinTheCall) {
  be_legacy(R"({"elicitation":{}})");
  respond = [](const Json& question) { return response(question, accepted("Ann")); };
  EXPECT_EQ(text(call("greet", hello)), "Hello, Ann");
  ASSERT_EQ(questions.size(), 1u);
  EXPECT_EQ(text_at(questions[0], {"method"}), "elicitation/create");
  EXPECT_EQ(at(questions[0], {"params"}).text(),
            R"({"message":"Who are you?","requestedSchema":{"type":"object","properties":)"
            R"({"name":{"type":"string","minLength":1,"maxLength":10}},"required":["name"]}})");
  respond = [](const Json& question) { return response(question, Json::object({{"action", "decline"}})); };
  EXPECT_EQ(text(call("greet", hello)), "Nobody.");
}

TEST_F(AskingTest, WhatAClientDidNotDeclareItIsNotAsked) {
  be_legacy("{}");
  EXPECT_EQ(code(call("greet", hello)), "PROTO_006");
  EXPECT_TRUE(questions.empty());
  be_modern(R"({"sampling":{}})");
  const Json refused = call("greet", hello);
  EXPECT_EQ(at(refused, {"error", "code"}).text(), "-32021");
  EXPECT_EQ(at(refused, {"error", "data", "requiredCapabilities"}).text(), R"({"elicitation":{}})");
}

TEST_F(AskingTest, ARefusalAndAWrongAnswerOfAClientAreFailuresOfTheCall) {
  be_legacy(R"({"elicitation":{}})");
  respond = [](const Json& question) {
    return Json::object({{"jsonrpc", "2.0"},
                         {"id", *question.find("id")},
                         {"error", Json::object({{"code", -1}, {"message", "password=hunter2"}})}});
  };
  const Json refused = call("greet", hello);
  EXPECT_EQ(text(refused), "The client refused what it was asked.");
  EXPECT_THAT(refused.text(), Not(HasSubstr("hunter2")));
  respond = [](const Json& question) { return response(question, Json::object({{"action", "maybe"}})); };
  EXPECT_EQ(code(call("greet", hello)), "PROTO_004");
  respond = [](const Json& question) { return response(question, accepted("a name that is too long")); };
  EXPECT_EQ(code(call("greet", hello)), "PROTO_004");
}

TEST_F(AskingTest, AClientThatGoesAwayEndsTheWait) {
  be_legacy(R"({"elicitation":{}})");
  respond = [this](const Json&) {
    client_leaves();
    return Json();
  };
  EXPECT_EQ(text(call("greet", hello)), "The client went away before it answered.");
}

TEST_F(AskingTest, AModernClientComesBackWithTheAnswer) {
  be_modern();
  const Json asked = call("greet", hello);
  EXPECT_EQ(text_at(asked, {"result", "resultType"}), "input_required");
  EXPECT_EQ(text_at(asked, {"result", "inputRequests", "who", "method"}), "elicitation/create");
  EXPECT_EQ(text(call("greet", hello, Json::object({{"who", accepted("Ann")}}), state(asked))), "Hello, Ann");
  EXPECT_EQ(runs, 1) << "the function ran once";
}

TEST_F(AskingTest, RoundsFollowEachOther) {
  be_modern();
  const Json first = call("twice", Json::object());
  const Json second = call("twice", Json::object(), Json::object({{"first", accepted("a")}}), state(first));
  EXPECT_TRUE(at(second, {"result", "inputRequests", "second"}).is_object());
  EXPECT_NE(state(first), state(second));
  EXPECT_EQ(text(call("twice", Json::object(), Json::object({{"second", accepted("b")}}), state(second))),
            "ab");
  EXPECT_EQ(runs, 1);
}

TEST_F(AskingTest, SeveralQuestionsStandInOneResultAndMayBeAnsweredInParts) {
  be_modern();
  const Json first = call("both", Json::object());
  EXPECT_EQ(at(first, {"result", "inputRequests"}).members().size(), 2u);
  const Json sampled =
      *Json::parse(R"({"role":"assistant","content":{"type":"text","text":"x"},"model":"m"})");
  const Json roots = *Json::parse(R"({"roots":[]})");
  const Json second = call("both", Json::object(), Json::object({{"model", sampled}}), state(first));
  EXPECT_EQ(at(second, {"result", "inputRequests"}).members().size(), 1u);
  EXPECT_EQ(text(call("both", Json::object(), Json::object({{"roots", roots}}), state(second))),
            Json::array({sampled, roots}).text());
}

TEST_F(AskingTest, AnswersThatComeUnaskedAreTakenWhenTheyAreAskedFor) {
  be_modern();
  const Json all = Json::object({{"who", accepted("Ann")}, {"unknown", 7}});
  EXPECT_EQ(text(call("greet", hello, all)), "Hello, Ann");
  EXPECT_EQ(code(call("greet", hello, Json::object({{"who", 7}}))), "PROTO_004");
}

TEST_F(AskingTest, WhatDoesNotAnswerIsAskedAgain) {
  be_modern();
  const Json first = call("greet", hello);
  const Json again = call("greet", hello, Json::object({{"other", accepted("Ann")}}), state(first));
  EXPECT_EQ(text_at(again, {"result", "resultType"}), "input_required");
  const Json wrong = call("greet", hello, Json::object({{"who", Json::object()}}), state(again));
  EXPECT_EQ(code(wrong), "PROTO_004");
  EXPECT_EQ(text(call("greet", hello, Json::object({{"who", accepted("Ann")}}), state(again))), "Hello, Ann")
      << "a wrong answer costs nothing";
}

TEST_F(AskingTest, AStateHoldsHoweverItsCallIsWritten) {
  be_modern();
  const std::string good = state(call("greet", hello));
  const Json done = ask("tools/call", R"({"requestState":")" + good +
                                          R"(","arguments": { "w\u006frd" : "\u0048ello" },"name":"greet",)" +
                                          R"("inputResponses":{"who":)" + accepted("Ann").text() + "}}");
  EXPECT_EQ(text(done), "Hello, Ann");
}

TEST_F(AskingTest, AStateHoldsForItsCallOnly) {
  be_modern();
  const Json answers = Json::object({{"who", accepted("Ann")}});
  const std::string good = state(call("greet", hello));
  EXPECT_EQ(code(call("greet", hello, answers, good + "x")), "PROTO_012");
  EXPECT_EQ(code(call("greet", hello, answers, "made up")), "PROTO_012");
  EXPECT_EQ(code(call("greet", Json::object({{"word", "Bye"}}), answers, good)), "PROTO_012");
  EXPECT_EQ(code(call("twice", Json::object(), answers, good)), "PROTO_012");
  EXPECT_EQ(text(call("greet", hello, answers, good)), "Hello, Ann");
}

TEST_F(AskingTest, ARoundThatComesTwiceHasOneOutcome) {
  be_modern();
  const Json answers = Json::object({{"who", accepted("Ann")}});
  const std::string good = state(call("greet", hello));
  EXPECT_EQ(text(call("greet", hello, answers, good)), "Hello, Ann");
  EXPECT_EQ(text(call("greet", hello, answers, good)), "Hello, Ann");
  EXPECT_EQ(code(call("greet", hello, Json::object({{"who", accepted("Eve")}}), good)), "PROTO_012");
  EXPECT_EQ(runs, 1);
}

TEST_F(AskingTest, RunsWhoseClientsDoNotComeBackEndWithTheServer) {
  be_modern();
  const std::string good = state(call("greet", hello));
  EXPECT_TRUE(testing::run(loop, host.stop()));
  EXPECT_EQ(code(call("greet", hello, Json::object({{"who", accepted("Ann")}}), good)), "PROTO_012");
}

TEST_F(AskingTest, PromptsAskToo) {
  be_modern();
  app.prompt("p", "", [](Context& context) -> Task<std::string> {
    const auto said = CO_TRY(co_await context.elicit<Name>("who", "Who?"));
    co_return "For " + said.content->name;
  });
  const std::string good = state(ask("prompts/get", R"({"name":"p"})"));
  const Json reply =
      ask("prompts/get", Json::object({{"name", "p"},
                                       {"inputResponses", Json::object({{"who", accepted("Ann")}})},
                                       {"requestState", good}})
                             .text());
  EXPECT_EQ(text_at(reply, {"result", "messages", "0", "content", "text"}), "For Ann");
}

}  // namespace
}  // namespace sallyport
