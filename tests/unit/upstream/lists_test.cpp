// Resources, templates and prompts of a fleet of real children: how they are fetched, whose a URI is, what a
// view announces.
#include "support/run_task.hpp"
#include "unit/client/scripted_child.hpp"
#include "unit/upstream/silent_observer.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::upstream {
namespace {

using protocol::List;
using testing::answers;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Ear final : pipeline::Listener {
  void list_changed(protocol::Topic topic) override { heard.push_back(topic); }
  std::vector<protocol::Topic> heard;
};

constexpr std::string_view everything = R"({"tools":{},"resources":{},"prompts":{},"completions":{}})";
constexpr std::string_view idle = "cat > /dev/null";

Definition child(std::string key, std::string script, std::string_view capabilities = everything) {
  Definition definition;
  definition.key = std::move(key);
  definition.prefix = definition.key + "__";
  definition.protocol = protocol::latest_legacy;
  testing::run_script(definition, testing::after_handshake(script, capabilities));
  return definition;
}

// Lists no tools, these resources and templates, and the prompt `p`.
Definition offers(std::string key, std::string_view resources, std::string_view templates = "[]") {
  return child(std::move(key),
               answers(2, R"("result":{"tools":[]})") +
                   answers(3, R"("result":{"resources":)" + std::string(resources) + "}") +
                   answers(4, R"("result":{"resourceTemplates":)" + std::string(templates) + "}") +
                   answers(5, R"("result":{"prompts":[{"name":"p"}]})") + std::string(idle));
}

class ListsTest : public ::testing::Test {
 protected:
  ~ListsTest() override {
    if (fleet) EXPECT_TRUE(testing::run(loop, fleet->stop()));
  }
  void make(std::vector<Definition> definitions) {
    fleet = std::make_unique<Fleet>(loop, settings, budget, std::move(definitions), observer);
  }
  std::shared_ptr<const View> settled(std::string_view endpoint = {}) {
    EXPECT_TRUE(testing::run(loop, fleet->current()->settle(endpoint, loop.now() + testing::patience)));
    return fleet->current()->view(endpoint);
  }
  static std::string list(const View& view, List which,
                          protocol::Revision revision = protocol::latest_legacy) {
    const auto page = view.list(which, revision);
    return page ? **page : std::string(wire_name(page.error().code()));
  }
  // "server uri", or "nobody".
  static std::string owner(const View& view, std::string_view uri) {
    const auto found = view.resources().find(uri);
    return found ? found->server->key() + " " + found->uri : "nobody";
  }

