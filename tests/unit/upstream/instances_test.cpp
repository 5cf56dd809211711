// The instances of an isolated server: whose is whose, what ends them, what bounds them.
#include "upstream/instances.hpp"

#include "session/registry.hpp"
#include "support/run_task.hpp"
#include "unit/client/scripted_child.hpp"
#include "upstream/fleet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

namespace sallyport::upstream {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr std::chrono::milliseconds grace{30000};

struct Observer final : FleetObserver {
  void state_changed(const Server&) override {}
  void garbage(const Server&, std::string_view) override {}
  void late_answer(const Server&) override {}
  void instances_changed(const Server& server) override { instances = server.status().instances; }
  void instance_restarted(const Server&) override { ++restarted; }
  std::size_t instances = 0;
  int restarted = 0;
};

// Lists one tool; answers a call with its process id, one of the tool `hold` never.
Definition server(Isolation isolation, std::string mark = "") {
  Definition definition;
  definition.key = "one";
  definition.prefix = "one__";
  definition.protocol = protocol::latest_legacy;
  definition.isolation = isolation;
  if (!mark.empty()) definition.env["MARK"] = std::move(mark);
  testing::run_script(definition, testing::after_handshake(R"sh(echo "I am $$" >&2
while IFS= read -r l; do
  id=${l#*'"id":'}; id=${id%%,*}
  case $l in
    *'"tools/list"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"tools\":[{\"name\":\"who\"}]}}";;
    *'"hold"'*) ;;
    *'"tools/call"'*) echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"$$\"}]}}";;
  esac
done)sh"));
  return definition;
}

client::Outgoing call_of(std::string_view tool) {
  client::Outgoing call;
  call.method = protocol::Method::tools_call;
  call.name = tool;
  return call;
}

class InstancesTest : public ::testing::Test {
 protected:
  ~InstancesTest() override {
    if (fleet) EXPECT_TRUE(testing::run(loop, fleet->stop()));
  }
  void make(Isolation isolation) {
    fleet.emplace(loop, settings, budget, std::vector{server(isolation)}, observer);
    EXPECT_TRUE(testing::run(loop, fleet->current()->settle("", loop.now() + testing::patience)));
  }
  std::shared_ptr<session::Session> session(std::string principal = "anonymous") {
    return *sessions.create(principal, "", protocol::latest_legacy);
  }
  Instances& instances() { return *fleet->current()->find("one")->server()->instances(); }
  Result<std::shared_ptr<Server>> of(session::Session* session, std::string name = "anonymous") {
    pipeline::Principal principal;
    principal.name = std::move(name);
    pipeline::Call call;
    call.principal = &principal;
    call.client = session;
    if (session) call.session = session->tag;
    return instances().of(call);
  }
  struct Questions final : pipeline::QuestionSink {
    void asked(const protocol::Question&, std::weak_ptr<pipeline::ResponseSink>) override { set_waits(true); }
    void withdrawn(std::string_view) override {}
  };
  struct Asking {
    explicit Asking(std::string name = "anonymous") {
      principal.name = std::move(name);
      call.principal = &principal;
      call.questions = &questions;
      call.declares.forms = true;
    }
    pipeline::Principal principal;
    Questions questions;
    pipeline::Call call;
  };
  Result<Instances::Seat> sit(Asking& asking) { return testing::run(loop, instances().seat(asking.call)); }

  std::string who(Server& server) {
    const client::Outgoing call = call_of("who");
    auto answer = testing::run(loop, server.request(call));
    return answer ? (*answer)->bytes.substr((*answer)->bytes.find("text\":\""))
                  : wire_name(answer.error().code()).data();
  }
  bool until(std::size_t count) {
    return testing::run_until(loop,
                              [&] { return observer.instances == count && instances().size() == count; });
  }

