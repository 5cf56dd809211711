// From a prompt's name, a URI and a completion's reference to the server that has it, in front of real
// children.
#include "layers/resolve/resolve.hpp"
#include "layers/route/route.hpp"
#include "layers/upstream/upstream.hpp"
#include "pipeline/stack.hpp"
#include "unit/client/scripted_child.hpp"
#include "unit/layers/asked.hpp"
#include "unit/upstream/silent_observer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

using pipeline::layer;
using pipeline::stack;
using testing::answers;
using ::testing::HasSubstr;

// Lists a prompt `p`, a resource `a:1` and a template `t:{x}`, and answers the first request after, which has
// to match `pattern` (of the shell), with `answer`.
upstream::Definition server(std::string key, std::string_view pattern = "*",
                            std::string_view answer = R"("result":{})") {
  upstream::Definition definition;
  definition.key = std::move(key);
  definition.prefix = definition.key + "__";
  definition.protocol = protocol::latest_legacy;
  testing::run_script(
      definition,
      testing::after_handshake(
          answers(2, R"("result":{"tools":[]})") +
              answers(3, R"("result":{"resources":[{"uri":"a:1","name":"one"}]})") +
              answers(4, R"("result":{"resourceTemplates":[{"uriTemplate":"t:{x}","name":"t"}]})") +
              answers(5, R"("result":{"prompts":[{"name":"p"}]})") + "IFS= read -r l\ncase \"$l\" in\n" +
              std::string(pattern) + ") echo '{\"jsonrpc\":\"2.0\",\"id\":6," + std::string(answer) +
              "}' ;;\n*) exit 7 ;;\nesac\ncat > /dev/null",
          R"({"tools":{},"resources":{},"prompts":{},"completions":{}})"));
  return definition;
}

struct FeaturesTest : ::testing::Test {
  ~FeaturesTest() override { stop(); }
  void stop() {
    if (fleet) EXPECT_TRUE(testing::run(loop, fleet->stop()));
  }
  void make(std::vector<upstream::Definition> definitions) {
    stop();
    fleet.emplace(loop, upstream::Settings{}, budget, std::move(definitions), observer);
  }
  // What comes back: the upstream's bytes, our own result, or the code of the failure.
  std::string ask(std::string_view method, std::string_view params, std::string_view endpoint = "") {
    const auto service = stack(layer<Route>(loop.timers(), metrics, *fleet->current()),
                               layer<Resolve>(loop.timers(), *fleet->current()),
                               std::make_unique<Upstream>(loop.timers(), hub, 100));
    Asked asked(R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" +
                    std::string(params) + "}",
                loop.now());
    asked.call.endpoint = endpoint;
    asked.call.trace = trace;
    auto reply = testing::run(loop, service->call(asked.call));
    if (!reply) return std::string(wire_name(reply.error().code())) + std::string(reply.error().spec_data());
    if (const auto* local = std::get_if<pipeline::Local>(&*reply)) return *local->result;
    EXPECT_TRUE(asked.call.idempotent);
    return std::get<std::unique_ptr<pipeline::Answer>>(*reply)->bytes;
  }

  task::Loop loop;
  telemetry::Registry metrics;
  net::Budget budget{1u << 20};
  testing::SilentObserver observer;
  std::optional<upstream::Fleet> fleet;
  telemetry::CallHub hub;
  telemetry::Trace trace;
};

struct Attempts final : telemetry::CallObserver {
  void call_finished(const telemetry::CallRecord&) override {}
  void attempt_finished(const telemetry::AttemptRecord& record) override {
    ++heard;
    span = record.span;
    EXPECT_EQ(record.server, "one");
    EXPECT_EQ(record.target, "") << "a URI is no target";
    EXPECT_EQ(record.number, 1);
    EXPECT_EQ(record.outcome.code_name(), "ok");
    EXPECT_EQ(record.revision, protocol::latest_legacy);
  }
  int heard = 0;
  telemetry::SpanId span;
};

TEST_F(FeaturesTest, AServerHearsOfTheSpanThatAsksItWhileThereAreSpans) {
  Attempts attempts;
  hub.add(attempts);
  const auto caller =
      telemetry::TraceParent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  trace = telemetry::begin_trace(caller, true);
  trace.state = "vendor=1";
  const std::string heard =
      R"(*'"traceparent":"00-0af7651916cd43dd8448eb211c80319c-'*'-01","tracestate":"vendor=1"'*)";
  make({server("one", heard, R"("result":{"contents":[]})")});
  EXPECT_THAT(ask("resources/read", R"({"uri":"a:1"})"), HasSubstr("contents"));
  EXPECT_EQ(attempts.heard, 1);
  EXPECT_TRUE(attempts.span.valid());
  EXPECT_NE(attempts.span, trace.span);
  trace.sampled = false;
  make({server("one", "*'80319c-'*'-00\"'*", R"("result":{"contents":[]})")});
  EXPECT_THAT(ask("resources/read", R"({"uri":"a:1"})"), HasSubstr("contents")) << "nor do servers record it";
  EXPECT_EQ(attempts.heard, 1);
  trace = {};
  make({server("one", "*traceparent*"), server("two")});
  EXPECT_EQ(ask("resources/read", R"({"uri":"sp+one:a:1"})"), "TOOL_006") << "not without spans";
}

