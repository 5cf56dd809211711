// Calls that become tasks of either kind, and requests about them: ids of ours, each its caller's alone, and
// what servers that lie or die make of it.
#include "layers/tasks/tasks.hpp"

#include "unit/client/scripted_child.hpp"
#include "unit/layers/asked.hpp"
#include "unit/upstream/silent_observer.hpp"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

namespace sallyport::layers {
namespace {

using protocol::Revision;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Comes up and lists nothing; whatever else is asked of it the test answers in its place.
upstream::Definition server(std::string key, Revision speaks, std::string_view capabilities) {
  upstream::Definition made;
  made.key = std::move(key);
  made.protocol = speaks;
  const bool modern = protocol::era(speaks) == protocol::Era::modern;
  const std::string about =
      modern
          ? R"({"resultType":"complete","supportedVersions":["2026-07-28"],"ttlMs":0,"cacheScope":"private","capabilities":)"
          : R"({"protocolVersion":"2025-11-25","serverInfo":{"name":"s","version":"1"},"capabilities":)";
  testing::run_script(
      made, R"(while IFS= read -r l; do
  id=${l#*'"id":'}; id=${id%%,*}
  case $l in
    *'"initialize"'*|*'"server/discover"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":)" +
                [&] {
                  std::string quoted;
                  for (const char c : about + std::string(capabilities) + "}}")
                    quoted += c == '"' ? "\\\"" : std::string(1, c);
                  return quoted;
                }() +
                R"(";;
    *'"tools/list"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"private\",\"tools\":[]}}";;
  esac
done)");
  return made;
}

std::string state(std::string_view status, std::string_view rest = "", std::string_view id = "theirs") {
  return R"("taskId":")" + std::string(id) + R"(","status":")" + std::string(status) +
         R"(","createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z","ttl":60000,"ttlMs":60000)" +
         std::string(rest);
}
std::string legacy_task(std::string_view status = "working") {
  return R"({"task":{)" + state(status) + "}}";
}
std::string modern_task(std::string_view status = "working") {
  return R"({"resultType":"task",)" + state(status) + "}";
}
std::string got(std::string_view status, std::string_view rest = "", std::string_view id = "theirs") {
  return R"({"resultType":"complete",)" + state(status, rest, id) + "}";
}

struct TasksTest : ::testing::Test, session::Client {
  TasksTest() {
    EXPECT_TRUE(testing::run(loop, fleet.current()->settle("", loop.now() + testing::patience)));
  }
  ~TasksTest() override {
    session::Client::tasks.clear();
    EXPECT_TRUE(testing::run(loop, following.stop()));
    EXPECT_TRUE(testing::run(loop, fleet.stop()));
  }
  void resource_updated(std::string_view) override {}
  void task_changed(std::string_view members) override { heard.emplace_back(members); }
  void tell(std::string_view notification) override { told.emplace_back(notification); }
  std::string_view identity() const noexcept override { return session_name; }

