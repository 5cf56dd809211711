// Calls that go on as tasks, in the core of 2025-11-25 and in the extension of 2026-07-28: whose they are,
// how they end, what bounds them.
#include "asked.hpp"
#include "errors/exceptions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

struct Name {
  std::string name;
  static void describe(Fields<Name>& field) { field("name", &Name::name); }
};

constexpr const char* extension = R"({"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}})";

struct TasksTest : ::testing::Test, testing::Asked {
  TasksTest() {
    app.tool("quick", "", [] { return "done"; }).task();
    app.tool("plain", "", [] { return "done"; });
    app.tool("endless", "",
             [this](Context& context) -> Task<std::string> {
               context.progress(1, 2, "half of it");
               const Result<void> slept = co_await context.sleep(1h);
               interrupted = !slept;
               if (!slept) co_return fail(slept.error());
               co_return "never";
             })
        .task(TaskSupport::required);
    app.tool("fails", "", []() -> std::string { throw ToolExecutionError("It broke."); }).task();
    app.tool("errs", "", []() -> Result<std::string> { return fail(Error(Code::proto_invalid_params)); })
        .task();
    app.tool("asks", "",
             [](Context& context) -> Task<std::string> {
               const auto said = CO_TRY(co_await context.elicit<Name>("who", "Who?"));
               co_return said.accepted() ? "Hello, " + said.content->name : std::string("Nobody.");
             })
        .task();
    app.tool("twice", "",
             [](Context& context) -> Task<std::string> {
               const auto first = CO_TRY(co_await context.elicit<Name>("who", "Who?"));
               const auto second = CO_TRY(co_await context.elicit<Name>("who", "And who else?"));
               co_return first.content->name + second.content->name;
             })
        .task();
    app.tool("later", "",
             [](Context& context, bool slow) -> Task<std::string> {
               const auto said = CO_TRY(co_await context.elicit<Name>("who", "Who?"));
               if (slow) context.become_task();
               CO_TRY(co_await context.sleep(1ms));
               co_return said.content->name;
             },
             {{"slow"}})
        .task(TaskSupport::optional, TaskStart::when_told);
  }
  ~TasksTest() override { EXPECT_TRUE(testing::run(loop, host.stop())); }

  void be_legacy(std::string_view declared = R"({"elicitation":{}})") {
    revision = protocol::Revision::v2025_11_25;
    ask("initialize", R"({"protocolVersion":"2025-11-25","capabilities":)" + std::string(declared) +
                          R"(,"clientInfo":{"name":"c","version":"1"}})");
  }
  void be_modern(std::string_view declared = extension) {
    revision = protocol::latest_modern;
    capabilities = declared;
  }
  Json begin(std::string_view tool, std::string_view wish = "{}") {
    return ask("tools/call", R"({"name":")" + std::string(tool) + R"(","task":)" + std::string(wish) + "}");
  }
  Json of(std::string_view method, const std::string& id) {
    return ask(method, R"({"taskId":")" + id + R"("})");
  }
  Json get(const std::string& id) { return of("tasks/get", id); }
  static std::string status(const Json& reply) { return text_at(reply, {"result", "status"}); }
  static std::string code(const Json& reply) {
    return text_at(reply, {"error", "data", "dev.sallyport/error", "code"});
  }
  static std::string number(const Json& reply) { return at(reply, {"error", "code"}).text(); }
  // Of a core task, and of one of the extension.
  std::string started(std::string_view tool) {
    const bool modern = protocol::era(revision) == protocol::Era::modern;
    const Json reply = begin(tool);
    return modern ? text_at(reply, {"result", "taskId"}) : text_at(reply, {"result", "task", "taskId"});
  }
  void until(const std::string& id, std::string_view wanted) {
    EXPECT_TRUE(testing::run_until(loop, [&] { return status(get(id)) == wanted; })) << wanted;
  }
  static Json accepted(std::string_view name) {
    return Json::object({{"action", "accept"}, {"content", Json::object({{"name", name}})}});
  }
  Json update(const std::string& id, const Json& responses) {
    return ask("tasks/update", Json::object({{"taskId", id}, {"inputResponses", responses}}).text());
  }

