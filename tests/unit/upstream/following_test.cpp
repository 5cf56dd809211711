// Clients that listen to tasks of servers: what they are told and when, what ends it, what bounds it.
#include "upstream/following.hpp"

#include "support/run_task.hpp"
#include "unit/client/scripted_child.hpp"
#include "unit/protocol/parsed.hpp"
#include "unit/upstream/silent_observer.hpp"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

namespace sallyport::upstream {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Ear final : session::Client {
  void resource_updated(std::string_view) override {}
  void task_changed(std::string_view members) override {
    heard.emplace_back(members);
    if (leaves) tasks.clear();
  }
  void tell(std::string_view) override {}
  std::string_view identity() const noexcept override { return {}; }
  std::vector<std::string> heard;
  bool leaves = false;
};

// `rest`: the members behind the status.
std::string state(std::string_view status, std::string_view rest = "") {
  return R"("result":{"resultType":"complete","taskId":"theirs","status":")" + std::string(status) +
         R"(","createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z","ttlMs":600000)" +
         std::string(rest) + "}";
}

struct FollowingTest : ::testing::Test {
  FollowingTest() {
    Definition definition;
    definition.key = "s";
    definition.url = "http://127.0.0.1:9/mcp";
    fleet.emplace(loop, settings, budget, std::vector{definition}, observer);
  }
  ~FollowingTest() override {
    testing::Started<void> stopping(loop, following.stop());
    for (int turn = 0; turn < 3; ++turn) pass(0ms);
    EXPECT_TRUE(stopping.done());
    EXPECT_TRUE(testing::run(loop, fleet->stop()));
  }

  TaskTable::Pointer task(std::chrono::milliseconds ttl = 10min) {
    const auto made = std::make_shared<KnownTask>();
    made->owner = "ann";
    made->tool = "t";
    made->revision = protocol::latest_modern;
    made->seen.id = "theirs";
    made->seen.created = made->seen.updated = "2026-01-01T00:00:00Z";
    made->seen.ttl_ms = ttl.count();
    table.add(made, fleet->current()->find("s")->server());
    return made;
  }
  Task<std::unique_ptr<pipeline::Answer>> answer(std::string capabilities) {
    ++looks;
    declared = std::move(capabilities);
    if (answers.empty()) co_return Failure(Error(Code::network_connection_failed));
    const protocol::Parsed parsed(R"({"jsonrpc":"2.0","id":7,)" + answers.front() + "}");
    if (answers.size() > 1) answers.pop_front();
    auto made = std::make_unique<pipeline::Answer>();
    made->bytes = parsed.bytes;
    made->message = parsed.message;
    co_return made;
  }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    loop.timers().fire();
    loop.poll();
  }

  ManualClock clock;
  task::Loop loop{clock};
  Settings settings;
  net::Budget budget{1 << 20};
  testing::SilentObserver observer;
  TaskTable table{loop};
  std::deque<std::string> answers;  // the last one stays
  int looks = 0;
  std::string declared;
  Following following{loop, table, [this](std::shared_ptr<Server>, std::string, std::string capabilities) {
                        return answer(std::move(capabilities));
                      }};
  std::optional<Fleet> fleet;
  Ear ear;
};

TEST_F(FollowingTest, AClientHearsHowItStandsThenWhatChangesThenHowItEnded) {
  answers = {state("working"), state("working"), state("working", R"(,"statusMessage":"half")"),
             state("completed", R"(,"result":{"content":[],"resultType":"complete"})")};
  const auto mine = task();
  ASSERT_TRUE(following.follow(mine, ear, {}));
  loop.poll();
  ASSERT_EQ(ear.heard.size(), 1u);
  EXPECT_THAT(ear.heard[0], HasSubstr(R"("taskId":")" + mine->id + R"(","status":"working")"));
  EXPECT_THAT(ear.heard[0], Not(HasSubstr("theirs")));
  EXPECT_THAT(declared, HasSubstr(R"("extensions":{"io.modelcontextprotocol/tasks":{}})"));
  pass(Following::usual);
  EXPECT_EQ(ear.heard.size(), 1u) << "nothing is new";
  pass(Following::usual);
  ASSERT_EQ(ear.heard.size(), 2u);
  EXPECT_THAT(ear.heard[1], HasSubstr("half"));
  pass(Following::usual);
  ASSERT_EQ(ear.heard.size(), 3u);
  EXPECT_THAT(ear.heard[2], HasSubstr(R"("status":"completed")"));
  EXPECT_THAT(ear.heard[2], HasSubstr(R"("result":{"content":[])"));
  EXPECT_EQ(mine->seen.status, protocol::TaskStatus::completed);
  EXPECT_EQ(following.size(), 0u);
  EXPECT_TRUE(ear.tasks.empty());
  pass(Following::longest);
  EXPECT_EQ(looks, 4);
}