  // The raw result, or the code of the failure.
  std::string ask(std::string_view method, std::string params, std::string_view of) {
    const bool modern = protocol::era(revision) == protocol::Era::modern;
    if (modern) {
      params.pop_back();
      params.append(params.size() > 1 ? "," : "")
          .append(R"("_meta":{"io.modelcontextprotocol/clientCapabilities":)" + can + "}}");
    }
    Asked asked(
        R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" + params + "}",
        loop.now());
    asked.principal.name = principal;
    asked.call.revision = revision;
    asked.call.endpoint = endpoint;
    asked.call.events = &events;
    if (!modern || listens) asked.call.client = this;
    if (!of.empty()) {
      upstream::Tool tool;
      tool.task_only = task_only;
      asked.call.server = fleet.current()->find(of)->server();
      asked.call.tool = std::make_shared<const upstream::Tool>(std::move(tool));
      asked.call.shown_name = "t";
    }
    Tasks layer(Next::make([this](pipeline::Call& call) { return serve(call); }), loop, *fleet.current(),
                table, following);
    auto reply = testing::run(loop, layer.call(asked.call));
    if (!reply) {
      failed = reply.error();
      return std::string(wire_name(failed->code()));
    }
    if (const auto* local = std::get_if<pipeline::Local>(&*reply)) return *local->result;
    if (const auto* rendered = std::get_if<pipeline::Failed>(&*reply))
      return std::string(wire_name(rendered->error.code()));
    const auto& answer = *std::get<std::unique_ptr<pipeline::Answer>>(*reply);
    return std::string(answer.message.raw(protocol::Field::result, answer.bytes));
  }
  Task<pipeline::Reply> serve(pipeline::Call& call) {
    sent = std::string(protocol::name(call.method())) + " " + call.own_name;
    wished = call.task;
    took = call.takes_task;
    if (!call.task.empty()) sinks.push_back(call.task_sink);
    for (const auto& sink : sinks)
      if (const auto hears = sink.lock()) hears->heard(said.bytes, said.message);
    ++served;
    const protocol::Parsed parsed(R"({"jsonrpc":"2.0","id":7,"result":)" + answers.front() + "}");
    if (answers.size() > 1) answers.pop_front();
    auto answer = std::make_unique<pipeline::Answer>();
    answer->bytes = parsed.bytes;
    answer->message = parsed.message;
    co_return answer;
  }
  std::string call_tool(std::string_view of, std::string answer, std::string_view task = "{}") {
    answers = {std::move(answer)};
    const bool legacy = protocol::era(revision) == protocol::Era::legacy && !task.empty();
    return ask("tools/call", R"({"name":"t")" + (legacy ? R"(,"task":)" + std::string(task) : "") + "}", of);
  }
  // About a task; `answer` is what its server says.
  std::string about(std::string_view method, std::string_view id, std::string answer = "{}") {
    answers = {std::move(answer)};
    return ask(method, R"({"taskId":")" + std::string(id) + R"("})", "");
  }
  static std::string id_in(std::string_view result) {
    constexpr std::string_view key = R"("taskId":")";
    const std::size_t at = result.find(key);
    return at == std::string_view::npos ? "" : std::string(result.substr(at + key.size(), 32));
  }
  std::string modern_id() {
    revision = protocol::latest_modern;
    return id_in(call_tool("new", modern_task()));
  }
  std::string legacy_id() {
    revision = protocol::latest_legacy;
    return id_in(call_tool("old", legacy_task()));
  }
  void kill(std::string_view key) {
    const auto server = fleet.current()->find(key)->server();
    ASSERT_TRUE(server->status().pid);
    ::kill(*server->status().pid, SIGKILL);
    ASSERT_TRUE(testing::run_until(loop, [&] { return server->state() != upstream::State::up; }));
  }

  task::Loop loop;
  upstream::Settings settings;
  net::Budget budget{1u << 20};
  testing::SilentObserver observer;
  upstream::TaskTable table{loop};
  upstream::Following following{loop, table,
                                [](std::shared_ptr<upstream::Server>, std::string,
                                   std::string) -> Task<std::unique_ptr<pipeline::Answer>> {
                                  co_return Failure(Error(Code::network_connection_failed));
                                }};
  upstream::Fleet fleet{
      loop, settings, budget,
      std::vector{server("old", protocol::latest_legacy,
                         R"({"tools":{},"tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}})"),
                  server("new", protocol::latest_modern,
                         R"({"tools":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})"),
                  server("bare", protocol::latest_legacy, R"({"tools":{}})")},
      observer};

  Revision revision = protocol::latest_legacy;
  std::string can = R"({"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})";
  std::string principal = "ann";
  std::string session_name = "s";
  std::string endpoint;
  bool listens = false;  // as a modern subscriptions/listen does
  bool task_only = false;
  std::deque<std::string> answers;  // of the server; the last one stays
  std::string sent;                 // to it: the method, and the name it goes by there
  std::string wished;
  bool took = false;
  int served = 0;
  std::vector<std::string> heard, told;
  std::vector<std::weak_ptr<pipeline::TaskSink>> sinks;  // of the legacy tasks that were made
  // What its server says of each, whatever it is asked.
  protocol::Parsed said{
      R"({"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"news"}})"};
  struct Events final : pipeline::EventSink {
    void notify(std::string_view message) override { all.emplace_back(message); }
    std::vector<std::string> all;
  } events;
  std::optional<Error> failed;
};

