// A modern client's call to a server of an older revision: it runs once, while its client comes and goes, and
// ends with whoever gives it up.
#include "layers/asking/suspended_calls.hpp"

#include "telemetry/metrics_names.hpp"
#include "unit/layers/asked.hpp"
#include "unit/upstream/silent_observer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view form =
    R"({"jsonrpc":"2.0","id":"f","method":"elicitation/create","params":{"message":"Who?","requestedSchema":{"type":"object","properties":{}}}})";
constexpr std::string_view model =
    R"({"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{"messages":[],"maxTokens":9}})";

upstream::Definition definition() {
  upstream::Definition made;
  made.key = "srv";
  made.command = "never-started";
  return made;
}

// The connection to a server that hears what its questions are answered with.
struct Connection final : pipeline::ResponseSink {
  explicit Connection(task::Loop& loop) : changed(loop) {}
  void respond(std::string response) override {
    heard.push_back(std::move(response));
    changed.set();
  }
  std::vector<std::string> heard;
  task::Event changed;
};

struct Sink final : pipeline::EventSink {
  void notify(std::string_view message) override { said.emplace_back(message); }
  std::vector<std::string> said;
};

// A server that asks all of `questions`, and answers when it heard as many answers.
struct SuspendedCallsTest : ::testing::Test {
  ~SuspendedCallsTest() override {
    EXPECT_TRUE(testing::run(loop, suspended.stop()));
    EXPECT_TRUE(testing::run(loop, fleet.stop()));
    EXPECT_EQ(bytes.used(), 0u);
  }

  std::shared_ptr<DetachedCall> begin(std::string_view meta = "{}") {
    requests.push_back(std::make_unique<Asked>(
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","_meta":)" + std::string(meta) +
            "}}",
        loop.now()));
    Asked& asked = *requests.back();
    asked.principal.name = principal;
    asked.call.revision = protocol::latest_modern;
    asked.call.events = &sink;
    asked.call.askable.forms = asked.call.askable.sampling = true;
    asked.call.server = fleet.current()->find("srv")->server();
    auto call = suspended.begin(asked.call, *below);
    requests.clear();  // what it brought is the call's own
    loop.poll();
    return call;
  }
  Task<pipeline::Reply> serve(pipeline::Call& call) {
    ++calls;
    for (const std::string& question : questions) {
      const protocol::Parsed parsed(question);
      call.questions->asked(*protocol::question_of(parsed.message, parsed.bytes), connection);
    }
    if (!progress.empty()) call.events->notify(progress);
    while (connection->heard.size() < questions.size()) {
      const Result<void> waited = co_await connection->changed.wait();
      if (waited) continue;
      ++cancelled;
      co_return Failure(Error(waited.error()).with_executed(Executed::maybe));
    }
    co_return Next::nothing();
  }
  std::string code(const Result<pipeline::Reply>& reply) const {
    return reply ? "" : std::string(wire_name(reply.error().code()));
  }
  std::uint64_t counted(std::string_view outcome) {
    return metrics.counter(telemetry::metrics::suspended, {outcome}).value();
  }

  task::Loop loop;
  telemetry::Registry metrics;
  net::Budget bytes{1u << 20};
  net::Budget buffered{1u << 20};
  pipeline::RoundTable rounds{loop, bytes};
  SuspendedCalls suspended{loop, metrics, bytes, rounds};
  testing::SilentObserver observer;
  upstream::Fleet fleet{loop, upstream::Settings{}, buffered, std::vector{definition()}, observer};
  std::unique_ptr<Next> below = Next::make([this](pipeline::Call& call) { return serve(call); });
  std::shared_ptr<Connection> connection = std::make_shared<Connection>(loop);
  Sink sink;
  std::vector<std::unique_ptr<Asked>> requests;
  std::string principal = "ann";
  std::vector<std::string> questions{std::string(form)};
  std::string progress;
  int calls = 0;
  int cancelled = 0;
};

