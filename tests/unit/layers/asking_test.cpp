// What a server wants to know of its caller, in the way of either era; who cannot be asked hears why, and a
// state that comes back goes on with its own call alone.
#include "layers/asking/asking.hpp"

#include "layers/rounds/rounds.hpp"
#include "unit/layers/asked.hpp"
#include "unit/upstream/silent_observer.hpp"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view form =
    R"("q":{"method":"elicitation/create","params":{"mode":"form","message":"Who?","requestedSchema":{"type":"object","properties":{"n":{"type":"string"}}}}})";
constexpr std::string_view model =
    R"("m":{"method":"sampling/createMessage","params":{"messages":[],"maxTokens":9,"_meta":{"secret":1}}})";
constexpr std::string_view page =
    R"("p":{"method":"elicitation/create","params":{"mode":"url","message":"Look","url":"https://x.example","elicitationId":"theirs"}})";
constexpr std::string_view roots = R"("r":{"method":"roots/list"})";
constexpr std::string_view everything =
    R"({"sampling":{},"elicitation":{"form":{},"url":{}},"roots":{"listChanged":true},"experimental":{"x":{}}})";

std::string required(std::string_view questions, std::string_view state = "st\\u0061te") {
  std::string out = R"({"resultType":"input_required")";
  if (!questions.empty()) out.append(R"(,"inputRequests":{)").append(questions).append("}");
  if (!state.empty()) out.append(R"(,"requestState":")").append(state).append("\"");
  return out + "}";
}

pipeline::Reply answered(std::string_view result) {
  const protocol::Parsed parsed(R"({"jsonrpc":"2.0","id":7,"result":)" + std::string(result) + "}");
  auto answer = std::make_unique<pipeline::Answer>();
  answer->bytes = parsed.bytes;
  answer->message = parsed.message;
  return answer;
}

upstream::Definition definition(std::string key, bool passes_roots) {
  upstream::Definition made;
  made.key = std::move(key);
  made.command = "never-started";
  made.roots = passes_roots;
  return made;
}

// A server that answers with `results`, one after the other, and a client that answers with `respond`.
struct AskingTest : ::testing::Test, pipeline::EventSink, session::Client {
  ~AskingTest() override { EXPECT_TRUE(testing::run(loop, fleet.stop())); }

  void notify(std::string_view message) override { said.emplace_back(message); }
  void request(std::string_view message) override {
    said.emplace_back(message);
    const protocol::Parsed question{std::string(message)};
    const std::string answer = respond ? respond(question.message.method()) : std::string();
    if (answer.empty()) return;
    const protocol::Parsed response(R"({"jsonrpc":"2.0","id":)" +
                                    std::string(question.raw(protocol::Field::id)) + "," + answer + "}");
    questions.answered(response.message, response.bytes);
  }
  void resource_updated(std::string_view) override {}
  void task_changed(std::string_view) override {}
  void tell(std::string_view) override {}
  std::string_view identity() const noexcept override { return "s"; }

  Rounds layer() {
    auto asking = std::make_unique<Asking>(
        Next::make([this](pipeline::Call& call) -> Task<pipeline::Reply> {
          sent.push_back(call.answers);
          declared = protocol::client_capabilities_json(call.askable, protocol::latest_modern);
          const std::string result = results.empty() ? R"({"content":[]})" : results.front();
          if (!results.empty()) results.pop_front();
          co_return answered(result);
        }),
        loop, *fleet.current(), Asking::Keeps{states, suspended, budget}, expiry);
    return {std::move(asking), states, rounds};
  }