  bool interrupted = false;
};

TEST_F(TasksTest, TheyAreAnnouncedWhereARevisionHasThem) {
  const auto announced = [&](const char* version) {
    return ask("initialize", R"({"protocolVersion":")" + std::string(version) +
                                 R"(","capabilities":{},"clientInfo":{"name":"c","version":"1"}})");
  };
  revision = protocol::Revision::v2025_11_25;
  EXPECT_EQ(at(announced("2025-11-25"), {"result", "capabilities", "tasks"}).text(),
            R"({"list":{},"cancel":{},"requests":{"tools":{"call":{}}}})");
  EXPECT_TRUE(at(announced("2025-06-18"), {"result", "capabilities", "tasks"}).is_null());
  EXPECT_THAT(ask("tools/list").text(), HasSubstr(R"("execution":{"taskSupport":"required"})"));
  be_modern("{}");
  const Json discovered = at(ask("server/discover"), {"result", "capabilities"});
  EXPECT_TRUE(discovered.find("tasks").value_or(Json()).is_null());
  EXPECT_TRUE(at(discovered, {"extensions", "io.modelcontextprotocol/tasks"}).is_object());
  EXPECT_THAT(ask("tools/list").text(), Not(HasSubstr("execution")));
}

// ---- The core.

TEST_F(TasksTest, ACoreTaskIsMadeOnRequestAndItsResultFetched) {
  be_legacy();
  const Json made = at(begin("quick", R"({"ttl":5000})"), {"result", "task"});
  EXPECT_EQ(text_at(made, {"status"}), "working");
  EXPECT_EQ(at(made, {"ttl"}).text(), "5000");
  EXPECT_EQ(at(made, {"pollInterval"}).text(), "500");
  const std::string id = text_at(made, {"taskId"});
  EXPECT_EQ(id.size(), 32u);
  const Json result = of("tasks/result", id);
  EXPECT_EQ(text_at(result, {"result", "content", "0", "text"}), "done");
  EXPECT_EQ(text_at(result, {"result", "_meta", "io.modelcontextprotocol/related-task", "taskId"}), id);
  EXPECT_EQ(status(get(id)), "completed");
  EXPECT_EQ(text_at(of("tasks/result", id), {"result", "content", "0", "text"}), "done") << "it is kept";
}

TEST_F(TasksTest, ATimeToLiveIsClampedAndAWrongOneRefused) {
  app.task_limits({.ttl = 2s, .max_ttl = 10s});
  be_legacy();
  EXPECT_EQ(at(begin("quick"), {"result", "task", "ttl"}).text(), "2000");
  EXPECT_EQ(at(begin("quick", R"({"ttl":1})"), {"result", "task", "ttl"}).text(), "1000");
  EXPECT_EQ(at(begin("quick", R"({"ttl":99999999})"), {"result", "task", "ttl"}).text(), "10000");
  for (const char* wrong :
       {R"({"ttl":"1"})", R"({"ttl":0})", R"({"ttl":-5})", R"({"ttl":null})", "7", "null"}) {
    const Json refused = begin("quick", wrong);
    EXPECT_EQ(code(refused), "PROTO_004") << wrong;
    EXPECT_EQ(number(refused), "-32602");
  }
}

TEST_F(TasksTest, ToolsAreCalledInTheWayThatTheyHave) {
  be_legacy();
  for (const Json& refused : {begin("plain"), call_tool("endless")}) {
    EXPECT_EQ(code(refused), "PROTO_022");
    EXPECT_EQ(number(refused), "-32601");
  }
  EXPECT_EQ(text_at(call_tool("quick"), {"result", "content", "0", "text"}), "done");
  revision = protocol::Revision::v2025_06_18;
  EXPECT_EQ(text_at(begin("quick"), {"result", "content", "0", "text"}), "done") << "it knows no tasks";
  EXPECT_THAT(call_tool("endless").text(), HasSubstr("PROTO_018"));
  EXPECT_EQ(code(get("x")), "PROTO_003");
}