  task::Loop loop;
  Settings settings;
  net::Budget budget{1u << 26};
  testing::SilentObserver observer;
  std::unique_ptr<Fleet> fleet;
};

TEST_F(ListsTest, WhenTwoServersClaimAUriTheFirstInConfigOrderKeepsIt) {
  make({offers("one", R"([{"uri":"a:1","name":"1"},{"uri":"a:2","name":"2"}])",
               R"([{"uriTemplate":"t:{x}","name":"t"}])"),
        offers("two", R"([{"uri":"a:2","name":"2b"},{"uri":"a:3","name":"3"}])",
               R"([{"uriTemplate":"t:{x}","name":"t2"}])")});
  EXPECT_TRUE(testing::run(loop, fleet->current()->find("two")->server()->ready())) << "it is there first";
  const auto view = settled();
  EXPECT_EQ(
      list(*view, List::resources),
      R"({"resources":[{"uri":"a:1","name":"1"},{"uri":"a:2","name":"2"},{"uri":"sp+two:a:2","name":"2b"},{"uri":"a:3","name":"3"}]})");
  EXPECT_EQ(
      list(*view, List::templates),
      R"({"resourceTemplates":[{"uriTemplate":"t:{x}","name":"t"},{"uriTemplate":"sp+two:t:{x}","name":"t2"}]})");
  EXPECT_EQ(owner(*view, "a:2"), "one a:2");
  EXPECT_EQ(owner(*view, "sp+two:a:2"), "two a:2");
  EXPECT_EQ(owner(*view, "sp+two:t:9"), "two t:9") << "what comes of its template";
  EXPECT_EQ(owner(*view, "sp+one:a:1"), "one a:1") << "the long name is always good";
  EXPECT_EQ(owner(*view, "a:3"), "two a:3");
  EXPECT_EQ(owner(*view, "t:5"), "one t:5");
  EXPECT_EQ(owner(*view, "a:4"), "nobody");
  EXPECT_EQ(owner(*view, "sp+three:a:1"), "nobody");
  EXPECT_EQ(view->resources().shown(*fleet->current()->find("two")->server(), "a:2"), "sp+two:a:2");
  EXPECT_EQ(view->resources().shown(*fleet->current()->find("one")->server(), "a:2"), "a:2");
  const auto own = settled("two");
  EXPECT_THAT(list(*own, List::resources), Not(HasSubstr("sp+")));
  EXPECT_EQ(owner(*own, "a:9"), "two a:9") << "whose else could it be";
  EXPECT_TRUE(own->resources().find_reference("t:{x}"));
}

TEST_F(ListsTest, PromptsHaveNamesLikeTools) {
  make({offers("one", "[]"), offers("two", "[]")});
  const auto view = settled();
  EXPECT_EQ(list(*view, List::prompts), R"({"prompts":[{"name":"one__p"},{"name":"two__p"}]})");
  ASSERT_TRUE(view->find_prompt("two__p"));
  EXPECT_EQ(view->find_prompt("two__p")->server->key(), "two");
  EXPECT_EQ(view->find_prompt("two__p")->name, "p");
  EXPECT_FALSE(view->find_prompt("p"));
  EXPECT_EQ(list(*settled("one"), List::prompts), R"({"prompts":[{"name":"p"}]})");
}

TEST_F(ListsTest, WhatIsAnnouncedIsWhatSomebodyOffersOrMayOffer) {
  make({child("tools", answers(2, R"("result":{"tools":[]})") + std::string(idle), R"({"tools":{}})"),
        child("prompts",
              answers(2, R"("result":{"tools":[]})") + answers(3, R"("result":{"prompts":[]})") +
                  std::string(idle),
              R"({"prompts":{},"logging":{}})")});
  protocol::ServerCapabilities anything = protocol::ServerCapabilities::all();
  anything.tasks = anything.tasks_extension = true;
  EXPECT_EQ(fleet->current()->view("")->offers(), anything) << "nothing is known yet";
  EXPECT_FALSE(fleet->current()->view("")->knows_all());
  const auto view = settled();
  EXPECT_EQ(view->offers(), (protocol::ServerCapabilities{.tools = true, .prompts = true, .logging = true}));
  EXPECT_TRUE(view->knows_all());
  EXPECT_FALSE(fleet->current()->view("tools")->offers().prompts);
}

TEST_F(ListsTest, PagesAreReadToTheirEndAndRepeatedCursorsEndThem) {
  make({child("one",
              answers(2, R"("result":{"tools":[]})") +
                  answers(3, R"("result":{"prompts":[{"name":"a"}],"nextCursor":"x"})") +
                  answers(4, R"("result":{"prompts":[{"name":"b"}],"nextCursor":"y"})") +
                  answers(5, R"("result":{"prompts":[{"name":"c"}],"nextCursor":"x"})") + std::string(idle),
              R"({"tools":{},"prompts":{}})")});
  EXPECT_THAT(settled()->prompt_names(), ElementsAre("one__a", "one__b", "one__c"));
  EXPECT_THAT(fleet->current()->find("one")->catalogue()->dropped,
              ElementsAre("prompts: the rest: its pages do not end"));
}

TEST_F(ListsTest, AListThatCannotBeReadTakesNoOtherWithIt) {
  make({child("one", answers(2, R"("result":{"tools":[{"name":"a"}]})") +
                         answers(3, R"("result":{"resources":{"uri":"a:1"}})") +
                         answers(4, R"("error":{"code":-32603,"message":"no"})") +
                         answers(5, R"("error":{"code":-32601,"message":"no"})") + std::string(idle))});
  const auto view = settled();
  EXPECT_THAT(view->names(), ElementsAre("one__a"));
  EXPECT_EQ(list(*view, List::resources), R"({"resources":[]})");
  EXPECT_THAT(fleet->current()->find("one")->catalogue()->dropped,
              ElementsAre("resources: the list could not be read (DISC_003)",
                          "resource templates: the list could not be read (DISC_001)"));
}

TEST_F(ListsTest, DyingInTheMiddleOfAListIsNotComingUp) {
  make({child("one", answers(2, R"("result":{"tools":[{"name":"a"}]})") + "IFS= read -r l\nexit 3")});
  const auto view = settled();
  EXPECT_THAT(view->names(), IsEmpty());
  EXPECT_TRUE(fleet->current()->find("one")->server()->last_error());
  EXPECT_THAT(list(*view, List::resources), HasSubstr(R"("server":"one")")) << "it may have some";
}

TEST_F(ListsTest, WhatChangedIsReadAgainAndNothingElse) {
  make({child("one",
              answers(2, R"("result":{"tools":[]})") + answers(3, R"("result":{"prompts":[]})") +
                  "echo '{\"jsonrpc\":\"2.0\",\"method\":\"notifications/prompts/list_changed\"}'\n"
                  "IFS= read -r l\ncase $l in *prompts/list*) ;; *) exit 9 ;; esac\n"
                  "echo '{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{\"prompts\":[{\"name\":\"new\"}]}}'\n" +
                  std::string(idle),
              R"({"tools":{},"prompts":{"listChanged":true}})")});
  Ear ear;
  const auto hears = fleet->subscribe("", ear);
  settled();
  EXPECT_TRUE(testing::run_until(loop, [&] { return !fleet->current()->view("")->prompt_names().empty(); }));
  EXPECT_THAT(ear.heard, ElementsAre(protocol::Topic::tools, protocol::Topic::prompts));
  EXPECT_EQ(fleet->current()->find("one")->status().prompts, 1u);
}

}  // namespace
}  // namespace sallyport::upstream
