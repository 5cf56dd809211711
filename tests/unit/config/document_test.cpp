#include "config/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::config {
namespace {

struct Parsed {
  std::optional<Node> root;
  Diagnostics diagnostics;
};

Parsed yaml(std::string_view text) {
  Parsed parsed;
  Report report("test.yaml", parsed.diagnostics);
  parsed.root = parse_yaml(text, report);
  return parsed;
}

Parsed jsonc(std::string_view text) {
  Parsed parsed;
  Report report("test.json", parsed.diagnostics);
  parsed.root = parse_jsonc(text, report);
  return parsed;
}

std::pair<std::size_t, std::size_t> place(Position at) {
  return {at.line, at.column};
}
using Place = std::pair<std::size_t, std::size_t>;

TEST(LineIndexTest, CountsCodePoints) {
  const LineIndex lines("aé\nü日x\r\n\n");
  EXPECT_EQ(place(lines.at_offset(0)), Place(1, 1));
  EXPECT_EQ(place(lines.at_offset(3)), Place(1, 3));
  EXPECT_EQ(place(lines.at_offset(4)), Place(2, 1));
  EXPECT_EQ(place(lines.at_offset(9)), Place(2, 3));
  EXPECT_EQ(place(lines.at_line(1, 5)), Place(2, 3));
  EXPECT_EQ(place(lines.at_offset(1000)), Place(4, 1));
}

TEST(Yaml, KnowsWhereEveryNodeStands) {
  const Parsed parsed = yaml(
      "\xEF\xBB\xBF"
      "ключ: {é: [ü, \"x\"]}\r\nb:\r\n  c: |\r\n    text\r\n");
  ASSERT_TRUE(parsed.root);
  const Node& list = *parsed.root->find("ключ")->find("é");
  EXPECT_EQ(place(parsed.root->find("ключ")->at), Place(1, 7));
  EXPECT_EQ(place(list.items[0].at), Place(1, 12));
  EXPECT_EQ(place(list.items[1].at), Place(1, 15));
  EXPECT_TRUE(list.items[1].quoted);
  EXPECT_FALSE(list.items[0].quoted);
  EXPECT_EQ(place(parsed.root->members[1].key.at), Place(2, 1));
  EXPECT_EQ(parsed.root->find("b")->find("c")->text, "text\n");
}

TEST(Yaml, KeepsTheFirstOfDuplicates) {
  const Parsed parsed = yaml("a: 1\nb: 2\na: 3\n");
  ASSERT_TRUE(parsed.root);
  EXPECT_EQ(parsed.root->members.size(), 2U);
  EXPECT_EQ(parsed.root->find("a")->text, "1");
  ASSERT_EQ(parsed.diagnostics.size(), 1U);
  EXPECT_EQ(place(parsed.diagnostics[0].at), Place(3, 1));
}

TEST(Yaml, AliasesHaveTheirOwnPlace) {
  const Parsed parsed = yaml("a: &x {b: 1}\nc: *x\n");
  ASSERT_EQ(parsed.diagnostics.size(), 2U);
  EXPECT_EQ(place(parsed.diagnostics[0].at), Place(1, 4));
  EXPECT_EQ(place(parsed.diagnostics[1].at), Place(2, 4));
}

TEST(Yaml, ASyntaxErrorIsReportedAlone) {
  for (const char* text : {"a: &x 1\na: 2\nb: [", "a: 'open\na: 2", "a: 1\na: 2\n---\nb: 1", "a: \"\\q\"",
                           "a: *nope", "a: 1\n]", "- a\nb: 1", "a: b: c"}) {
    const Parsed parsed = yaml(text);
    EXPECT_FALSE(parsed.root) << text;
    ASSERT_EQ(parsed.diagnostics.size(), 1U) << text;
    EXPECT_THAT(parsed.diagnostics[0].what, testing::StartsWith("YAML syntax error")) << text;
  }
}

TEST(Yaml, QuotesThatAreClosedAreFine) {
  for (const char* text : {"a: 'it''s'", "a: \"\\\"\"", "a: 'x\n  y'", "a: \"\\\\\"", "'a': ''"}) {
    EXPECT_TRUE(yaml(text).root) << text;
    EXPECT_TRUE(yaml(text).diagnostics.empty()) << text;
  }
}

TEST(Yaml, IsBounded) {
  EXPECT_FALSE(yaml(std::string(max_file_bytes + 1, ' ')).root);
  EXPECT_TRUE(yaml("a: 1 #" + std::string(max_file_bytes - 6, ' ')).root);
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(yaml("a: " + nested(max_file_depth - 1)).root);
  const Parsed deep = yaml("a: " + nested(max_file_depth));
  EXPECT_FALSE(deep.root);
  ASSERT_EQ(deep.diagnostics.size(), 1U);
  EXPECT_THAT(deep.diagnostics[0].what, testing::HasSubstr("levels"));
  EXPECT_FALSE(yaml(std::string(100'000, '[')).root);
}

TEST(Json, KnowsWhereEveryNodeStands) {
  const Parsed parsed = jsonc("{\n  // é\n  \"é\\\"\": [\"ü\\n\", 12, true, null, {}],\n}");
  ASSERT_TRUE(parsed.root);
  const Member& member = parsed.root->members.at(0);
  EXPECT_EQ(member.key.text, "é\"");
  EXPECT_EQ(place(member.key.at), Place(3, 3));
  const auto& items = member.value.items;
  ASSERT_EQ(items.size(), 5U);
  EXPECT_EQ(items[0].text, "ü\n");
  EXPECT_EQ(place(items[0].at), Place(3, 11));
  EXPECT_EQ(items[1].text, "12");
  EXPECT_EQ(place(items[1].at), Place(3, 18));
  EXPECT_EQ(items[2].text, "true");
  EXPECT_EQ(place(items[2].at), Place(3, 22));
  EXPECT_EQ(items[3].kind, Node::Kind::null);
  EXPECT_EQ(place(items[4].at), Place(3, 34));
}

TEST(Json, TakesCommentsAndTrailingCommasAndNothingElse) {
  EXPECT_TRUE(jsonc("{\"a\": 1, /* b */ }").root);
  EXPECT_TRUE(jsonc("[1, 2,]").root);
  for (const char* text :
       {"", "{", "{} {}", "{a: 1}", "{'a': 1}", "[1 2]", "{\"a\" 1}", "[\"\\ud800\"]", "[\"\x01\"]"}) {
    const Parsed parsed = jsonc(text);
    EXPECT_FALSE(parsed.root) << text;
    EXPECT_EQ(parsed.diagnostics.size(), 1U) << text;
  }
}

TEST(Json, IsBounded) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(jsonc(nested(max_file_depth)).root);
  EXPECT_FALSE(jsonc(nested(max_file_depth + 1)).root);
  EXPECT_FALSE(jsonc(std::string(max_file_bytes + 1, ' ')).root);
}

TEST(Text, WhatIsNotTextIsRefused) {
  for (const std::string& text :
       {std::string("a: \xff"), std::string("a: \x04\nb: 1"), std::string("a: \0", 4),
        std::string("a: \x1b[31m"), std::string("a: \xC0\xAF"), std::string("a: \x7f")}) {
    EXPECT_FALSE(yaml(text).root);
    EXPECT_FALSE(jsonc(text).root);
  }
}

RC_GTEST_PROP(Properties, NeitherParserFailsOtherwiseThanByADiagnostic, (const std::string& text)) {
  const Parsed a = yaml(text);
  const Parsed b = jsonc(text);
  RC_ASSERT(a.root.has_value() || !a.diagnostics.empty());
  RC_ASSERT(b.root.has_value() || !b.diagnostics.empty());
}

}  // namespace
}  // namespace sallyport::config