TEST_F(TasksTest, ACancelledTaskEndsItsFunctionAndStaysCancelled) {
  be_legacy();
  const std::string id = started("endless");
  until(id, "working");
  EXPECT_EQ(text_at(get(id), {"result", "statusMessage"}), "half of it");
  EXPECT_EQ(status(of("tasks/cancel", id)), "cancelled");
  EXPECT_TRUE(testing::run_until(loop, [&] { return interrupted; }));
  EXPECT_EQ(status(get(id)), "cancelled");
  EXPECT_EQ(number(of("tasks/cancel", id)), "-32602") << "it has ended already";
  EXPECT_EQ(number(of("tasks/result", id)), "-32602");
}

TEST_F(TasksTest, FailuresOfTheFunctionAreFailedTasksAndTheirResultsSayWhy) {
  be_legacy();
  const std::string broken = started("fails");
  until(broken, "failed");
  EXPECT_EQ(text_at(get(broken), {"result", "statusMessage"}), "It broke.");
  EXPECT_EQ(at(of("tasks/result", broken), {"result", "isError"}).text(), "true");
  const std::string wrong = started("errs");
  until(wrong, "failed");
  EXPECT_EQ(number(of("tasks/result", wrong)), "-32602");
}

TEST_F(TasksTest, WhatACoreTaskAsksIsAskedWhereItsResultIsAwaited) {
  be_legacy();
  const std::string id = started("asks");
  until(id, "input_required");
  EXPECT_TRUE(questions.empty());
  respond = [](const Json& question) {
    return Json::object({{"jsonrpc", "2.0"}, {"id", *question.find("id")}, {"result", accepted("Ann")}});
  };
  EXPECT_EQ(text_at(of("tasks/result", id), {"result", "content", "0", "text"}), "Hello, Ann");
  ASSERT_EQ(questions.size(), 1u);
  EXPECT_EQ(text_at(questions[0], {"params", "_meta", "io.modelcontextprotocol/related-task", "taskId"}), id);
}

TEST_F(TasksTest, ARefusedQuestionFailsTheTask) {
  be_legacy();
  respond = [](const Json& question) {
    return Json::object({{"jsonrpc", "2.0"},
                         {"id", *question.find("id")},
                         {"error", Json::object({{"code", -1}, {"message", "no"}})}});
  };
  const std::string id = started("asks");
  EXPECT_EQ(text_at(of("tasks/result", id), {"result", "content", "0", "text"}),
            "The client refused what it was asked.");
}

TEST_F(TasksTest, ASessionHearsOfItsTasks) {
  be_legacy();
  const std::string id = started("quick");
  until(id, "completed");
  ASSERT_FALSE(tasks_told.empty());
  EXPECT_EQ(text_at(tasks_told.back(), {"taskId"}), id);
  EXPECT_EQ(text_at(tasks_told.back(), {"status"}), "completed");
}

TEST_F(TasksTest, ProgressGoesOnUnderTheTokenOfTheCall) {
  be_legacy();
  ask("tools/call", R"({"name":"endless","task":{},"_meta":{"progressToken":"p"}})");
  EXPECT_TRUE(testing::run_until(loop, [&] { return !told.empty(); }));
  EXPECT_THAT(told.back(), HasSubstr(R"("progressToken":"p")"));
  EXPECT_THAT(told.back(), HasSubstr("io.modelcontextprotocol/related-task"));
}

TEST_F(TasksTest, ATaskIsItsSessionsAndEndsWithIt) {
  be_legacy();
  const std::string id = started("endless");
  until(id, "working");
  for (const char* other : {"another", "test"}) {
    session_name = other;
    principal.name = session_name == "test" ? "eve" : "anonymous";
    for (const char* method : {"tasks/get", "tasks/result", "tasks/cancel"}) {
      EXPECT_EQ(code(of(method, id)), "PROTO_021");
      EXPECT_EQ(number(of(method, id)), "-32602");
    }
    EXPECT_EQ(at(ask("tasks/list"), {"result", "tasks"}).text(), "[]");
  }
  principal.name = "anonymous";
  EXPECT_EQ(status(get(id)), "working");
  session_ends();
  EXPECT_TRUE(testing::run_until(loop, [&] { return interrupted; }));
  EXPECT_EQ(code(get(id)), "PROTO_021");
}