  // The text of the result, or the code of the failure.
  std::string ask(std::string_view params = R"({"name":"t"})", std::string_view method = "tools/call") {
    std::string text(params);
    if (modern) {
      text.pop_back();
      text += R"(,"_meta":{"io.modelcontextprotocol/clientCapabilities":)" + can + "}}";
    }
    Asked asked(R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" + text + "}",
                loop.now());
    asked.principal.name = principal;
    asked.call.revision = modern ? protocol::latest_modern : revision;
    if (takes_events) asked.call.events = this;
    if (!modern) asked.call.client = this;
    capabilities = can;
    asked.call.server = fleet.current()->find(server)->server();
    Rounds layers = layer();
    auto reply = testing::run(loop, layers.call(asked.call));
    if (!reply) {
      failed = reply.error();
      return std::string(wire_name(failed->code()));
    }
    if (const auto* local = std::get_if<pipeline::Local>(&*reply)) return *local->result;
    const auto& answer = *std::get<std::unique_ptr<pipeline::Answer>>(*reply);
    return std::string(answer.message.raw(protocol::Field::result, answer.bytes));
  }

  // Of an input_required that was given to a client.
  static std::string state_in(std::string_view result) {
    const protocol::Parsed parsed(R"({"jsonrpc":"2.0","id":1,"result":)" + std::string(result) + "}");
    return std::string(
        json::find_member(parsed.bytes, parsed.message[protocol::Field::result].value.span, "requestState")
            .value.of(parsed.bytes));
  }
  static std::string retry(std::string_view state, std::string_view name = "t",
                           std::string_view responses = R"({"q":{"action":"decline"}})") {
    return R"({"name":")" + std::string(name) + R"(","inputResponses":)" + std::string(responses) +
           R"(,"requestState":)" + std::string(state) + "}";
  }

  task::Loop loop;
  ManualClock clock;
  session::RequestStates states{clock};
  net::Budget budget{1u << 20};
  telemetry::Registry metrics;
  pipeline::RoundTable rounds{loop, budget};
  SuspendedCalls suspended{loop, metrics, budget, rounds};
  testing::SilentObserver observer;
  upstream::Fleet fleet{loop, upstream::Settings{}, budget,
                        std::vector{definition("srv", true), definition("closed", false)}, observer};
  std::chrono::milliseconds expiry = 10min;
  bool modern = false;
  bool takes_events = true;
  protocol::Revision revision = protocol::latest_legacy;
  std::string can{everything};
  std::string principal = "ann";
  std::string server = "srv";
  std::deque<std::string> results;
  std::function<std::string(protocol::Method)> respond;
  std::vector<std::string> said;  // to the client
  std::vector<std::string> sent;  // to the server, besides the call
  std::string declared;           // and what it heard of the client
  std::optional<Error> failed;
};

TEST_F(AskingTest, ALegacyClientIsAskedOnTheStreamOfItsCall) {
  results = {required(std::string(form) + "," + std::string(roots)), required(model, "next")};
  respond = [](protocol::Method method) -> std::string {
    if (method == protocol::Method::roots_list) return R"("result":{"roots":[]})";
    return method == protocol::Method::elicitation_create
               ? R"("result":{"action":"decline"})"
               : R"("result":{"role":"assistant","model":"m","content":{}})";
  };
  EXPECT_EQ(ask(), R"({"content":[]})");
  EXPECT_THAT(
      sent,
      ElementsAre(
          "", R"("inputResponses":{"q":{"action":"decline"},"r":{"roots":[]}},"requestState":"st\u0061te")",
          R"("inputResponses":{"m":{"role":"assistant","model":"m","content":{}}},"requestState":"next")"))
      << "the state byte for byte";
  ASSERT_EQ(said.size(), 3u);
  EXPECT_THAT(said[0], HasSubstr(R"("method":"elicitation/create","params":{"mode":"form")"));
  EXPECT_THAT(said[1], HasSubstr(R"("method":"roots/list"})"));
  EXPECT_THAT(said[2], Not(HasSubstr("secret")));
  EXPECT_EQ(declared, R"({"sampling":{},"elicitation":{"form":{},"url":{}},"roots":{}})");
}