TEST_F(FollowingTest, TheServerSaysHowOftenWithinBounds) {
  answers = {state("working", R"(,"pollIntervalMs":5000)"), state("working", R"(,"pollIntervalMs":0)"),
             state("working", R"(,"pollIntervalMs":9000000)")};
  ASSERT_TRUE(following.follow(task(1h), ear, {}));
  loop.poll();
  pass(4999ms);
  EXPECT_EQ(looks, 1);
  pass(1ms);
  EXPECT_EQ(looks, 2);
  pass(Following::shortest - 1ms);
  EXPECT_EQ(looks, 2);
  pass(1ms);
  EXPECT_EQ(looks, 3);
  pass(Following::longest);
  EXPECT_EQ(looks, 4);
}

TEST_F(FollowingTest, ManyListenAndOneLooks) {
  answers = {state("input_required",
                   R"(,"inputRequests":{"q":{"method":"elicitation/create","params":{"mode":"form",)"
                   R"("message":"Who?","requestedSchema":{"type":"object","properties":{}}}}})")};
  const auto mine = task();
  Ear other;
  ASSERT_TRUE(following.follow(mine, ear, {.forms = true}));
  ASSERT_TRUE(following.follow(mine, other, {}));
  ASSERT_TRUE(following.follow(mine, other, {})) << "named twice";
  EXPECT_EQ(following.size(), 2u);
  loop.poll();
  pass(Following::usual);
  EXPECT_EQ(looks, 2);
  ASSERT_EQ(ear.heard.size(), 1u);
  EXPECT_THAT(ear.heard[0], HasSubstr("Who?"));
  ASSERT_EQ(other.heard.size(), 1u);
  EXPECT_THAT(other.heard[0], Not(HasSubstr("Who?"))) << "it cannot be asked that";
  ear.tasks.clear();
  EXPECT_EQ(following.size(), 1u);
  other.tasks.clear();
  EXPECT_EQ(following.size(), 0u);
  pass(Following::longest);
  EXPECT_EQ(looks, 2) << "nobody listens";
}

TEST_F(FollowingTest, AClientMayGoWhileItIsTold) {
  answers = {state("working")};
  const auto mine = task();
  Ear other;
  ear.leaves = other.leaves = true;
  ASSERT_TRUE(following.follow(mine, ear, {}));
  ASSERT_TRUE(following.follow(mine, other, {}));
  loop.poll();
  pass(Following::usual);
  EXPECT_EQ(following.size(), 0u);
  EXPECT_EQ(ear.heard.size(), 1u);
  EXPECT_EQ(other.heard.size(), 1u);
}

TEST_F(FollowingTest, AServerThatDoesNotAnswerIsAskedLessOften) {
  answers = {};
  ASSERT_TRUE(following.follow(task(1h), ear, {}));
  loop.poll();
  EXPECT_EQ(looks, 1);
  pass(Following::usual);
  EXPECT_EQ(looks, 1);
  pass(Following::usual);
  EXPECT_EQ(looks, 2);
  for (int i = 0; i < 8; ++i) pass(Following::longest);
  EXPECT_EQ(looks, 10) << "at least once a minute";
  EXPECT_TRUE(ear.heard.empty());
  answers = {state("cancelled")};
  pass(Following::longest);
  EXPECT_THAT(ear.heard, ElementsAre(HasSubstr(R"("status":"cancelled")")));
}

TEST_F(FollowingTest, HostileAnswersAreNoNews) {
  const auto mine = task(1h);
  answers = {R"("result":{})",
             R"("result":{"taskId":"another","status":"completed","createdAt":"x","ttlMs":1})",
             R"("error":{"code":-32603,"message":"canary"})", state("sleeping"),
             state("completed")};  // without a result
  ASSERT_TRUE(following.follow(mine, ear, {}));
  loop.poll();
  for (int i = 0; i < 4; ++i) pass(Following::longest);
  EXPECT_EQ(looks, 5);
  for (const std::string& each : ear.heard) EXPECT_THAT(each, Not(HasSubstr("canary")));
  ASSERT_EQ(ear.heard.size(), 1u);
  EXPECT_THAT(ear.heard[0], HasSubstr(R"("status":"failed")"))
      << "it ended, and what came of it cannot be read";
  EXPECT_THAT(ear.heard[0], HasSubstr(R"("error":{)"));
}

