// What becomes of the tools that a server lists, under the operator's rules and for every revision.
#include "json/scanner.hpp"
#include "upstream/catalogue.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::upstream {
namespace {

using protocol::Revision;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct ToolTest : ::testing::Test {
  ToolTest() {
    definition.key = "s";
    definition.prefix = "s__";
  }
  const Catalogue& add(std::string_view tools, bool http = false) {
    if (!builder || http) builder.emplace(definition, settings, http);
    builder->add(protocol::List::tools, tools, {0, static_cast<std::uint32_t>(tools.size())});
    return catalogue = builder->catalogue();
  }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const ToolPointer& tool : catalogue.tools) all.push_back(tool->name);
    return all;
  }
  std::string render(std::string_view tool, Revision revision) {
    add("[" + std::string(tool) + "]");
    return render(revision);
  }
  // The last one, as /mcp lists it.
  std::string render(Revision revision) {
    const Tool& tool = *catalogue.tools.back();
    return render_entry(protocol::List::tools, tool.definition, tool.exposed, revision);
  }

  Definition definition;
  Settings settings;
  std::optional<CatalogueBuilder> builder;
  Catalogue catalogue;
};

TEST_F(ToolTest, WhatIsNoToolIsDroppedAndItsNeighboursStay) {
  add(R"([{"name":"a"},1,null,[],{},{"name":7},{"name":""},{"name":"a","description":"again"},{"name":"b"}])");
  EXPECT_THAT(names(), ElementsAre("a", "b"));
  EXPECT_EQ(catalogue.dropped.size(), 7u);
  EXPECT_EQ(catalogue.dropped.back(), "a: listed twice");
  EXPECT_EQ(catalogue.tools[0]->definition, R"({"name":"a"})") << "the first one stays";
}

TEST_F(ToolTest, NamesAreComparedUnescapedAndOverPages) {
  add(R"([{"name":"a"}])");
  add(R"([{"name":"\u0061"},{"name":"b"}])");
  EXPECT_THAT(names(), ElementsAre("a", "b"));
}

TEST_F(ToolTest, ALongNameIsNoName) {
  add(R"([{"name":")" + std::string(300, 'x') + R"("}])");
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(catalogue.dropped.size(), 1u);
}

TEST_F(ToolTest, ThereAreNotMoreToolsThanWeTake) {
  std::string many = "[";
  for (std::size_t i = 0; i < max_listed + 5; ++i)
    many += (i ? "," : "") + (R"({"name":"t)" + std::to_string(i)) + "\"}";
  add(many + "]");
  EXPECT_EQ(catalogue.tools.size(), max_listed);
  EXPECT_EQ(catalogue.dropped.size(), 1u);
}

TEST_F(ToolTest, NotesAreBounded) {
  std::string junk = "[0";
  for (int i = 0; i < 1000; ++i) junk += ",0";
  EXPECT_EQ(add(junk + "]").dropped.size(), 100u);
}

TEST_F(ToolTest, DenyWinsOverAllow) {
  definition.allow = {"read_*", "list"};
  definition.deny = {"read_secret"};
  add(R"([{"name":"read_a"},{"name":"read_secret"},{"name":"list"},{"name":"write"}])");
  EXPECT_THAT(names(), ElementsAre("read_a", "list"));
  ASSERT_EQ(catalogue.denied.size(), 2u);
  EXPECT_EQ(catalogue.denied[0]->exposed, "s__read_secret");
  EXPECT_EQ(catalogue.denied[1]->canonical(), "s/write");
}

TEST_F(ToolTest, RenameAndDescribe) {
  definition.rename = {{"a", "better"}};
  definition.describe = {{"a", "says \"more\""}, {"b", "new"}};
  add(R"([{"name" : "a", "description":"old","x":1}, {"name":"b"}, {"name":"c"}])");
  const Tool& tool = *catalogue.tools[0];
  EXPECT_EQ(tool.name, "a") << "policy speaks of the server's own name";
  EXPECT_EQ(tool.own_name, "better");
  EXPECT_EQ(tool.exposed, "s__better");
  EXPECT_EQ(tool.definition, R"({"name" : "better", "description":"says \"more\"","x":1})");
  EXPECT_EQ(catalogue.tools[1]->definition, R"({"name":"b","description":"new"})");
  EXPECT_EQ(catalogue.tools[2]->definition, R"({"name":"c"})");
}

TEST_F(ToolTest, WhatMayBeRepeated) {
  constexpr std::string_view tools =
      R"([{"name":"hinted","annotations":{"readOnlyHint":true}},{"name":"same","annotations":{"idempotentHint":true}},)"
      R"({"name":"not","annotations":{"readOnlyHint":"true","idempotentHint":false}},{"name":"get_x"},{"name":"put_x"}])";
  definition.read_only = {"get_*"};
  definition.idempotent = {"put_*"};
  const auto repeatable = [&] {
    std::vector<bool> all;
    for (const ToolPointer& tool : catalogue.tools) all.push_back(tool->idempotent);
    return all;
  };
  add(tools);
  EXPECT_THAT(repeatable(), ElementsAre(false, false, false, true, true)) << "hints are hearsay";
  builder.reset();
  definition.trusted = true;
  add(tools);
  EXPECT_THAT(repeatable(), ElementsAre(true, true, false, true, true));
}

