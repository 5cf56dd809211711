// What becomes of the resources, templates and prompts that a server lists; tools have a file of their own.
#include "upstream/catalogue.hpp"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::upstream {
namespace {

using protocol::List;
using protocol::Revision;
using protocol::Topic;
using protocol::Topics;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct CatalogueTest : ::testing::Test {
  CatalogueTest() {
    definition.key = "s";
    definition.prefix = "s__";
  }
  Catalogue& add(List list, std::string_view entries) {
    builder.add(list, entries, {0, static_cast<std::uint32_t>(entries.size())});
    return builder.catalogue();
  }

  Definition definition;
  Settings settings;
  CatalogueBuilder builder{definition, settings, false};
};

TEST_F(CatalogueTest, WhatAClientCouldNotUseIsDropped) {
  const Catalogue& catalogue =
      add(List::resources,
          R"([{"uri":"a:1","name":"one"},{"uri":"a:2"},{"name":"no uri"},{"uri":7,"name":"x"},"a:3",)"
          R"({"uri":"a:4","name":null},{"uri":"a:1","name":"again"},{"uri":"a:5","name":"five"}])");
  ASSERT_EQ(catalogue.resources.size(), 2u);
  EXPECT_EQ(catalogue.resources[0].key, "a:1");
  EXPECT_EQ(catalogue.resources[1].key, "a:5");
  EXPECT_THAT(catalogue.dropped,
              ElementsAre("resource a:2: no name", "resource an entry: no usable uri",
                          "resource an entry: no usable uri", "resource an entry: not an object",
                          "resource a:4: its name is of the wrong type", "resource a:1: listed twice"));
}

TEST_F(CatalogueTest, AMemberOfTheWrongTypeGoesAndTheEntryStays) {
  const Catalogue& catalogue = add(
      List::prompts,
      R"([{"name":"p","title":7,"description":null,"arguments":[{"name":"a","required":true}],"x":null}])");
  ASSERT_EQ(catalogue.prompts.size(), 1u);
  EXPECT_EQ(catalogue.prompts[0].definition,
            R"({"name":"p","arguments":[{"name":"a","required":true}],"x":null})");
  EXPECT_THAT(catalogue.dropped, ElementsAre("prompt p: its description is of the wrong type"));
}

TEST_F(CatalogueTest, ArgumentsAreObjectsWithNames) {
  int count = 0;
  for (const std::string_view arguments : {"{}", "[1]", "[{}]", R"([{"name":1}])", R"("a")", "null"}) {
    add(List::prompts,
        R"([{"name":"p)" + std::to_string(++count) + R"(","arguments":)" + std::string(arguments) + "}]");
  }
  EXPECT_THAT(builder.catalogue().prompts, IsEmpty());
  EXPECT_EQ(builder.catalogue().dropped.size(), 6u);
}

TEST_F(CatalogueTest, ASchemaOfTheWrongTypeMakesAToolUseless) {
  const Catalogue& catalogue =
      add(List::tools, R"([{"name":"a","inputSchema":[]},{"name":"b","inputSchema":{}}])");
  ASSERT_EQ(catalogue.tools.size(), 1u);
  EXPECT_EQ(catalogue.tools[0]->name, "b");
}

TEST_F(CatalogueTest, PromptsAreNamedLikeTools) {
  const Catalogue& catalogue =
      add(List::prompts, R"([{"name":"code review"},{"name":")" + std::string(60, 'x') + R"("}])");
  EXPECT_EQ(catalogue.prompts[0].exposed, "s__code_review");
  EXPECT_EQ(catalogue.prompts[1].exposed.size(), settings.max_name);
}

TEST_F(CatalogueTest, TemplatesThatCannotBeReadAreListedAllTheSame) {
  const Catalogue& catalogue =
      add(List::templates,
          R"([{"uriTemplate":"a:{x}","name":"good"},{"uriTemplate":"a:{x","name":"odd"},{"name":"none"}])");
  ASSERT_EQ(catalogue.templates.size(), 2u);
  EXPECT_TRUE(catalogue.templates[0].matcher);
  EXPECT_FALSE(catalogue.templates[1].matcher);
}

TEST_F(CatalogueTest, EveryListIsBounded) {
  const auto many = [](std::string_view head, std::size_t count) {
    std::string list = "[";
    for (std::size_t i = 0; i < count; ++i)
      list += (i ? "," : "") + std::string(head) + std::to_string(i) + R"(","name":"n"})";
    return list + "]";
  };
  EXPECT_EQ(add(List::resources, many(R"({"uri":"a:)", max_listed + 5)).resources.size(), max_listed);
  EXPECT_EQ(add(List::templates, many(R"({"uriTemplate":"a:)", max_templates + 5)).templates.size(),
            max_templates);
  EXPECT_THAT(builder.catalogue().dropped, ElementsAre("resource the rest: more than we take",
                                                       "resource template the rest: more than we take"));
}

TEST_F(CatalogueTest, DifferencesAreByTopic) {
  const auto with = [this](List list, std::string_view entries) {
    CatalogueBuilder other(definition, settings, false);
    other.add(list, entries, {0, static_cast<std::uint32_t>(entries.size())});
    return std::move(other.catalogue());
  };
  const Catalogue none;
  EXPECT_EQ(difference(nullptr, &none), Topics{});
  EXPECT_EQ(difference(nullptr, nullptr), Topics{});
  const Catalogue tool = with(List::tools, R"([{"name":"a"}])");
  EXPECT_EQ(difference(nullptr, &tool), Topics{Topic::tools});
  const Catalogue prompt = with(List::prompts, R"([{"name":"a"}])");
  EXPECT_EQ(difference(&tool, &prompt), (Topics{Topic::tools, Topic::prompts}));
  const Catalogue templated = with(List::templates, R"([{"uriTemplate":"a:{b}","name":"a"}])");
  EXPECT_EQ(difference(&none, &templated), Topics{Topic::resources});
  const Catalogue described = with(List::tools, R"([{"name":"a","description":"b"}])");
  EXPECT_EQ(difference(&tool, &described), Topics{Topic::tools});
  EXPECT_EQ(difference(&tool, &tool), Topics{});
}

// The same entries as every revision gets them.
TEST_F(CatalogueTest, WhatARevisionDoesNotKnowIsLeftOut) {
  constexpr std::string_view tool =
      R"({"name":"n","title":"t","description":"d","inputSchema":{"type":"object"},"outputSchema":{"type":"object"},)"
      R"("annotations":{"readOnlyHint":true},"icons":[],"execution":{"taskSupport":"optional"},"_meta":{"k":1},"x":1})";
  const auto rendered = [&](List list, std::string_view entry, Revision revision) {
    return render_entry(list, entry, "", revision);
  };
  using enum Revision;
  EXPECT_EQ(rendered(List::tools, tool, v2024_11_05),
            R"({"name":"n","description":"d","inputSchema":{"type":"object"},"x":1})");
  EXPECT_EQ(
      rendered(List::tools, tool, v2025_03_26),
      R"({"name":"n","description":"d","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true},"x":1})");
  EXPECT_EQ(
      rendered(List::tools, tool, v2025_06_18),
      R"({"name":"n","title":"t","description":"d","inputSchema":{"type":"object"},"outputSchema":{"type":"object"},)"
      R"("annotations":{"readOnlyHint":true},"_meta":{"k":1},"x":1})");
  EXPECT_EQ(rendered(List::tools, tool, v2025_11_25), tool) << "the only one with tasks in its core";
  EXPECT_EQ(
      rendered(List::tools, tool, v2026_07_28),
      R"({"name":"n","title":"t","description":"d","inputSchema":{"type":"object"},"outputSchema":{"type":"object"},)"
      R"("annotations":{"readOnlyHint":true},"icons":[],"_meta":{"k":1},"x":1})");
  constexpr std::string_view resource =
      R"({"uri":"a:1","name":"n","title":"t","mimeType":"text/plain","size":3,"annotations":{"priority":1},"icons":[]})";
  EXPECT_EQ(rendered(List::resources, resource, v2024_11_05),
            R"({"uri":"a:1","name":"n","mimeType":"text/plain","size":3,"annotations":{"priority":1}})");
  EXPECT_EQ(rendered(List::resources, resource, v2025_11_25), resource);
  EXPECT_EQ(render_entry(List::resources, resource, "sp+s:a:1", v2024_11_05),
            R"({"uri":"sp+s:a:1","name":"n","mimeType":"text/plain","size":3,"annotations":{"priority":1}})");
}

}  // namespace
}  // namespace sallyport::upstream
