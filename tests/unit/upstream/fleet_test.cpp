// What a reload does to the servers: who lives on, who ends and when, who hears of it.
#include "upstream/fleet.hpp"

#include "errors/text.hpp"
#include "support/run_task.hpp"
#include "unit/client/scripted_child.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::upstream {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::chrono::milliseconds grace{30000};

struct Observer final : FleetObserver {
  void state_changed(const Server& server) override { states[server.key()] = server.state(); }
  void garbage(const Server&, std::string_view) override {}
  void late_answer(const Server&) override {}
  void instances_changed(const Server&) override {}
  void instance_restarted(const Server&) override {}
  std::map<std::string, State, std::less<>> states;
};

struct Ear final : pipeline::Listener {
  void list_changed(protocol::Topic topic) override { changes += topic == protocol::Topic::tools ? 1 : 0; }
  void endpoint_removed() override { ++removals; }
  int changes = 0;
  int removals = 0;
};

// Lists the tools `a` and `b`, then answers each line with an empty result under the next id.
Definition server(std::string key, std::string env = "") {
  Definition definition;
  definition.key = std::move(key);
  definition.prefix = definition.key + "__";
  definition.protocol = protocol::latest_legacy;
  if (!env.empty()) definition.env["MARK"] = std::move(env);
  testing::run_script(
      definition,
      testing::after_handshake("IFS= read -r l\necho '{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"tools\":"
                               "[{\"name\":\"a\"},{\"name\":\"b\"}]}}'\ni=3\n"
                               "while IFS= read -r l; do [ -n \"$HOLD\" ] && IFS= read -r l; echo "
                               "\"{\\\"jsonrpc\\\":\\\"2.0\\\",\\\"id\\\":$i,\\\"result\\\":{}}\"; "
                               "i=$((i+1)); done"));
  return definition;
}

client::Outgoing call_a() {
  client::Outgoing call;
  call.method = protocol::Method::tools_call;
  call.name = "a";
  return call;
}

class FleetTest : public ::testing::Test {
 protected:
  ~FleetTest() override {
    if (fleet) EXPECT_TRUE(testing::run(loop, fleet->stop()));
  }
  void make(std::vector<Definition> definitions) {
    fleet = std::make_unique<Fleet>(loop, settings, budget, std::move(definitions), observer);
    settle();
  }
  FleetChange install(std::vector<Definition> definitions) {
    return fleet->install(settings, std::move(definitions), grace);
  }
  void settle() {
    EXPECT_TRUE(testing::run(loop, fleet->current()->settle("", loop.now() + testing::patience)));
  }
  std::shared_ptr<Server> find(std::string_view key) { return fleet->current()->find(key)->server(); }
  std::vector<std::string> names() { return fleet->current()->view("")->names(); }

  task::Loop loop;
  Settings settings;
  net::Budget budget{1u << 20};
  Observer observer;
  std::unique_ptr<Fleet> fleet;
};

TEST_F(FleetTest, TheSameDefinitionsChangeNothing) {
  make({server("one"), server("two")});
  const auto roster = fleet->current();
  Ear ear;
  const auto hears = fleet->subscribe("", ear);
  EXPECT_EQ(install({server("one"), server("two")}), FleetChange{});
  EXPECT_EQ(fleet->current(), roster);
  EXPECT_EQ(ear.changes, 0);
}