TEST_F(TasksTest, ATaskOfEitherKindGetsAnIdOfOurs) {
  const std::string old = call_tool("old", legacy_task(), R"({"ttl":5})");
  EXPECT_EQ(wished, R"({"ttl":5})");
  EXPECT_THAT(old, HasSubstr(R"({"task":{"taskId":")"));
  revision = protocol::latest_modern;
  const std::string fresh = call_tool("new", modern_task());
  EXPECT_TRUE(took);
  EXPECT_THAT(fresh, HasSubstr(R"({"resultType":"task","taskId":")"));
  for (const std::string& each : {old, fresh}) {
    EXPECT_THAT(each, Not(HasSubstr("theirs")));
    EXPECT_EQ(id_in(each).find_first_not_of("0123456789abcdef"), std::string::npos);
  }
  EXPECT_NE(id_in(old), id_in(fresh));
  EXPECT_EQ(table.size(), 2u);
}

TEST_F(TasksTest, AnAnswerIsAnAnswer) {
  EXPECT_EQ(call_tool("old", R"({"content":[]})"), R"({"content":[]})");
  EXPECT_EQ(call_tool("old", R"({"content":[]})", ""), R"({"content":[]})");
  revision = protocol::latest_modern;
  EXPECT_THAT(call_tool("new", R"({"resultType":"complete","content":[]})"), HasSubstr("content"));
  EXPECT_EQ(table.size(), 0u);
}

TEST_F(TasksTest, WhatIsAskedOfATaskGoesToItsServerUnderItsOwnId) {
  const std::string old = legacy_id();
  EXPECT_THAT(about("tasks/get", old, "{" + state("completed") + "}"),
              HasSubstr(R"({"taskId":")" + old + R"(","status":"completed")"));
  EXPECT_EQ(sent, "tasks/get theirs");
  EXPECT_THAT(heard, ElementsAre(HasSubstr(R"("status":"completed")"))) << "its session hears of the change";
  const std::string fresh = modern_id();
  EXPECT_THAT(about("tasks/get", fresh,
                    got("completed", R"(,"result":{"content":[],"_meta":{"dev.sallyport/x":1}})")),
              HasSubstr(R"("result":{"content":[])"));
  const std::string wrong =
      about("tasks/get", fresh, got("failed", R"(,"error":{"code":-32602,"message":"no"})"));
  EXPECT_THAT(wrong, HasSubstr(R"("error":{"code":-32602)"));
  EXPECT_THAT(wrong, Not(HasSubstr("theirs")));
}

TEST_F(TasksTest, AResultNamesTheTaskByOurId) {
  const std::string id = legacy_id();
  constexpr std::string_view related = R"("io.modelcontextprotocol/related-task":{"taskId":")";
  for (const char* result :
       {R"({"content":[]})", R"({"content":[],"_meta":{"k":1}})",
        R"({"content":[],"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"theirs"}}})"}) {
    const std::string given = about("tasks/result", id, result);
    EXPECT_THAT(given, HasSubstr(std::string(related) + id)) << result;
    EXPECT_THAT(given, Not(HasSubstr("theirs")));
  }
}

