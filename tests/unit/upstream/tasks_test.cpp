// Whose tasks are whose: ids of ours, owners, what a session hears, and when a task is forgotten.
#include "upstream/tasks.hpp"

#include "support/run_task.hpp"
#include "unit/protocol/parsed.hpp"
#include "unit/upstream/silent_observer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::upstream {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct TaskTableTest : ::testing::Test, session::Client {
  TaskTableTest() {
    Definition definition;
    definition.key = "s";
    definition.url = "http://127.0.0.1:9/mcp";
    fleet.emplace(loop, settings, budget, std::vector{definition}, observer);
    server = fleet->current()->find("s")->server();
  }
  ~TaskTableTest() override {
    session::Client::tasks.clear();
    EXPECT_TRUE(testing::run(loop, fleet->stop()));
  }
  void resource_updated(std::string_view) override {}
  void task_changed(std::string_view members) override { heard.emplace_back(members); }
  void tell(std::string_view notification) override { told.emplace_back(notification); }
  std::string_view identity() const noexcept override { return "s"; }

  TaskTable::Pointer add(std::string owner, std::string own_id, session::Client* client = nullptr) {
    const auto made = std::make_shared<KnownTask>();
    made->owner = std::move(owner);
    made->seen = seen(std::move(own_id), protocol::TaskStatus::working);
    made->client = client;
    table.add(made, server);
    return made;
  }
  static protocol::SeenTask seen(std::string id, protocol::TaskStatus status) {
    protocol::SeenTask made;
    made.id = std::move(id);
    made.status = status;
    made.created = made.updated = "2026-01-01T00:00:00Z";
    made.ttl_ms = 60000;
    return made;
  }

  ManualClock clock;
  task::Loop loop{clock};
  Settings settings;
  net::Budget budget{1 << 20};
  testing::SilentObserver observer;
  TaskTable table{loop};
  std::optional<Fleet> fleet;
  std::shared_ptr<Server> server;
  std::vector<std::string> heard, told;
};

void say(KnownTask& task, std::string_view method, std::string_view params) {
  const protocol::Parsed note(R"({"jsonrpc":"2.0","method":"notifications/)" + std::string(method) +
                              R"(","params":{)" + std::string(params) + "}}");
  task.heard(note.bytes, note.message);
}
constexpr std::string_view halfway = R"("progressToken":7,"progress":0.5)";
constexpr std::string_view words = R"("level":"info","data":"d","_meta":{"canary":1})";

TEST_F(TaskTableTest, AnIdIsOursAndHoldsForItsOwnerOnly) {
  const auto task = add("ann", "theirs");
  EXPECT_EQ(task->id.size(), 32u);
  EXPECT_EQ(table.find(task->id, "ann"), task);
  EXPECT_EQ(table.find(task->id, "eve"), nullptr);
  EXPECT_EQ(table.find("theirs", "ann"), nullptr);
}

TEST_F(TaskTableTest, AListIsItsOwnersInTheirOrder) {
  const auto first = add("ann", "1");
  add("eve", "2");
  const auto second = add("ann", "3");
  EXPECT_EQ(*table.after("", "ann", 9), (std::vector{first, second}));
  EXPECT_EQ(*table.after("", "ann", 1), std::vector{first});
  EXPECT_EQ(*table.after(first->id, "ann", 9), std::vector{second});
  EXPECT_FALSE(table.after(first->id, "eve", 9));
  EXPECT_FALSE(table.after("made up", "ann", 9));
}

TEST_F(TaskTableTest, TheNumberOfEachOwnersIsBounded) {
  table.set_limit(3);
  for (int i = 0; i < 3; ++i) add("ann", std::to_string(i));
  EXPECT_TRUE(table.full("ann"));
  EXPECT_FALSE(table.full("eve"));
  for (int i = 0; i < 27; ++i) add(std::to_string(i), "own");
  EXPECT_TRUE(table.full("eve")) << "ten times as many in all";
}