TEST_F(TasksTest, TheListHasPages) {
  app.task_limits({.total = 300, .per_caller = 250});
  be_legacy();
  std::vector<std::string> made;
  for (int i = 0; i < 230; ++i) made.push_back(started("quick"));
  std::vector<std::string> listed;
  Json page = ask("tasks/list");
  for (int pages = 1;; ++pages) {
    for (const Json& each : at(page, {"result", "tasks"}).elements())
      listed.push_back(text_at(each, {"taskId"}));
    const std::string cursor = text_at(page, {"result", "nextCursor"});
    if (cursor.empty()) {
      EXPECT_EQ(pages, 3);
      break;
    }
    page = ask("tasks/list", R"({"cursor":")" + cursor + R"("})");
  }
  EXPECT_EQ(listed, made);
  EXPECT_EQ(code(ask("tasks/list", R"({"cursor":"made up"})")), "PROTO_011");
}

TEST_F(TasksTest, TheirNumberIsBoundedForEachCallerAndInAll) {
  app.task_limits({.total = 3, .per_caller = 2});
  be_legacy();
  started("quick");
  started("quick");
  EXPECT_THAT(begin("quick").text(), HasSubstr("LIMIT_013"));
  session_name = "another";
  started("quick");
  EXPECT_THAT(begin("quick").text(), HasSubstr("LIMIT_013"));
}

TEST_F(TasksTest, AResultThatDoesNotFitIsNotKeptInSilence) {
  app.task_limits({.bytes = 10});
  be_legacy();
  const std::string id = started("quick");
  until(id, "failed");
  EXPECT_EQ(code(of("tasks/result", id)), "LIMIT_010");
}

TEST_F(TasksTest, AnExpiredTaskIsEndedAndForgotten) {
  app.task_limits({.ttl = 1ms, .max_ttl = 1ms});
  be_legacy();
  const std::string id = started("endless");
  EXPECT_TRUE(testing::run_until(loop, [&] { return interrupted; }));
  EXPECT_EQ(code(get(id)), "PROTO_021");
}

// ---- The extension.

TEST_F(TasksTest, AModernClientIsGivenATaskIfItCanTakeOne) {
  be_modern("{}");
  EXPECT_EQ(text_at(call_tool("quick"), {"result", "resultType"}), "complete");
  const Json refused = call_tool("endless");
  EXPECT_EQ(number(refused), "-32021");
  EXPECT_EQ(at(refused, {"error", "data", "requiredCapabilities"}).text(),
            R"({"extensions":{"io.modelcontextprotocol/tasks":{}}})");
  for (const char* method : {"tasks/get", "tasks/cancel"}) EXPECT_EQ(number(of(method, "x")), "-32021");
  EXPECT_EQ(number(update("x", Json::object())), "-32021");
  be_modern();
  const Json made = at(call_tool("quick"), {"result"});
  EXPECT_EQ(text_at(made, {"resultType"}), "task");
  EXPECT_EQ(text_at(made, {"status"}), "working");
  EXPECT_GT(at(made, {"ttlMs"}).as_int().value_or(0), 0);
  EXPECT_TRUE(at(made, {"result"}).is_null());
  const std::string id = text_at(made, {"taskId"});
  until(id, "completed");
  EXPECT_EQ(text_at(get(id), {"result", "resultType"}), "complete");
  EXPECT_EQ(text_at(get(id), {"result", "result", "content", "0", "text"}), "done");
  EXPECT_THAT(get(id).text(), Not(HasSubstr("related-task")));
  EXPECT_EQ(code(of("tasks/result", id)), "PROTO_003");
  EXPECT_EQ(text_at(begin("plain"), {"result", "resultType"}), "complete")
      << "it is not a client's to ask for";
}