TEST_F(FollowingTest, ATaskThatItsServerForgotHasFailed) {
  answers = {R"("error":{"code":-32602,"message":"canary"})"};
  const auto mine = task();
  ASSERT_TRUE(following.follow(mine, ear, {}));
  loop.poll();
  ASSERT_EQ(ear.heard.size(), 1u);
  EXPECT_THAT(ear.heard[0], HasSubstr(R"("status":"failed")"));
  EXPECT_THAT(ear.heard[0], HasSubstr("PROTO_021"));
  EXPECT_THAT(ear.heard[0], Not(HasSubstr("canary")));
  EXPECT_EQ(mine->seen.status, protocol::TaskStatus::failed);
  EXPECT_EQ(following.size(), 0u);
}

TEST_F(FollowingTest, AServerThatIsGoneTakesItsTasksWithIt) {
  answers = {state("working")};
  const auto mine = task();
  ASSERT_TRUE(following.follow(mine, ear, {}));
  loop.poll();
  mine->server.reset();
  pass(Following::usual);
  ASSERT_EQ(ear.heard.size(), 2u);
  EXPECT_THAT(ear.heard[1], HasSubstr("TOOL_006"));
  EXPECT_EQ(looks, 1);
}

TEST_F(FollowingTest, ATaskWhoseTimeHasPassedIsLookedAtNoMore) {
  answers = {state("working")};
  ASSERT_TRUE(following.follow(task(1s), ear, {}));
  loop.poll();
  pass(2min);
  EXPECT_EQ(looks, 1);
  EXPECT_EQ(following.size(), 0u);
}

TEST_F(FollowingTest, WhatOneClientListensToIsBounded) {
  for (std::size_t i = 0; i < Following::max_of_client; ++i) ear.tasks[std::to_string(i)] = nullptr;
  const auto refused = following.follow(task(), ear, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::limit_too_many_subscriptions);
  EXPECT_EQ(following.size(), 0u);
}

// Acknowledges a listen that names tasks, tells of the first, and wants to be asked once a minute.
Definition teller() {
  Definition made;
  made.key = "s";
  made.protocol = protocol::latest_modern;
  testing::run_script(made, R"(while IFS= read -r l; do
  id=${l#*'"id":'}; id=${id%%,*}
  case $l in
    *'"server/discover"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"ttlMs\":0,\"cacheScope\":\"private\",\"capabilities\":{\"tools\":{},\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}}}";;
    *'"tools/list"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"private\",\"tools\":[]}}";;
    *'"taskIds":["theirs"]'*) echo "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"notifications\":{\"taskIds\":[\"theirs\",7,\"made up\"]},\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":$id}}}"
      echo '{"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":"theirs"}}'
      echo '{"jsonrpc":"2.0","method":"notifications/tasks","params":{"taskId":7}}';;
  esac
done)");
  return made;
}

TEST(FollowingAServerThatTells, ItIsLookedAtWhenThereIsNewsAndWhenItDies) {
  task::Loop loop;
  Settings settings;
  net::Budget budget{1 << 20};
  decltype(FollowingTest::observer) observer;
  TaskTable table(loop);
  int looks = 0;
  const std::string once_a_minute = state("working", R"(,"pollIntervalMs":60000)");
  Following following(
      loop, table,
      [&](std::shared_ptr<Server>, std::string, std::string) -> Task<std::unique_ptr<pipeline::Answer>> {
        ++looks;
        const protocol::Parsed parsed(R"({"jsonrpc":"2.0","id":7,)" + once_a_minute + "}");
        auto made = std::make_unique<pipeline::Answer>();
        made->bytes = parsed.bytes;
        made->message = parsed.message;
        co_return made;
      });
  Fleet fleet(loop, settings, budget, std::vector{teller()}, observer);
  ASSERT_TRUE(testing::run(loop, fleet.current()->settle("", loop.now() + testing::patience)));
  const std::shared_ptr<Server> server = fleet.current()->find("s")->server();
  const auto mine = std::make_shared<KnownTask>();
  mine->owner = "ann";
  mine->revision = protocol::latest_modern;
  mine->seen.id = "theirs";
  table.add(mine, server);
  Ear ear;
  ASSERT_TRUE(following.follow(mine, ear, {}));
  EXPECT_FALSE(server->tells_of_task("theirs"));
  EXPECT_TRUE(testing::run_until(loop, [&] { return looks == 2; }));
  EXPECT_TRUE(server->tells_of_task("theirs"));
  EXPECT_FALSE(server->tells_of_task("made up"));
  EXPECT_EQ(ear.heard.size(), 1u) << "nothing is new";
  ::kill(*server->status().pid, SIGKILL);
  EXPECT_TRUE(testing::run_until(loop, [&] { return ear.heard.size() == 2; }));
  EXPECT_THAT(ear.heard.back(), HasSubstr("TOOL_006"));
  EXPECT_FALSE(server->tells_of_task("theirs"));
  EXPECT_TRUE(testing::run(loop, following.stop()));
  EXPECT_TRUE(testing::run(loop, fleet.stop()));
}

}  // namespace
}  // namespace sallyport::upstream