TEST_F(AskingTest, AClientsRefusalEndsTheCall) {
  results = {required(model)};
  respond = [](protocol::Method) { return R"("error":{"code":-1,"message":"canary"})"; };
  EXPECT_EQ(ask(), wire_name(Code::proto_cannot_bridge));
  EXPECT_EQ(failed->executed(), Executed::maybe);
  EXPECT_EQ(sent.size(), 1u);
}

TEST_F(AskingTest, AnAnswerIsNotAwaitedForever) {
  expiry = 1ms;
  results = {required(form)};
  EXPECT_EQ(ask(), wire_name(Code::proto_question_unanswered));
  EXPECT_EQ(failed->executed(), Executed::maybe);
  EXPECT_TRUE(failed->can_retry()) << "the user may be there the next time";
  ASSERT_EQ(said.size(), 2u);
  EXPECT_THAT(said[1], HasSubstr("notifications/cancelled"));
}

TEST_F(AskingTest, AServerMayOnlyWantToBeAskedAgain) {
  results = {required("")};
  EXPECT_EQ(ask(), R"({"content":[]})");
  EXPECT_EQ(sent.back(), R"("requestState":"st\u0061te")");
}

TEST_F(AskingTest, TenRoundsAreEnough) {
  respond = [](protocol::Method) { return R"("result":{"action":"cancel"})"; };
  results.assign(11, required(form));
  EXPECT_EQ(ask(), "PROTO_018");
  EXPECT_EQ(sent.size(), 10u);
}

TEST_F(AskingTest, WhoCannotBeAskedHearsWhy) {
  const auto code = [&](std::string_view questions) {
    results = {required(questions)};
    return ask();
  };
  can = R"({"elicitation":{}})";
  EXPECT_EQ(code(model), "PROTO_006");
  EXPECT_EQ(failed->spec_data(), R"({"requiredCapabilities":{"sampling":{}}})");
  EXPECT_EQ(code(page), "PROTO_006");
  EXPECT_EQ(failed->spec_data(), R"({"requiredCapabilities":{"elicitation":{"url":{}}}})");
  can = everything;
  revision = protocol::Revision::v2025_06_18;
  EXPECT_EQ(code(page), "PROTO_018") << "it has no word for it";
  EXPECT_EQ(declared, R"({"sampling":{},"elicitation":{"form":{}},"roots":{}})");
  revision = protocol::Revision::v2025_03_26;
  EXPECT_EQ(code(form), "PROTO_018");
  revision = protocol::latest_legacy;
  server = "closed";
  EXPECT_EQ(code(roots), "PROTO_018") << "the operator did not say so";
  EXPECT_THAT(declared, Not(HasSubstr("roots")));
  server = "srv";
  takes_events = false;
  EXPECT_EQ(code(form), "PROTO_018") << "a client that takes JSON alone";
  EXPECT_EQ(declared, "{}");
  EXPECT_TRUE(said.empty());
}

TEST_F(AskingTest, FormsOfLaterRevisionsAreNotSentToEarlierOnes) {
  revision = protocol::Revision::v2025_06_18;
  results = {required(
      R"("q":{"method":"elicitation/create","params":{"message":"","requestedSchema":{"type":"object","properties":{"c":{"type":"array","items":{"enum":["a"]}}}}}})")};
  EXPECT_EQ(ask(), "PROTO_018");
  results = {required(form)};
  respond = [](protocol::Method) { return R"("result":{"action":"cancel"})"; };
  EXPECT_EQ(ask(), R"({"content":[]})");
  EXPECT_THAT(said.back(), Not(HasSubstr("mode")));
}