TEST_F(TasksTest, WhatItsServerTellsOfATaskGoesToItsCallerUnderOurId) {
  const std::string id = legacy_id();
  EXPECT_THAT(told, ElementsAre(HasSubstr(id))) << "before its answer too";
  about("tasks/get", id, "{" + state("working") + "}");
  EXPECT_EQ(told.size(), 2u);
  about("tasks/result", id);
  EXPECT_THAT(events.all, ElementsAre(HasSubstr(id))) << "where its result is awaited";
  about("tasks/get", id, "{" + state("working") + "}");
  EXPECT_EQ(told.size(), 3u);
  about("tasks/get", id, "{" + state("completed") + "}");
  about("tasks/get", id, "{" + state("completed") + "}");
  EXPECT_EQ(told.size(), 4u) << "and no more once it has ended";
  call_tool("old", R"({"content":[]})");
  EXPECT_TRUE(sinks.back().expired()) << "what was no task is forgotten";
}

TEST_F(TasksTest, ATaskIsItsOwnersAlone) {
  const std::string old = legacy_id(), fresh = modern_id();
  const auto refused = [&](std::string_view id) {
    const int before = served;
    const std::string code = about("tasks/get", id);
    EXPECT_EQ(served, before) << "its server is not asked";
    return code == "PROTO_021";
  };
  EXPECT_TRUE(refused("theirs")) << "a server's own id is no key";
  EXPECT_TRUE(refused(old)) << "of the other era";
  endpoint = "bare";
  EXPECT_EQ(about("tasks/get", fresh), "PROTO_003") << "at the endpoint of a server that has no tasks";
  endpoint = "";
  principal = "eve";
  EXPECT_TRUE(refused(fresh));
  revision = protocol::latest_legacy;
  EXPECT_TRUE(refused(old));
  principal = "ann";
  EXPECT_TRUE(refused(fresh));
  session_name = "another";
  EXPECT_TRUE(refused(old));
  session_name = "s";
  EXPECT_THAT(about("tasks/get", old, "{" + state("working") + "}"), HasSubstr(old));
}

TEST_F(TasksTest, AFullTableIsSaidToALegacyClientAndTakesNoTaskForAModernOne) {
  table.set_limit(2);
  for (int i = 0; i < 2; ++i) legacy_id();
  EXPECT_EQ(call_tool("old", legacy_task()), "LIMIT_013");
  revision = protocol::latest_modern;
  for (int i = 0; i < 2; ++i) modern_id();
  call_tool("new", R"({"resultType":"complete","content":[]})");
  EXPECT_FALSE(took) << "its server is not told that it can take one";
  principal = "eve";
  call_tool("new", modern_task());
  EXPECT_TRUE(took);
}

