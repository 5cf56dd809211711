// The views of a fleet of real children: who keeps a name, what is said of who is down, who hears of changes.
#include "support/run_task.hpp"
#include "unit/client/scripted_child.hpp"
#include "unit/upstream/silent_observer.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::upstream {
namespace {

using protocol::Revision;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Ear final : pipeline::Listener {
  void list_changed(protocol::Topic) override { ++changes; }
  int changes = 0;
};

// A server that lists these tools, with an empty prefix: names collide as they are.
Definition lists(std::string key, std::string_view tools, std::string_view then = "cat > /dev/null") {
  Definition definition;
  definition.key = std::move(key);
  definition.protocol = protocol::latest_legacy;
  testing::run_script(definition,
                      testing::after_handshake("IFS= read -r l\necho '{\"jsonrpc\":\"2.0\",\"id\":2,"
                                               "\"result\":{\"tools\":" +
                                               std::string(tools) + "}}'\n" + std::string(then)));
  return definition;
}

class ViewTest : public ::testing::Test {
 protected:
  ~ViewTest() override {
    if (fleet) EXPECT_TRUE(testing::run(loop, fleet->stop()));
  }
  Fleet& make(std::vector<Definition> definitions) {
    fleet = std::make_unique<Fleet>(loop, settings, budget, std::move(definitions), observer);
    return *fleet;
  }
  void settle(std::string_view endpoint = {}) {
    EXPECT_TRUE(testing::run(loop, fleet->current()->settle(endpoint, loop.now() + testing::patience)));
  }