TEST_F(TaskTableTest, ATaskIsForgottenWhenItsServerMayHaveForgottenIt) {
  const auto task = add("ann", "1", this);
  clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(table.find(task->id, "ann"), task) << "there is a grace";
  clock.advance(std::chrono::seconds(61));
  EXPECT_EQ(table.find(task->id, "ann"), nullptr);
  EXPECT_FALSE(table.full("ann"));
  EXPECT_EQ(table.size(), 0u);
  EXPECT_TRUE(session::Client::tasks.empty());
}

TEST_F(TaskTableTest, ItsSessionHearsOfAChangeOnceAndUnderOurId) {
  const auto task = add("ann", "theirs", this);
  table.saw(task, seen("theirs", protocol::TaskStatus::working));
  EXPECT_TRUE(heard.empty());
  table.saw(task, seen("theirs", protocol::TaskStatus::completed));
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_THAT(heard[0], HasSubstr(R"("taskId":")" + task->id + R"(","status":"completed")"));
  table.saw(task, seen("theirs", protocol::TaskStatus::working));
  EXPECT_EQ(task->seen.status, protocol::TaskStatus::completed) << "what has ended stays so";
}

TEST_F(TaskTableTest, ItsSessionHearsProgressAndLogsUnderItsOwnTokenAndOurId) {
  const auto task = add("ann", "theirs", this);
  say(*task, "progress", halfway);
  EXPECT_TRUE(told.empty()) << "it asked for none";
  task->progress_token = "\"mine\"";
  say(*task, "progress", halfway);
  say(*task, "message", words);
  const std::string meta = R"("_meta":)" + protocol::related_meta(task->id) + "}}";
  EXPECT_THAT(told, ElementsAre(R"({"jsonrpc":"2.0","method":"notifications/progress","params":)"
                                R"({"progressToken":"mine","progress":0.5,)" +
                                    meta,
                                R"({"jsonrpc":"2.0","method":"notifications/message","params":)"
                                R"({"level":"info","data":"d",)" +
                                    meta));
  session::LogDemand demand;
  log.set(demand, protocol::LogLevel::warning);
  say(*task, "message", words);
  say(*task, "message", R"("data":"d")");
  EXPECT_EQ(told.size(), 2u) << "as much as it wants to hear";
  log.leave();  // before `demand` goes
}

TEST_F(TaskTableTest, WhoWaitsForTheResultHearsThere) {
  struct Events final : pipeline::EventSink {
    void notify(std::string_view message) override { all.emplace_back(message); }
    std::vector<std::string> all;
  } events;
  const auto task = add("ann", "theirs", this);
  task->listeners.push_back(&events);
  say(*task, "message", words);
  EXPECT_EQ(events.all.size(), 1u);
  table.saw(task, seen("theirs", protocol::TaskStatus::completed));
  say(*task, "message", words);
  EXPECT_EQ(events.all.size(), 2u) << "some servers keep it until somebody asks for the result";
  EXPECT_TRUE(told.empty());
}

TEST_F(TaskTableTest, OfWhatHasEndedOrIsNobodysNothingIsTold) {
  const auto ended = add("ann", "1", this), gone = add("ann", "2", this), modern = add("ann", "3");
  table.saw(ended, seen("1", protocol::TaskStatus::failed));
  EXPECT_TRUE(ended->ended());
  session::Client::tasks.erase(gone->id);
  for (const auto& each : {ended, gone, modern}) say(*each, "message", words);
  EXPECT_TRUE(told.empty());
}

TEST_F(TaskTableTest, ASessionThatEndsTakesItsTasksWithIt) {
  const auto mine = add("ann", "1", this);
  const auto other = add("eve", "2");
  session::Client::tasks.clear();
  EXPECT_EQ(table.find(mine->id, "ann"), nullptr);
  EXPECT_EQ(table.find(other->id, "eve"), other);
}

}  // namespace
}  // namespace sallyport::upstream