TEST_F(TasksTest, CancellingAndAnsweringSayWhatTheirRevisionSays) {
  const std::string old = legacy_id();
  EXPECT_THAT(about("tasks/cancel", old, "{" + state("cancelled") + "}"),
              HasSubstr(old + R"(","status":"cancelled")"));
  EXPECT_EQ(sent, "tasks/cancel theirs");
  const std::string fresh = modern_id();
  for (const char* method : {"tasks/cancel", "tasks/update"}) {
    const std::string done = about(method, fresh, R"({"resultType":"complete","secret":"canary"})");
    EXPECT_THAT(done, HasSubstr(R"("resultType":"complete")"));
    EXPECT_THAT(done, Not(HasSubstr("canary")));
    EXPECT_EQ(sent, std::string(method) + " theirs");
  }
}

TEST_F(TasksTest, ATaskOfAProcessThatDiedHasFailed) {
  const std::string old = legacy_id(), fresh = modern_id();
  kill("new");
  kill("old");
  const int before = served;
  const std::string modern = about("tasks/get", fresh);
  EXPECT_THAT(modern, HasSubstr(R"("status":"failed")"));
  EXPECT_THAT(modern, HasSubstr(R"("error":{"code":)"));
  EXPECT_THAT(modern, HasSubstr("TOOL_006"));
  EXPECT_THAT(about("tasks/cancel", fresh), HasSubstr(R"("resultType":"complete")"));
  revision = protocol::latest_legacy;
  EXPECT_EQ(about("tasks/result", old), "TOOL_006");
  EXPECT_THAT(about("tasks/get", old), HasSubstr(R"("status":"failed")"));
  EXPECT_THAT(heard, ElementsAre(HasSubstr("TOOL_006")));
  EXPECT_EQ(served, before);
}

TEST_F(TasksTest, ServersThatLieAreNotBelieved) {
  for (const char* task : {R"({"task":{}})", R"({"task":{"taskId":"x","status":"done","createdAt":"x"}})",
                           R"({"task":{"taskId":"","status":"working","createdAt":"x"}})"})
    EXPECT_EQ(call_tool("old", task), "NET_006") << task;
  const std::string old = legacy_id();
  EXPECT_EQ(about("tasks/get", old, "{" + state("working", "", "another") + "}"), "NET_006");
  EXPECT_EQ(about("tasks/get", old, "{}"), "NET_006");
  const std::string fresh = modern_id();
  EXPECT_EQ(call_tool("new", R"({"resultType":"task","taskId":7})"), "NET_006");
  for (const std::string& bad :
       {got("completed"), got("completed", R"(,"result":[])"), got("failed", R"(,"error":"canary")"),
        got("input_required"), got("input_required", R"(,"inputRequests":{"q":{"method":"tools/call"}})"),
        got("working", "", "another")})
    EXPECT_EQ(about("tasks/get", fresh, bad), "NET_006") << bad;
  EXPECT_EQ(
      about("tasks/get", fresh,
            got("input_required", R"(,"inputRequests":{"m":{"method":"sampling/createMessage","params":)"
                                  R"({"messages":[],"maxTokens":1}}})")),
      "PROTO_018")
      << "it cannot be asked that";
  EXPECT_EQ(table.size(), 2u);
}

TEST_F(TasksTest, BetweenTheKindsNothingIsBridged) {
  EXPECT_EQ(call_tool("new", legacy_task()), "PROTO_018");
  EXPECT_EQ(call_tool("bare", legacy_task()), "PROTO_022");
  EXPECT_EQ(call_tool("old", legacy_task(), R"({"ttl":"long"})"), "PROTO_004");
  task_only = true;
  EXPECT_EQ(call_tool("old", legacy_task(), ""), "PROTO_022");
  revision = Revision::v2025_06_18;
  EXPECT_EQ(call_tool("old", legacy_task(), ""), "PROTO_018");
  revision = protocol::latest_modern;
  EXPECT_EQ(call_tool("old", legacy_task()), "PROTO_018");
  EXPECT_EQ(served, 0);
  task_only = false;
  call_tool("old", R"({"content":[]})");
  EXPECT_FALSE(took) << "called plainly";
  can = "{}";
  EXPECT_EQ(about("tasks/get", "any"), "PROTO_006");
}

TEST_F(TasksTest, TheListIsOnesOwnAfterALook) {
  const std::string first = legacy_id(), second = legacy_id();
  session_name = "another";
  const std::string third = legacy_id();
  session_name = "s";
  answers = {"{" + state("completed") + "}", "{" + state("working") + "}"};
  const std::string list = ask("tasks/list", "{}", "");
  EXPECT_THAT(list, HasSubstr(R"({"tasks":[{"taskId":")" + first + R"(","status":"completed")"));
  EXPECT_THAT(list, HasSubstr(R"({"taskId":")" + second + R"(","status":"working")"));
  EXPECT_THAT(list, Not(HasSubstr(third)));
  EXPECT_EQ(ask("tasks/list", R"({"cursor":")" + third + R"("})", ""), "PROTO_011");
}

TEST_F(TasksTest, AListenFollowsTasksOfItsOwn) {
  const std::string fresh = modern_id();
  listens = true;
  EXPECT_THAT(about("tasks/get", fresh), HasSubstr(R"("resultType":"complete")"));
  EXPECT_EQ(following.size(), 1u);
  EXPECT_EQ(about("tasks/get", "made up"), "PROTO_021");
  principal = "eve";
  EXPECT_EQ(about("tasks/get", fresh), "PROTO_021");
  EXPECT_EQ(following.size(), 1u);
}

}  // namespace
}  // namespace sallyport::layers