TEST_F(SuspendedCallsTest, GoesOnWhenItsClientComesBack) {
  const auto call = begin();
  ASSERT_EQ(call->questions().size(), 1u);
  EXPECT_EQ(call->questions()[0].method, protocol::Method::elicitation_create);
  EXPECT_TRUE(call->waits()) << "its server can be had by others meanwhile";
  const auto state = suspended.suspend(call, 1);
  ASSERT_TRUE(state);
  EXPECT_EQ(suspended.size(), 1u);
  const auto back = suspended.resume(*state);
  ASSERT_EQ(back, call);
  EXPECT_EQ(suspended.size(), 0u);
  back->answer(R"({"q1":{"action":"accept","content":{"name":"Bo"}}})");
  EXPECT_FALSE(back->waits());
  EXPECT_THAT(
      connection->heard,
      ElementsAre(R"({"jsonrpc":"2.0","id":"f","result":{"action":"accept","content":{"name":"Bo"}}})"));
  EXPECT_TRUE(testing::run(loop, back->end()));
  EXPECT_TRUE(back->take_outcome());
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(counted("resumed"), 1u);
}

TEST_F(SuspendedCallsTest, WhatIsLeftOutStaysOpenAndNonsenseIsSaidToBe) {
  questions.emplace_back(model);
  const auto call = begin();
  ASSERT_EQ(call->questions().size(), 2u);
  call->answer(R"({"q2":{"role":"nobody"},"q9":{}})");
  ASSERT_EQ(connection->heard.size(), 1u);
  EXPECT_THAT(connection->heard[0], HasSubstr(R"("id":7,"error":{"code":-32603)"));
  ASSERT_EQ(call->questions().size(), 1u);
  EXPECT_EQ(call->questions()[0].key, R"("q1")");
  call->answer("");
  EXPECT_EQ(call->questions().size(), 1u);
  call->answer(R"({"q1":{"action":"decline"}})");
  EXPECT_TRUE(testing::run(loop, call->end()));
}

TEST_F(SuspendedCallsTest, WhoCannotBeAskedIsNot) {
  questions = {R"({"jsonrpc":"2.0","id":3,"method":"roots/list"})"};
  const auto call = begin();
  EXPECT_THAT(connection->heard, ElementsAre(HasSubstr(R"("id":3,"error":{"code":-32601)")));
  EXPECT_TRUE(testing::run(loop, call->end()));
}

TEST_F(SuspendedCallsTest, AQuestionCanBeWithdrawnOrGoWithItsConnection) {
  questions.emplace_back(model);
  const auto call = begin();
  call->withdrawn("7");
  EXPECT_EQ(call->questions().size(), 1u);
  call->answer(R"({"q2":{"role":"user","model":"m","content":{}}})");
  EXPECT_THAT(connection->heard, IsEmpty());
  const auto gone = std::make_shared<Connection>(loop);
  const protocol::Parsed parsed{std::string(form)};
  call->asked(*protocol::question_of(parsed.message, parsed.bytes), gone);
  EXPECT_EQ(call->questions().size(), 2u);
}

TEST_F(SuspendedCallsTest, AsksNoMoreThanAClientCanTake) {
  const auto call = begin();
  const protocol::Parsed parsed{std::string(form)};
  for (std::size_t i = 1; i < protocol::max_questions; ++i)
    call->asked(*protocol::question_of(parsed.message, parsed.bytes), connection);
  EXPECT_THAT(connection->heard, IsEmpty());
  call->asked(*protocol::question_of(parsed.message, parsed.bytes), connection);
  EXPECT_THAT(connection->heard, ElementsAre(HasSubstr("Too many questions")));
}