  task::Loop loop;
  Settings settings;
  net::Budget budget{1u << 20};
  Observer observer;
  session::Registry sessions{loop.timers(), {}};
  std::optional<Fleet> fleet;
};

TEST_F(InstancesTest, ASessionHasAProcessOfItsOwn) {
  make(Isolation::session);
  const auto a = session(), b = session();
  const auto first = *of(a.get()), second = *of(b.get());
  EXPECT_NE(first, second);
  EXPECT_EQ(*of(a.get()), first);
  EXPECT_NE(who(*first), who(*second));
  EXPECT_EQ(who(*first), who(*first));
  EXPECT_EQ(fleet->children(), 3u) << "and one reads the lists";
  EXPECT_EQ(observer.instances, 2u);
  EXPECT_FALSE(first->listing());
}

TEST_F(InstancesTest, APrincipalSharesOneAndStandsForCallsWithoutASession) {
  make(Isolation::principal);
  const auto a = session(), b = session();
  EXPECT_EQ(*of(a.get()), *of(b.get()));
  EXPECT_EQ(*of(nullptr), *of(b.get()));
  EXPECT_NE(*of(nullptr, "somebody"), *of(nullptr));
  EXPECT_EQ(instances().size(), 2u);
}

TEST_F(InstancesTest, WithoutASessionItIsThePrincipalsOwn) {
  make(Isolation::session);
  const auto a = session();
  EXPECT_EQ(*of(nullptr), *of(nullptr));
  EXPECT_NE(*of(nullptr), *of(a.get()));
}

TEST_F(InstancesTest, ItEndsWithItsSession) {
  make(Isolation::session);
  auto a = session();
  const auto b = session();
  const auto first = *of(a.get()), second = *of(b.get());
  EXPECT_NE(who(*first), who(*second));
  const client::Outgoing hold = call_of("hold");
  testing::Started<std::unique_ptr<pipeline::Answer>> held(loop, first->request(hold));
  sessions.remove(*a);
  EXPECT_FALSE(held.done()) << "its call under way is not cut";
  held.cancel();
  EXPECT_TRUE(until(1));
  EXPECT_EQ(fleet->children(), 2u);
  EXPECT_EQ(who(*first), "TOOL_006");
  EXPECT_EQ(*of(b.get()), second) << "nobody else's is touched";
}

TEST_F(InstancesTest, AnIdleOneEndsAndTheNextCallHasANewOne) {
  settings.idle = std::chrono::milliseconds(80);
  make(Isolation::session);
  const auto a = session();
  const auto first = *of(a.get());
  const std::string before = who(*first);
  const client::Outgoing hold = call_of("hold");
  {
    testing::Started<std::unique_ptr<pipeline::Answer>> held(loop, first->request(hold));
    const SteadyTime later = loop.now() + std::chrono::milliseconds(250);
    EXPECT_TRUE(testing::run_until(loop, [&] { return loop.now() > later; }));
    EXPECT_EQ(instances().size(), 1u) << "one that works is not idle";
  }
  EXPECT_TRUE(until(0));
  EXPECT_EQ(fleet->children(), 1u);
  const auto second = *of(a.get());
  EXPECT_NE(second, first);
  EXPECT_NE(who(*second), before);
}

TEST_F(InstancesTest, ADeadOneHarmsNoOtherAndComesBackWhenItIsAsked) {
  make(Isolation::session);
  const auto a = session(), b = session();
  const auto first = *of(a.get()), second = *of(b.get());
  const std::string dead = who(*first), other = who(*second);
  ::kill(*first->status().pid, SIGKILL);
  EXPECT_TRUE(testing::run_until(loop, [&] { return first->state() == State::down; }));
  EXPECT_EQ(who(*second), other);
  EXPECT_EQ(fleet->current()->find("one")->server()->state(), State::up);
  EXPECT_EQ(*of(a.get()), first);
  const std::string again = who(*first);
  EXPECT_THAT(again, HasSubstr("text"));
  EXPECT_NE(again, dead);
  EXPECT_EQ(observer.restarted, 1);
}

TEST_F(InstancesTest, ChildrenAndPrincipalsAreBounded) {
  settings.children = 4;
  settings.instances = 2;
  make(Isolation::session);
  const auto a = session(), b = session(), c = session(), d = session("other"), e = session("other");
  EXPECT_TRUE(of(a.get()));
  EXPECT_TRUE(of(b.get()));
  const auto refused = of(c.get());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::limit_too_many_instances);
  EXPECT_EQ(refused.error().executed(), Executed::no);
  EXPECT_TRUE(refused.error().can_retry());
  EXPECT_TRUE(of(d.get(), "other"));
  EXPECT_EQ(of(e.get(), "other").error().code(), Code::limit_too_many_instances)
      << "one place is the lister's";
  sessions.remove(*a);
  EXPECT_TRUE(testing::run_until(loop, [&] { return instances().size() == 2; }));
  EXPECT_TRUE(of(c.get())) << "there is room again";
}

TEST_F(InstancesTest, AnotherDefinitionEndsThemAfterTheirCalls) {
  make(Isolation::session);
  const auto a = session();
  const auto first = *of(a.get());
  const std::string before = who(*first);
  {
    const client::Outgoing hold = call_of("hold");
    testing::Started<std::unique_ptr<pipeline::Answer>> held(loop, first->request(hold));
    EXPECT_THAT(fleet->install(settings, {server(Isolation::session, "new")}, grace).replaced,
                Contains("one"));
    const auto second = *of(a.get());
    EXPECT_NE(second, first);
    EXPECT_NE(who(*second), before);
    EXPECT_FALSE(held.done());
  }
  EXPECT_TRUE(testing::run_until(loop, [&] { return fleet->children() == 2; }));
  EXPECT_THAT(fleet->install(settings, {server(Isolation::shared, "new")}, grace).replaced, Contains("one"))
      << "who shares what is a part of it";
  EXPECT_TRUE(testing::run_until(loop, [&] { return observer.instances == 0; }));
  EXPECT_TRUE(testing::run_until(loop, [&] { return fleet->children() == 1; }));
}