TEST_F(FleetTest, OtherRulesKeepTheServer) {
  make({server("one"), server("two")});
  const auto one = find("one");
  const auto pid = one->status().pid;
  const auto before = fleet->current();
  Ear all, own, other;
  const auto first = fleet->subscribe("", all);
  const auto second = fleet->subscribe("one", own);
  const auto third = fleet->subscribe("two", other);

  Definition ruled = server("one");
  ruled.deny = {"b"};
  ruled.rename = {{"a", "renamed"}};
  const FleetChange change = install({ruled, server("two")});
  EXPECT_THAT(change.ruled, ElementsAre("one"));
  EXPECT_THAT(change.replaced, IsEmpty());
  EXPECT_EQ(find("one"), one);
  EXPECT_EQ(one->status().pid, pid);
  EXPECT_EQ(fleet->children(), 2u);
  EXPECT_THAT(names(), ElementsAre("one__renamed", "two__a", "two__b"));
  EXPECT_THAT(before->view("")->names(), ElementsAre("one__a", "one__b", "two__a", "two__b"))
      << "who began with the former graph keeps it";
  EXPECT_EQ(all.changes, 1);
  EXPECT_EQ(own.changes, 1);
  EXPECT_EQ(other.changes, 0) << "nothing that it sees is different";

  Definition timed = ruled;
  timed.timeout = {{"a", std::chrono::seconds(7)}};
  EXPECT_THAT(install({timed, server("two")}).ruled, ElementsAre("one"));
  EXPECT_EQ(fleet->current()->view("")->find("one__renamed")->tool->timeout, std::chrono::seconds(7));
  EXPECT_EQ(all.changes, 1) << "nobody sees a time limit";
}

TEST_F(FleetTest, AnotherDefinitionIsAnotherServerAndTheFormerEndsAfterItsCalls) {
  Definition holding = server("one");
  holding.env["HOLD"] = "1";  // answers when the next line comes
  make({holding});
  const auto old = find("one");
  const auto old_pid = old->status().pid;
  {
    const client::Outgoing call = call_a();
    testing::Started<std::unique_ptr<pipeline::Answer>> held(loop, old->request(call));
    EXPECT_THAT(install({server("one", "new")}).replaced, ElementsAre("one"));
    const auto fresh = find("one");
    EXPECT_NE(fresh, old);
    EXPECT_TRUE(testing::run_until(loop, [&] { return fresh->state() == State::up; })) << "started at once";
    EXPECT_NE(fresh->status().pid, old_pid);
    EXPECT_EQ(old->status().pid, old_pid) << "its call is not cut";
    EXPECT_EQ(observer.states["one"], State::up);
    testing::Started<std::unique_ptr<pipeline::Answer>> releasing(loop, old->request(call));
    EXPECT_TRUE(held.wait());
    releasing.cancel();
    EXPECT_FALSE(releasing.wait()) << "nothing answers this one";
  }
  EXPECT_TRUE(testing::run_until(loop, [&] { return fleet->children() == 1; }));
  EXPECT_FALSE(old->status().pid);
  EXPECT_EQ(observer.states["one"], State::up) << "the former one's end says nothing of the server";
}

TEST_F(FleetTest, AServerThatIsNamedNoMoreEnds) {
  make({server("one"), server("two")});
  Ear ear;
  const auto hears = fleet->subscribe("", ear);
  Ear own;
  const auto hears_own = fleet->subscribe("one", own);
  const FleetChange change = install({server("two"), server("three")});
  EXPECT_EQ(own.removals, 1);
  EXPECT_EQ(ear.removals, 0);
  EXPECT_THAT(change.removed, ElementsAre("one"));
  EXPECT_THAT(change.added, ElementsAre("three"));
  EXPECT_EQ(ear.changes, 1);
  EXPECT_FALSE(fleet->current()->has_endpoint("one"));
  EXPECT_TRUE(testing::run_until(loop, [&] { return fleet->children() == 1; }));
  settle();
  EXPECT_THAT(names(), ElementsAre("two__a", "two__b", "three__a", "three__b"));
}