TEST_F(AskingTest, WhatIsNoQuestionIsNotAsked) {
  for (const std::string_view bad :
       {R"({"resultType":"input_required"})", R"({"resultType":"input_required","inputRequests":[]})",
        R"({"resultType":"input_required","requestState":1})",
        R"({"resultType":"input_required","inputRequests":{"a":{"method":"tools/call","params":{}}}})",
        R"({"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create"}}})",
        R"({"resultType":"input_required","inputRequests":{"a":1}})"}) {
    for (const bool era : {false, true}) {
      modern = era;
      results = {std::string(bad)};
      EXPECT_EQ(ask(), wire_name(Code::network_protocol_error)) << bad;
    }
  }
  std::string many;
  for (int i = 0; i < 33; ++i)
    many += (i ? "," : "") + json::quote(std::to_string(i)) + R"(:{"method":"roots/list"})";
  results = {required(many)};
  EXPECT_EQ(ask(), wire_name(Code::network_protocol_error));
  EXPECT_TRUE(said.empty());
}

TEST_F(AskingTest, AModernClientComesBack) {
  modern = true;
  results = {required(std::string(form) + "," + std::string(model) + "," + std::string(page))};
  const std::string first = ask();
  EXPECT_THAT(
      first,
      HasSubstr(
          R"({"resultType":"input_required","inputRequests":{"q":{"method":"elicitation/create","params":{"mode":"form")"));
  EXPECT_THAT(first, HasSubstr(R"(serverInfo":{"name":"sallyport")"));
  for (const std::string_view inside : {"st\\u0061te", "secret", "elicitationId"})
    EXPECT_THAT(first, Not(HasSubstr(inside)));
  EXPECT_EQ(ask(retry(state_in(first))), R"({"content":[]})");
  EXPECT_EQ(sent.back(), R"("inputResponses":{"q":{"action":"decline"}},"requestState":"st\u0061te")");
  results = {required(form, "")};
  EXPECT_EQ(ask(retry(state_in(ask()))), R"({"content":[]})");
  EXPECT_EQ(sent.back(), R"("inputResponses":{"q":{"action":"decline"}})") << "it gave none to give back";
  EXPECT_EQ(ask(R"({"name":"t","inputResponses":{"q":{}}})"), R"({"content":[]})");
  EXPECT_EQ(sent.back(), R"("inputResponses":{"q":{}})")
      << "answers that come before the question are its server's business";
}

TEST_F(AskingTest, AStateIsOfNoUseForAnythingElse) {
  modern = true;
  results = {required(form)};
  const std::string state = state_in(ask());
  const std::size_t before = sent.size();
  EXPECT_EQ(ask(retry(state, "u")), "PROTO_012") << "other params";
  principal = "bob";
  EXPECT_EQ(ask(retry(state)), "PROTO_012");
  principal = "ann";
  server = "closed";
  EXPECT_EQ(ask(retry(state)), "PROTO_012");
  server = "srv";
  std::string altered = state;
  altered[20] = altered[20] == 'A' ? 'B' : 'A';
  EXPECT_EQ(ask(retry(altered)), "PROTO_012");
  EXPECT_EQ(ask(retry("\"forged\"")), "PROTO_012");
  clock.advance(expiry + 1ms);
  EXPECT_EQ(ask(retry(state)), "PROTO_012") << "too late";
  EXPECT_EQ(failed->executed(), Executed::no);
  EXPECT_EQ(sent.size(), before) << "the server saw none of it";
}

TEST_F(AskingTest, TheRoundsOfAModernClientAreCounted) {
  modern = true;
  results.assign(10, required(form));
  std::string result = ask();
  for (int round = 2; round < 10; ++round) result = ask(retry(state_in(result)));
  EXPECT_EQ(ask(retry(state_in(result))), "PROTO_018");
  EXPECT_EQ(sent.size(), 10u);
}

TEST_F(AskingTest, OtherMethodsPassAsTheyAre) {
  results = {R"({"resultType":"input_required"})"};
  EXPECT_EQ(ask(R"({"ref":{}})", "completion/complete"), R"({"resultType":"input_required"})");
  EXPECT_EQ(declared, "{}");
}

}  // namespace
}  // namespace sallyport::layers