TEST_F(InstancesTest, ARestartReplacesAllOfThemAlsoAtTheBound) {
  settings.children = 3;
  settings.instances = 2;
  make(Isolation::session);
  const auto a = session(), b = session();
  const auto first = *of(a.get()), other = *of(b.get());
  const std::string before = who(*first), other_before = who(*other);
  const client::Outgoing hold = call_of("hold");
  testing::Started<std::unique_ptr<pipeline::Answer>> held(loop, first->request(hold));
  testing::Started<std::unique_ptr<pipeline::Answer>> held_too(loop, other->request(hold));
  const auto farewell = fleet->replace("one", Power::on, grace);
  ASSERT_TRUE(farewell);
  EXPECT_EQ(farewell->calls, 2u) << "those of all instances";
  ASSERT_TRUE(of(a.get())) << "a place for its successor";
  ASSERT_TRUE(of(b.get()));
  EXPECT_NE(who(**of(a.get())), before);
  EXPECT_NE(who(**of(b.get())), other_before);
  EXPECT_EQ(instances().size(), 2u);
  EXPECT_FALSE(of(session().get())) << "and no more than that";
  EXPECT_FALSE(held.done());
  EXPECT_FALSE(farewell->over);
  held.cancel();
  held_too.cancel();
  EXPECT_FALSE(held.wait());
  EXPECT_FALSE(held_too.wait());
  EXPECT_TRUE(testing::run_until(loop, [&] { return farewell->over && fleet->children() == 3; }));
}

TEST_F(InstancesTest, OneThatIsSwitchedOffHasNone) {
  make(Isolation::principal);
  const std::string before = who(**of(nullptr));
  const auto farewell = fleet->replace("one", Power::off, grace);
  ASSERT_TRUE(farewell);
  EXPECT_TRUE(testing::run_until(loop, [&] { return farewell->over && fleet->children() == 0; }));
  const auto off = fleet->current()->find("one")->server();
  EXPECT_FALSE(off->instances()) << "calls find the one that says why";
  EXPECT_EQ(who(*off), "SYS_003");
  EXPECT_EQ(observer.instances, 0u);
  ASSERT_TRUE(fleet->replace("one", Power::on, grace));
  EXPECT_NE(who(**of(nullptr)), before);
}

TEST_F(InstancesTest, WhatTheyWriteToStderrIsAmongTheServersWithTheirOwner) {
  make(Isolation::session);
  const auto a = session();
  (void)who(**of(a.get()));
  const auto lines = [&] { return fleet->current()->find("one")->server()->stderr_lines(); };
  EXPECT_TRUE(testing::run_until(loop, [&] { return lines().size() == 2; }));
  EXPECT_THAT(lines(), Contains(HasSubstr("[session " + a->tag + "] I am ")));
  EXPECT_THAT(lines(), Not(Contains(HasSubstr(a->id))));
}

TEST_F(InstancesTest, StopLeavesNone) {
  make(Isolation::session);
  const auto a = session(), b = session();
  (void)who(**of(a.get()));
  const client::Outgoing hold = call_of("hold");
  testing::Started<std::unique_ptr<pipeline::Answer>> held(loop, (*of(b.get()))->request(hold));
  EXPECT_TRUE(testing::run(loop, fleet->stop()));
  EXPECT_EQ(fleet->children(), 0u);
  EXPECT_FALSE(held.wait());
  const auto refused = of(session().get());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Code::tool_server_unavailable);
}

TEST_F(InstancesTest, ACallThatMayBeAskedHasAProcessForItself) {
  make(Isolation::shared);
  Asking a, b, other("other"), sampling;
  sampling.call.declares.sampling = true;
  std::optional<Instances::Seat> first = *sit(a);
  EXPECT_NE(first->server(), fleet->current()->find("one")->server());
  EXPECT_TRUE(first->server()->declares().forms);
  EXPECT_NE(sit(other)->server(), first->server()) << "of another principal";
  EXPECT_NE(sit(sampling)->server(), first->server()) << "of other capabilities";
  testing::Started<Instances::Seat> second(loop, instances().seat(b.call));
  EXPECT_FALSE(second.settled()) << "one call at a time";
  const auto server = first->server();
  first.reset();
  const auto seat = second.wait();
  ASSERT_TRUE(seat);
  EXPECT_EQ(seat->server(), server);
}

TEST_F(InstancesTest, WhileItsUserIsAskedTheNextCallHasAnotherProcess) {
  make(Isolation::shared);
  Asking a, b;
  const auto first = sit(a);
  testing::Started<Instances::Seat> second(loop, instances().seat(b.call));
  EXPECT_FALSE(second.settled());
  a.questions.asked({}, {});
  const auto seat = second.wait();
  ASSERT_TRUE(seat);
  EXPECT_NE(seat->server(), first->server());
}

TEST_F(InstancesTest, ASessionsProcessHasAllCallsOfTheSession) {
  make(Isolation::session);
  const auto own = session();
  Asking a, b;
  a.call.client = b.call.client = own.get();
  const auto first = sit(a), second = sit(b);
  EXPECT_EQ(first->server(), second->server());
}

}  // namespace
}  // namespace sallyport::upstream