TEST_F(FleetTest, WhoWatchesAServerWatchesItsSuccessor) {
  make({server("one")});
  int heard = 0;
  const auto old = fleet->current()->find("one")->server();
  auto watching = testing::run(loop, Server::watch(old, "demo://a", [&] { ++heard; }));
  ASSERT_TRUE(watching && watching->watch);
  install({server("one", "other")});
  const auto next = fleet->current()->find("one")->server();
  EXPECT_EQ(old->watched(), 0u);
  EXPECT_EQ(next->watched(), 1u);
  EXPECT_TRUE(testing::run_until(loop, [&] { return heard == 1; })) << "it is asked, and nothing is replayed";
  auto late = testing::run(loop, Server::watch(old, "demo://b", [] {}));
  ASSERT_TRUE(late && late->watch);
  EXPECT_EQ(next->watched(), 2u) << "who found the former one in an older graph";
  late->watch.reset();
  watching->watch.reset();
  EXPECT_EQ(next->watched(), 0u);
}

TEST_F(FleetTest, WhoWatchesAServerThatIsRemovedIsToldToLook) {
  make({server("one")});
  int heard = 0;
  const auto watching = testing::run(
      loop, Server::watch(fleet->current()->find("one")->server(), "demo://a", [&] { ++heard; }));
  ASSERT_TRUE(watching && watching->watch);
  install({});
  EXPECT_EQ(heard, 1);
}

TEST_F(FleetTest, OrderDecidesAndMayChange) {
  make({server("one"), server("two")});
  EXPECT_TRUE(install({server("two"), server("one")}).reordered);
  EXPECT_THAT(names(), ElementsAre("two__a", "two__b", "one__a", "one__b"));
  EXPECT_EQ(fleet->children(), 2u);
}

TEST_F(FleetTest, WhoReplacesAServerIsNotKeptOutByIt) {
  settings.children = 1;
  make({server("one")});
  install({server("one", "new")});
  const auto fresh = find("one");
  EXPECT_TRUE(testing::run(loop, fresh->ready()));
  EXPECT_EQ(fresh->status().restarts, 0u);
}

TEST_F(FleetTest, ARestartLetsCallsEndAndKeepsTheListsMeanwhile) {
  Definition holding = server("one");
  holding.env["HOLD"] = "1";
  make({holding, server("two")});
  const auto old = find("one");
  const auto two = find("two");
  const auto old_pid = old->status().pid;
  Ear ear;
  const auto hears = fleet->subscribe("", ear);
  names();
  const client::Outgoing call = call_a();
  testing::Started<std::unique_ptr<pipeline::Answer>> held(loop, old->request(call));
  const auto farewell = fleet->replace("one", Power::on, grace);
  ASSERT_TRUE(farewell);
  EXPECT_EQ(farewell->calls, 1u);
  EXPECT_FALSE(farewell->over);
  EXPECT_TRUE(fleet->ending("one"));
  EXPECT_FALSE(fleet->ending("two"));
  EXPECT_THAT(names(), ElementsAre("one__a", "one__b", "two__a", "two__b"));
  EXPECT_EQ(ear.changes, 0) << "nobody sees a difference";
  EXPECT_EQ(find("two"), two);
  EXPECT_TRUE(testing::run(loop, find("one")->ready()));
  EXPECT_NE(find("one")->status().pid, old_pid);
  EXPECT_EQ(find("one")->status().restarts, 1u);
  testing::Started<std::unique_ptr<pipeline::Answer>> releasing(loop, old->request(call));
  EXPECT_TRUE(held.wait());
  releasing.cancel();
  EXPECT_TRUE(testing::run_until(loop, [&] { return farewell->over; }));
  EXPECT_EQ(farewell->cut, 0u);
  EXPECT_FALSE(fleet->ending("one"));
}

TEST_F(FleetTest, CallsThatDoNotEndInTimeAreCutAndCounted) {
  Definition holding = server("one");
  holding.env["HOLD"] = "1";
  make({holding});
  const client::Outgoing call = call_a();
  testing::Started<std::unique_ptr<pipeline::Answer>> held(loop, find("one")->request(call));
  const auto farewell = fleet->replace("one", Power::on, std::chrono::milliseconds(1));
  EXPECT_TRUE(testing::run_until(loop, [&] { return farewell->over; }));
  EXPECT_EQ(farewell->cut, 1u);
  EXPECT_FALSE(held.wait());
}