TEST_F(ToolTest, MirroredParametersThatBreakTheRulesMatterOverHttpOnly) {
  constexpr std::string_view tools =
      R"([{"name":"good","inputSchema":{"type":"object","properties":{"r":{"type":"string","x-mcp-header":"Region"}}}},)"
      R"({"name":"bad","inputSchema":{"type":"object","properties":{"r":{"type":"string","x-mcp-header":"a b"}}}}])";
  add(tools, true);
  EXPECT_THAT(names(), ElementsAre("good"));
  ASSERT_EQ(catalogue.tools[0]->param_headers.size(), 1u);
  EXPECT_EQ(catalogue.tools[0]->param_headers[0].name, "Mcp-Param-Region");
  EXPECT_THAT(catalogue.dropped, ElementsAre(HasSubstr("bad: its x-mcp-header")));
  builder.reset();
  add(tools, false);
  EXPECT_THAT(names(), ElementsAre("good", "bad"));
  EXPECT_EQ(catalogue.tools[0]->param_headers.size(), 1u)
      << "our own callers mirror them whatever the server is";
  EXPECT_TRUE(catalogue.tools[1]->param_headers.empty());
}

TEST_F(ToolTest, TimeLimitsAreOfTheServersOwnName) {
  definition.timeout = {{"slow", std::chrono::minutes(2)}};
  definition.rename = {{"slow", "fast"}};
  add(R"([{"name":"slow"},{"name":"other"}])");
  EXPECT_EQ(catalogue.tools[0]->timeout, std::chrono::minutes(2));
  EXPECT_FALSE(catalogue.tools[1]->timeout);
}

TEST_F(ToolTest, UnlistedToolsFollowTheSameRules) {
  definition.deny = {"secret"};
  definition.rename = {{"old", "new"}, {"secret", "innocent"}};
  const auto find = [&](std::string_view name) { return unlisted_tool(definition, settings, name); };
  ASSERT_TRUE(find("any"));
  EXPECT_FALSE(find("any")->listed);
  EXPECT_EQ(find("any")->exposed, "s__any");
  ASSERT_TRUE(find("new"));
  EXPECT_EQ(find("new")->name, "old");
  EXPECT_FALSE(find("old")) << "renamed away";
  EXPECT_FALSE(find("secret"));
  EXPECT_FALSE(find("innocent")) << "another name does not make it allowed";
  EXPECT_FALSE(find(""));
  EXPECT_FALSE(find(std::string(300, 'x')));
}

TEST_F(ToolTest, OnlyTheNameChangesByteForByte) {
  constexpr std::string_view odd =
      R"({ "title":"\u0041", "name" :"a","inputSchema":{"type":"object","properties":{"n":{"minimum":1.0e400}}} , "name2":"a"})";
  std::string expected(odd);
  expected.replace(expected.find(R"("a")"), 3, R"("s__a")");
  EXPECT_EQ(render(odd, protocol::latest_modern), expected);
  EXPECT_EQ(render_entry(protocol::List::tools, catalogue.tools[0]->definition, "", protocol::latest_legacy),
            odd)
      << "on the server's own endpoint";
}

TEST_F(ToolTest, WhatARevisionDoesNotKnowIsRemoved) {
  struct Row {
    std::string_view output;
    bool legacy_has_it;
  };
  for (const auto& [output, legacy_has_it] :
       {Row{R"({"type":"object"})", true}, Row{R"({"type":"\u006fbject"})", true},
        Row{R"({"type":"array"})", false}, Row{R"({"type":["object"]})", false},
        Row{R"({"oneOf":[]})", false}, Row{"true", false}}) {
    const std::string head = R"({"name":"s__a)" + std::to_string(catalogue.tools.size()) + '"';
    const std::string whole = head + R"(,"outputSchema":)" + std::string(output) + "}";
    std::string listed = whole;
    listed.erase(listed.find("s__"), 3);
    listed.insert(listed.size() - 1, R"(,"execution":{"taskSupport":"required"})");
    const std::string modern = render(listed, protocol::latest_modern);
    EXPECT_EQ(modern, whole);
    for (const Revision revision : {Revision::v2024_11_05, Revision::v2025_06_18, Revision::v2025_11_25}) {
      const bool has_it = legacy_has_it && revision >= Revision::v2025_06_18;
      std::string expected = has_it ? whole : head + "}";
      if (revision == Revision::v2025_11_25)
        expected.insert(expected.size() - 1, R"(,"execution":{"taskSupport":"required"})");
      EXPECT_EQ(render(revision), expected) << output;
    }
  }
}

}  // namespace
}  // namespace sallyport::upstream