  task::Loop loop;
  Settings settings;
  net::Budget budget{1u << 20};
  testing::SilentObserver observer;
  std::unique_ptr<Fleet> fleet;
};

TEST_F(ViewTest, ConfigOrderDecidesWhoKeepsAName) {
  // The first one comes up last.
  make({lists("one", R"([{"name":"a"},{"name":"b"}])"), lists("two", R"([{"name":"b"},{"name":"c"}])")});
  EXPECT_TRUE(testing::run(loop, fleet->current()->find("two")->server()->ready()));
  EXPECT_EQ(fleet->current()->view("")->find("b")->server->key(), "two") << "nobody else is there yet";
  settle();
  const auto view = fleet->current()->view("");
  EXPECT_TRUE(view->complete());
  EXPECT_THAT(view->names(), ElementsAre("a", "b", "c"));
  EXPECT_THAT(view->hidden(), ElementsAre("tool two/b"));
  ASSERT_TRUE(view->find("b"));
  EXPECT_EQ(view->find("b")->server->key(), "one");
  EXPECT_FALSE(view->find("d"));
  EXPECT_THAT(fleet->current()->view("two")->names(), ElementsAre("b", "c"))
      << "on its own endpoint nothing is in the way";
  EXPECT_EQ(fleet->current()->view(""), view) << "made once";
}

TEST_F(ViewTest, DeniedToolsAreKnownToOperatorsOnly) {
  Definition definition = lists("one", R"([{"name":"a"},{"name":"secret"}])");
  definition.deny = {"secret"};
  definition.prefix = "one__";
  make({std::move(definition)});
  settle();
  const auto view = fleet->current()->view("");
  EXPECT_FALSE(view->find("one__secret"));
  EXPECT_TRUE(view->find_denied("one__secret"));
  EXPECT_FALSE(view->find_denied("one__never"));
  EXPECT_THAT(view->names(), ElementsAre("one__a"));
  EXPECT_TRUE(fleet->current()->view("one")->find_denied("secret"));
  EXPECT_THAT(**view->list(protocol::List::tools, protocol::latest_modern), Not(HasSubstr("secret")));
}

TEST_F(ViewTest, TheListIsMadeOnceForEachRevision) {
  make({lists("one", R"([{"name":"a","outputSchema":{"type":"array"}}])")});
  settle();
  const auto view = fleet->current()->view("");
  const auto modern = *view->list(protocol::List::tools, protocol::latest_modern);
  EXPECT_EQ(*view->list(protocol::List::tools, protocol::latest_modern), modern);
  EXPECT_THAT(*modern, HasSubstr("outputSchema"));
  EXPECT_THAT(*modern, Not(HasSubstr("degraded")));
  EXPECT_EQ(**view->list(protocol::List::tools, Revision::v2025_06_18), R"({"tools":[{"name":"a"}]})");
}

TEST_F(ViewTest, WhoIsDownIsNamed) {
  Definition broken;
  broken.key = "broken";
  broken.command = "/nonexistent/server";
  make({lists("one", R"([{"name":"a"}])"), std::move(broken)});
  EXPECT_FALSE(fleet->current()->view("")->complete());
  settle();
  const auto view = fleet->current()->view("");
  EXPECT_TRUE(view->complete()) << "to be known to be down is to be settled";
  EXPECT_THAT(view->names(), ElementsAre("a"));
  const std::string list = **view->list(protocol::List::tools, protocol::latest_legacy);
  EXPECT_THAT(list, HasSubstr(R"("dev.sallyport/degraded":[{"what":"broken","why":")"));
  EXPECT_THAT(list, HasSubstr(R"("code":"CONFIG_001","server":"broken")"));
  EXPECT_THAT(list, Not(HasSubstr("nonexistent"))) << "where things are is nobody's business";
  EXPECT_THAT(**fleet->current()->view("one")->list(protocol::List::tools, protocol::latest_legacy),
              Not(HasSubstr("degraded")));
}

TEST_F(ViewTest, AServerThatDiesKeepsItsToolsListed) {
  make({lists("one", R"([{"name":"a"}])", "IFS= read -r l\nexit 1")});
  settle();
  client::Outgoing call;
  call.method = protocol::Method::tools_call;
  call.name = "a";
  EXPECT_FALSE(testing::run(loop, fleet->current()->find("one")->server()->request(call)));
  EXPECT_TRUE(testing::run_until(
      loop, [&] { return fleet->current()->find("one")->server()->last_error().has_value(); }));
  const auto view = fleet->current()->view("");
  EXPECT_THAT(view->names(), ElementsAre("a"));
  EXPECT_TRUE(view->stale(protocol::List::tools));
  const std::string list = **view->list(protocol::List::tools, protocol::latest_modern);
  EXPECT_THAT(list, HasSubstr(R"("code":"RECOVERY_001","cause":")"));
  EXPECT_THAT(list, HasSubstr(R"("ttlMs":5000)"));
}

TEST_F(ViewTest, SubscribersHearOfTheirViewUntilTheyLeave) {
  make({lists("one", R"([{"name":"a"}])"), lists("two", R"([{"name":"b"}])")});
  Ear all, two, gone;
  const auto first = fleet->subscribe("", all);
  const auto second = fleet->subscribe("two", two);
  fleet->subscribe("", gone).reset();
  EXPECT_TRUE(testing::run(loop, fleet->current()->find("one")->server()->ready()));
  EXPECT_EQ(all.changes, 1);
  EXPECT_EQ(two.changes, 0);
  EXPECT_EQ(gone.changes, 0);
}

TEST_F(ViewTest, ChildrenAreBounded) {
  settings.children = 1;
  make({lists("one", R"([{"name":"a"}])"), lists("two", R"([{"name":"b"}])")});
  EXPECT_TRUE(testing::run(loop, fleet->current()->find("one")->server()->ready()));
  EXPECT_FALSE(testing::run(loop, fleet->current()->find("two")->server()->ready()));
  ASSERT_TRUE(fleet->current()->find("two")->server()->last_error());
  EXPECT_EQ(fleet->current()->find("two")->server()->last_error()->code(), Code::limit_quota);
  EXPECT_EQ(fleet->children(), 1u);
  EXPECT_TRUE(testing::run(loop, fleet->stop()));
  EXPECT_EQ(fleet->children(), 0u);
}

TEST_F(ViewTest, WhoWaitsForAStartHoldsAPlace) {
  make({lists("one", R"([{"name":"a"}])",
              "IFS= read -r l; echo '{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}'; cat > /dev/null")});
  const std::shared_ptr<Server> server = fleet->current()->find("one")->server();
  client::Outgoing call;
  call.method = protocol::Method::tools_call;
  call.name = "a";
  {
    testing::Started<std::unique_ptr<pipeline::Answer>> asking(loop, server->request(call));
    EXPECT_EQ(server->state(), State::starting);
    EXPECT_EQ(server->in_flight(), 1u);
    EXPECT_TRUE(asking.wait());
  }
  EXPECT_EQ(server->in_flight(), 0u);
  EXPECT_TRUE(server->status().pid);
}

TEST_F(ViewTest, AServerWhoseListIsUnusableHasNoProcess) {
  make({lists("one", R"("none")", "cat > /dev/null")});
  EXPECT_FALSE(testing::run(loop, fleet->current()->find("one")->server()->ready()));
  const Status status = fleet->current()->find("one")->server()->status();
  EXPECT_NE(status.state, State::up) << "down, or already tried again";
  EXPECT_FALSE(status.pid) << "its child is ended";
  ASSERT_TRUE(status.last_error);
  EXPECT_EQ(status.last_error->code(), Code::discovery_tool_validation_failed);
}

TEST_F(ViewTest, EndpointsAreServers) {
  make({lists("one", "[]")});
  EXPECT_TRUE(fleet->current()->has_endpoint(""));
  EXPECT_TRUE(fleet->current()->has_endpoint("one"));
  EXPECT_FALSE(fleet->current()->has_endpoint("ONE"));
  EXPECT_FALSE(fleet->current()->has_endpoint("two"));
  EXPECT_THAT(fleet->current()->view("two")->names(), IsEmpty());
}

}  // namespace
}  // namespace sallyport::upstream