TEST_F(FleetTest, ADisabledServerShowsNothingAndSaysWhyUntilItIsEnabled) {
  make({server("one"), server("two")});
  Ear ear, other;
  const auto hears = fleet->subscribe("", ear);
  const auto not_this = fleet->subscribe("two", other);
  EXPECT_FALSE(fleet->replace("three", Power::off, grace));
  const auto farewell = fleet->replace("one", Power::off, grace);
  ASSERT_TRUE(farewell);
  EXPECT_FALSE(fleet->replace("one", Power::off, grace)) << "it is off";
  EXPECT_THAT(names(), ElementsAre("two__a", "two__b"));
  EXPECT_TRUE(fleet->current()->view("")->complete());
  EXPECT_EQ(ear.changes, 1);
  EXPECT_EQ(other.changes, 0);
  EXPECT_EQ(observer.states["one"], State::disabled);
  EXPECT_TRUE(testing::run_until(loop, [&] { return farewell->over && fleet->children() == 1; }));
  const client::Outgoing call = call_a();
  const auto answer = testing::run(loop, find("one")->request(call));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::system_maintenance);
  EXPECT_EQ(answer.error().executed(), Executed::no);

  Definition ruled = server("one");
  ruled.deny = {"b"};
  install({ruled, server("two")});
  EXPECT_EQ(find("one")->state(), State::disabled) << "whatever is reloaded";
  install({server("one", "new"), server("two")});
  EXPECT_EQ(find("one")->state(), State::disabled);
  EXPECT_EQ(fleet->children(), 1u);

  ASSERT_TRUE(fleet->replace("one", Power::on, grace));
  EXPECT_TRUE(testing::run_until(loop, [&] { return find("one")->state() == State::up; })) << "at once";
  EXPECT_THAT(names(), ElementsAre("one__a", "one__b", "two__a", "two__b"));
  EXPECT_GE(ear.changes, 2);

  fleet->replace("one", Power::off, grace);
  install({server("two")});
  install({server("one"), server("two")});
  settle();
  EXPECT_EQ(find("one")->state(), State::up) << "one that comes back is another one";
}

TEST_F(FleetTest, AQuarantineSaysWhyAndLastsUntilTheServerIsEnabled) {
  make({server("one"), server("two")});
  ASSERT_TRUE(fleet->replace("one", {Power::off, Code::tool_timeout}, grace));
  EXPECT_EQ(find("one")->quarantined(), Code::tool_timeout);
  EXPECT_EQ(find("one")->status().quarantined, Code::tool_timeout);
  EXPECT_FALSE(fleet->replace("one", {Power::off, Code::network_timeout}, grace)) << "it is off";
  const client::Outgoing call = call_a();
  const auto answer = testing::run(loop, find("one")->request(call));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::system_maintenance);
  EXPECT_NE(what_failed(answer.error()).find("quarantine"), std::string::npos) << what_failed(answer.error());
  install({server("one", "new"), server("two")});
  EXPECT_EQ(find("one")->quarantined(), Code::tool_timeout) << "whatever is reloaded";
  ASSERT_TRUE(fleet->replace("one", Power::on, grace));
  EXPECT_EQ(find("one")->quarantined(), std::nullopt);
  settle();
  EXPECT_EQ(find("one")->state(), State::up);
}

TEST_F(FleetTest, StopEndsWhatIsAboutToEndToo) {
  Definition holding = server("one");
  holding.env["HOLD"] = "1";
  make({holding});
  const client::Outgoing call = call_a();
  testing::Started<std::unique_ptr<pipeline::Answer>> held(loop, find("one")->request(call));
  install({server("two")});
  EXPECT_TRUE(testing::run(loop, fleet->stop()));
  EXPECT_EQ(fleet->children(), 0u);
  EXPECT_FALSE(held.wait());
}

}  // namespace
}  // namespace sallyport::upstream