TEST_F(TasksTest, AnErrorWithinAResultCompletesATaskAndOneOfTheProtocolFailsIt) {
  be_modern();
  const std::string broken = started("fails");
  until(broken, "completed");
  EXPECT_EQ(at(get(broken), {"result", "result", "isError"}).text(), "true");
  const std::string wrong = started("errs");
  until(wrong, "failed");
  EXPECT_EQ(at(get(wrong), {"result", "error", "code"}).text(), "-32602");
  EXPECT_TRUE(at(get(wrong), {"result", "result"}).is_null());
}

TEST_F(TasksTest, AModernTaskShowsWhatItAsksUntilItIsAnswered) {
  be_modern();
  const std::string id = started("asks");
  until(id, "input_required");
  EXPECT_EQ(text_at(get(id), {"result", "inputRequests", "who", "method"}), "elicitation/create");
  EXPECT_EQ(text_at(update(id, Json::object({{"unknown", 7}})), {"result", "resultType"}), "complete");
  EXPECT_EQ(number(update(id, Json::object({{"who", 7}}))), "-32602");
  EXPECT_EQ(status(get(id)), "input_required");
  update(id, Json::object({{"who", accepted("Ann")}}));
  until(id, "completed");
  EXPECT_EQ(text_at(get(id), {"result", "result", "content", "0", "text"}), "Hello, Ann");
}

TEST_F(TasksTest, NoKeyNamesTwoQuestionsOfATask) {
  be_modern();
  const std::string id = started("twice");
  until(id, "input_required");
  update(id, Json::object({{"who", accepted("a")}}));
  EXPECT_TRUE(testing::run_until(loop, [&] { return status(get(id)) == "input_required"; }));
  EXPECT_TRUE(at(get(id), {"result", "inputRequests", "who-2"}).is_object());
  update(id, Json::object({{"who-2", accepted("b")}}));
  until(id, "completed");
  EXPECT_EQ(text_at(get(id), {"result", "result", "content", "0", "text"}), "ab");
}

TEST_F(TasksTest, AFunctionAsksFirstAndIsATaskThenOrAnswers) {
  be_modern();
  const auto round = [&](bool slow) {
    Json params = Json::object({{"name", "later"}, {"arguments", Json::object({{"slow", slow}})}});
    const Json first = ask("tools/call", params.text());
    EXPECT_EQ(text_at(first, {"result", "resultType"}), "input_required");
    EXPECT_TRUE(at(first, {"result", "taskId"}).is_null());
    params.set("inputResponses", Json::object({{"who", accepted("Ann")}}));
    params.set("requestState", *at(first, {"result"}).find("requestState"));
    return ask("tools/call", params.text());
  };
  EXPECT_EQ(text_at(round(false), {"result", "content", "0", "text"}), "Ann");
  const Json made = round(true);
  EXPECT_EQ(text_at(made, {"result", "resultType"}), "task");
  EXPECT_TRUE(at(made, {"result", "requestState"}).is_null());
  const std::string id = text_at(made, {"result", "taskId"});
  until(id, "completed");
  EXPECT_EQ(text_at(get(id), {"result", "result", "content", "0", "text"}), "Ann");
}

TEST_F(TasksTest, AModernCancellationIsAcknowledgedHoweverOften) {
  be_modern();
  const std::string id = started("endless");
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(text_at(of("tasks/cancel", id), {"result", "resultType"}), "complete");
  EXPECT_EQ(status(get(id)), "cancelled");
  EXPECT_TRUE(testing::run_until(loop, [&] { return interrupted; }));
  EXPECT_EQ(number(of("tasks/cancel", "made up")), "-32602");
}

TEST_F(TasksTest, TasksOfOtherPrincipalsAreNotThere) {
  be_modern();
  const std::string id = started("quick");
  principal.name = "eve";
  EXPECT_EQ(code(get(id)), "PROTO_021");
  EXPECT_EQ(code(update(id, Json::object())), "PROTO_021");
  EXPECT_EQ(code(of("tasks/cancel", id)), "PROTO_021");
}

}  // namespace
}  // namespace sallyport