TEST_F(SuspendedCallsTest, AClientThatNeverComesBackEndsItsCall) {
  suspended.set_limits({.expiry = 1ms});
  const auto call = begin();
  const auto state = suspended.suspend(call, 1);
  ASSERT_TRUE(state);
  EXPECT_TRUE(testing::run(loop, call->end()));
  EXPECT_EQ(cancelled, 1);
  EXPECT_THAT(connection->heard, ElementsAre(HasSubstr("The call is over")));
  EXPECT_EQ(code(call->take_outcome()), "PROTO_013");
  EXPECT_EQ(suspended.resume(*state), nullptr);
  EXPECT_EQ(counted("expired"), 1u);
  EXPECT_EQ(bytes.used(), 0u);
}

TEST_F(SuspendedCallsTest, AnotherRoundOrAnUnknownCallIsNotResumed) {
  const auto call = begin();
  auto state = suspended.suspend(call, 2);
  ASSERT_TRUE(state);
  auto other = *state;
  other.round = 1;
  EXPECT_EQ(suspended.resume(other), nullptr);
  other = *state;
  other.held += "x";
  EXPECT_EQ(suspended.resume(other), nullptr);
  EXPECT_EQ(suspended.resume(*state), call);
  EXPECT_EQ(suspended.resume(*state), nullptr);
}

TEST_F(SuspendedCallsTest, NumberShareAndMemoryAreBounded) {
  suspended.set_limits({.total = 3, .per_principal = 2});
  const auto refused = [&] {
    const auto call = begin();
    const auto state = suspended.suspend(call, 1);
    if (!state) call->cancel(task::CancelReason::superseded);
    return state ? std::string() : std::string(wire_name(state.error().code()));
  };
  EXPECT_EQ(refused(), "");
  EXPECT_EQ(refused(), "");
  EXPECT_EQ(refused(), "LIMIT_014") << "of one caller";
  principal = "bob";
  EXPECT_EQ(refused(), "");
  EXPECT_EQ(refused(), "LIMIT_014") << "of all";
  suspended.set_limits({.total = 100, .per_principal = 100});
  EXPECT_EQ(refused(), "");
  // What is kept of answers goes first.
  (void)rounds.arrive("k", "a", loop.clock().system_now() + 1h);
  rounds.end("k", pipeline::Reply(pipeline::Local{std::make_shared<const std::string>(1000, 'x')}));
  bytes.set_limit(bytes.used());
  EXPECT_EQ(refused(), "LIMIT_014") << "1000 bytes are less than one takes";
  bytes.set_limit(bytes.used() + 4096);
  EXPECT_EQ(refused(), "");
  EXPECT_EQ(counted("refused"), 3u);
}

TEST_F(SuspendedCallsTest, WhoWaitsHearsProgressUnderHisOwnToken) {
  const auto call = begin(R"({"progressToken":"one"})");
  const std::string report =
      R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"one","progress":1}})";
  call->notify(report);
  EXPECT_THAT(sink.said, IsEmpty()) << "nobody waits";
  Asked later(
      R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"t","_meta":{"progressToken":2}}})");
  later.call.events = &sink;
  {
    const DetachedCall::Visit visit(*call, later.call);
    call->notify(report);
    call->notify(R"({"jsonrpc":"2.0","method":"notifications/message","params":{}})");
  }
  call->notify(report);
  EXPECT_THAT(sink.said, ElementsAre(HasSubstr(R"("progressToken":2,)"), HasSubstr("notifications/message")));
}

TEST_F(SuspendedCallsTest, TheEndOfTheGatewayEndsAll) {
  const auto waiting = begin();
  ASSERT_TRUE(suspended.suspend(waiting, 1));
  const auto visited = begin();
  EXPECT_TRUE(testing::run(loop, suspended.stop()));
  EXPECT_TRUE(waiting->over());
  EXPECT_TRUE(visited->over());
  EXPECT_EQ(cancelled, 2);
  EXPECT_EQ(counted("shutdown"), 1u);
}

}  // namespace
}  // namespace sallyport::layers