TEST_F(FeaturesTest, APromptGoesToItsServerUnderItsOwnName) {
  make({server("one"),
        server("two", R"(*prompts/get*'"name":"p","arguments":{"a":"b"}'*)", R"("result":{"messages":[]})")});
  EXPECT_THAT(ask("prompts/get", R"({"name":"two__p","arguments":{"a":"b"}})"),
              HasSubstr(R"("messages":[])"));
  EXPECT_EQ(ask("prompts/get", R"({"name":"two__q"})"), "PROTO_010");
  EXPECT_EQ(ask("prompts/get", R"({"name":"p"})"), "PROTO_010") << "only on its own endpoint";
}

TEST_F(FeaturesTest, AResourceGoesToItsOwner) {
  make({server("one"), server("two", R"(*resources/read*'"uri":"a:1"'*)",
                              R"("result":{"contents":[{"uri":"a:1","text":"a:1"},{"uri":"a:2"}]})")});
  EXPECT_THAT(ask("resources/read", R"({"uri":"sp+two:a:1"})"),
              HasSubstr(R"([{"uri":"sp+two:a:1","text":"a:1"},{"uri":"a:2"}])"))
      << "under its plain URI the caller would find the other server's";
  EXPECT_EQ(ask("resources/read", R"({"uri":"b:1"})"), R"(PROTO_009{"uri":"b:1"})");
  EXPECT_EQ(ask("resources/read", "{}"), "PROTO_004");
}

TEST_F(FeaturesTest, ATemplateAndTheOnlyServerTakeWhatNobodyLists) {
  make({server("one", R"(*'"uri":"t:9"'*)", R"("result":{"contents":[]})")});
  EXPECT_THAT(ask("resources/read", R"({"uri":"t:9"})"), HasSubstr("contents"));
  make({server("one", R"(*'"uri":"z:9"'*)", R"("error":{"code":-32002,"message":"none"})")});
  EXPECT_THAT(ask("resources/read", R"({"uri":"z:9"})"), HasSubstr("-32002")) << "the server says so itself";
}

TEST_F(FeaturesTest, ACompletionIsAboutAPromptOrATemplate) {
  make({server("one", R"(*completion/complete*'"ref":{"type":"ref/prompt","name":"p"}'*)",
               R"("result":{"completion":{"values":["v"]}})")});
  EXPECT_THAT(ask("completion/complete",
                  R"({"ref":{"type":"ref/prompt","name":"one__p"},"argument":{"name":"a","value":""}})"),
              HasSubstr(R"(["v"])"));
  make({server("one", R"(*'"ref":{"type":"ref/resource","uri":"t:{x}"}'*)",
               R"("result":{"completion":{"values":["w"]}})"),
        server("two")});
  EXPECT_THAT(ask("completion/complete",
                  R"({"ref":{"type":"ref/resource","uri":"t:{x}"},"argument":{"name":"x","value":""}})"),
              HasSubstr(R"(["w"])"));
  EXPECT_EQ(ask("completion/complete",
                R"({"ref":{"type":"ref/resource","uri":"u:{x}"},"argument":{"name":"x","value":""}})"),
            "PROTO_004");
  EXPECT_EQ(ask("completion/complete", R"({"ref":{"type":"ref/prompt","name":"one__p"}})"), "PROTO_004");
}

TEST_F(FeaturesTest, AnAnswerThatIsNoneIsRefused) {
  for (const auto& [method, params] :
       {std::pair{"prompts/get", R"({"name":"one__p"})"}, std::pair{"resources/read", R"({"uri":"a:1"})"}}) {
    make({server("one", "*", R"("result":{"contents":{},"messages":null})")});
    EXPECT_EQ(ask(method, params), "NET_006") << method;
    make({server("one", "*", R"("result":{"resultType":"input_required"})")});
    EXPECT_THAT(ask(method, params), HasSubstr("input_required")) << "the asking layer looks at it";
  }
}

}  // namespace
}  // namespace sallyport::layers
