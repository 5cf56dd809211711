// The spans that a scan yields, and the cursors over text that has been scanned.
#include "json/scanner.hpp"

#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::json {
namespace {

TEST(JsonQuery, SpansAreTheBytes) {
  const Query query({"/id", "/method", "/params", "/params/name", "/params/arguments",
                     "/params/_meta/io.modelcontextprotocol~1protocolVersion", "/params/_meta/progressToken",
                     "/error"});
  std::array<Member, 8> found;
  ASSERT_EQ(query.size(), found.size());
  const std::string text =
      R"( { "jsonrpc" : "2.0","id" : 12 , "method":"tools/call","params":{"_meta":{)"
      R"("io.modelcontextprotocol/protocolVersion":"2026-07-28","progressToken":null},"n\u0061me":"x","arguments":{"a":[1]}}})";
  const auto document = scan(text, query, found);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root.type, Type::object);
  EXPECT_EQ(document->root.of(text), text.substr(1));
  EXPECT_EQ(document->keys, 10U);

  const std::string_view params =
      std::string_view(text).substr(0, text.rfind('}')).substr(text.find("{\"_meta"));
  struct Expected {
    Type type;
    std::string_view key;
    std::string_view value;
    std::string_view bounds;
  };
  const Expected expected[] = {
      {Type::number, "\"id\"", "12", R"(,"id" : 12 ,)"},
      {Type::string, "\"method\"", R"("tools/call")", R"(, "method":"tools/call",)"},
      {Type::object, "\"params\"", params, ""},
      {Type::string, R"("n\u0061me")", R"("x")", R"(,"n\u0061me":"x",)"},
      {Type::object, "\"arguments\"", R"({"a":[1]})", R"(,"arguments":{"a":[1]}})"},
      {Type::string, R"("io.modelcontextprotocol/protocolVersion")", R"("2026-07-28")",
       R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"},
      {Type::null, "\"progressToken\"", "null", R"(,"progressToken":null})"}};
  for (std::size_t slot = 0; slot < std::size(expected); ++slot) {
    ASSERT_TRUE(found[slot]) << slot;
    EXPECT_EQ(found[slot].value.type, expected[slot].type);
    EXPECT_EQ(found[slot].key.of(text), expected[slot].key);
    EXPECT_EQ(found[slot].value.of(text), expected[slot].value);
    if (expected[slot].bounds.empty()) continue;
    EXPECT_EQ(text.substr(found[slot].bounds.begin, found[slot].bounds.size() + 1), expected[slot].bounds);
  }
  EXPECT_FALSE(found[7]);
}

TEST(JsonQuery, EveryTypeIsTold) {
  const Query query({"/v"});
  const std::pair<std::string, Type> values[] = {{"{}", Type::object},       {"[1]", Type::array},
                                                 {R"("s")", Type::string},   {"-1.5e3", Type::number},
                                                 {"true", Type::true_value}, {"false", Type::false_value},
                                                 {"null", Type::null}};
  for (const auto& [value, type] : values) {
    const std::string text = "{\"v\":" + value + "}";
    Member found;
    ASSERT_TRUE(scan(text, query, {&found, 1}));
    EXPECT_EQ(found.value.type, type);
    EXPECT_EQ(found.value.of(text), value);
    EXPECT_EQ(scan(value)->root, (Value{type, {0, static_cast<std::uint32_t>(value.size())}}));
  }
}

TEST(JsonQuery, OnlyTheExactPlaceMatches) {
  const Query query({"/a/b"});
  for (const std::string_view text :
       {R"({"b":1})", R"({"a":1,"b":2})", R"({"a":[{"b":1}]})", R"([{"a":{"b":1}}])",
        R"({"x":{"a":{"b":1}}})", R"({"a":{"c":{"b":1}},"d":{"b":1}})", R"({"a":{"x":0},"c":{"b":1}})",
        R"({"a":{"B":1}})", R"("a")"}) {
    Member found;
    ASSERT_TRUE(scan(text, query, {&found, 1}));
    EXPECT_FALSE(found) << text;
  }
}

TEST(JsonQuery, PathsAddedAtRunTime) {
  Query query({"/params", "/params/name"});
  const std::vector<std::string> path = {"params", "arguments", "a/b~c"};
  EXPECT_EQ(query.add(path), 2U);
  EXPECT_EQ(query.add(path), 2U);
  const std::vector<std::string> known = {"params", "name"};
  EXPECT_EQ(query.add(known), 1U);
  EXPECT_EQ(query.size(), 3U);
  const std::string text = R"({"params":{"arguments":{"a\/b~c":[2]},"name":""}})";
  std::array<Member, 3> found;
  ASSERT_TRUE(scan(text, query, found));
  EXPECT_EQ(found[2].value.of(text), "[2]");
  EXPECT_EQ(found[1].value.of(text), R"("")");
}

TEST(JsonQuery, KeysThatDifferOnlyInTheMiddleAreToldApart) {
  const Query query({"/aaaaaaaa-1-zzzzzzzz", "/aaaaaaaa-2-zzzzzzzz"});
  const std::string text = R"({"aaaaaaaa-3-zzzzzzzz":3,"aaaaaaaa-1-zzzzzzzz":1,"aaaaaaaa-2-zzzzzzzz":2})";
  std::array<Member, 2> found;
  ASSERT_TRUE(scan(text, query, found));
  EXPECT_EQ(found[0].value.of(text), "1");
  EXPECT_EQ(found[1].value.of(text), "2");
  ASSERT_TRUE(scan(R"({"aaaaaaaa-3-zzzzzzzz":3})", query, found));
  EXPECT_FALSE(found[0] || found[1]);
}

TEST(JsonQueryDeathTest, MistakesOfTheProgramAbort) {
  EXPECT_DEATH(Query({"id"}), "");
  EXPECT_DEATH(Query({"/a~2"}), "");
  EXPECT_DEATH(Query({""}), "");
  EXPECT_DEATH(Query({"/a", "/a"}), "");
  EXPECT_DEATH((void)scan("{}", Query({"/a"}), {}), "");
}

TEST(JsonQuery, SlotsOfAnEarlierScanAreCleared) {
  const Query query({"/id"});
  Member found;
  ASSERT_TRUE(scan(R"({"id":1})", query, {&found, 1}));
  ASSERT_TRUE(scan(R"({"x":1})", query, {&found, 1}));
  EXPECT_FALSE(found);
}

// Members that are asked for are told apart by their places, the others by their keys.
TEST(JsonQuery, AskedMembersMayStandOnceToo) {
  const Query query({"/a", "/a/b", "/c/d"});
  std::array<Member, 3> found;
  std::string many = "{";
  for (int i = 0; i < 20; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  const std::string wrong[] = {
      R"({"a":1,"a":2})",        R"({"a":1,"\u0061":2})",   R"({"\u0061":1,"x":0,"a":2})",
      R"({"a":{"b":1,"b":2}})",  R"({"c":{},"c":{"d":1}})", R"({"c":{"d":1,"\u0064":1}})",
      R"({"a":1,"x":0,"x":[]})", many + R"("a":1,"a":2})",  many + R"("a":1,"k7":2})"};
  for (const std::string& text : wrong) {
    const auto document = scan(text, query, found);
    ASSERT_FALSE(document) << text;
    EXPECT_EQ(document.error().kind, FaultKind::duplicate_key) << text;
    EXPECT_EQ(document.error().offset, scan(text).error().offset) << text;
  }
  const std::string right[] = {R"({"a":[{"b":1},{"b":2}],"b":{"a":1,"b":1},"c":{"a":1,"d":{"d":1}}})",
                               many + R"("a":{"a":1,"b":{"b":1}}})"};
  for (const std::string& text : right) EXPECT_TRUE(scan(text, query, found)) << text;
}

TEST(JsonQuery, LineBreaksOutsideStringsAreSeen) {
  const std::vector<std::string> tokens = {"{",          "\"a\"", ":",    "[", "1", ",",
                                           "\"\\r\\n\"", ",",     "true", "]", "}"};
  const auto with = [&tokens](std::size_t place, std::string_view filler) {
    std::string text;
    for (std::size_t i = 0; i <= tokens.size(); ++i) {
      if (i == place) text += filler;
      if (i < tokens.size()) text += tokens[i];
    }
    return text;
  };
  for (std::size_t place = 0; place <= tokens.size(); ++place) {
    for (const std::string_view filler : {"\n", "\r", "\r\n", " \n", "\t\r "}) {
      const auto document = scan(with(place, filler));
      ASSERT_TRUE(document);
      EXPECT_TRUE(document->line_breaks) << place;
    }
    for (const std::string_view filler : {"", " ", "\t "})
      EXPECT_FALSE(scan(with(place, filler))->line_breaks);
    for (const std::string_view filler : {"\xe2\x80\xa8", "\xc2\x85", "\v", "\f"})
      EXPECT_FALSE(scan(with(place, filler)));
  }
  EXPECT_FALSE(scan("\"\xe2\x80\xa8\"")->line_breaks);
}

TEST(JsonCursor, Members) {
  const std::string text =
      R"([ { "a" : 1 , "\"}" : "}\\\"," ,"c":{"d":[{}, "]"]}, "e" :[ ], "f":null , "g" : -0.5 } , {}, { } ])";
  ASSERT_TRUE(scan(text));
  const auto elements = elements_of(text, {0, static_cast<std::uint32_t>(text.size())});
  ASSERT_EQ(elements.size(), 3U);
  const auto members = members_of(text, elements[0].span);
  const std::pair<std::string_view, std::string_view> expected[] = {
      {R"("a")", "1"},   {R"("\"}")", R"("}\\\",")"}, {R"("c")", R"({"d":[{}, "]"]})"},
      {R"("e")", "[ ]"}, {R"("f")", "null"},          {R"("g")", "-0.5"}};
  ASSERT_EQ(members.size(), std::size(expected));
  for (std::size_t i = 0; i < members.size(); ++i) {
    EXPECT_EQ(members[i].key.of(text), expected[i].first);
    EXPECT_EQ(members[i].value.of(text), expected[i].second);
    EXPECT_EQ(text[members[i].bounds.begin], i == 0 ? '{' : ',');
    EXPECT_EQ(text[members[i].bounds.end], i + 1 == members.size() ? '}' : ',');
  }
  EXPECT_TRUE(members_of(text, elements[1].span).empty());
  EXPECT_TRUE(members_of(text, elements[2].span).empty());
  EXPECT_EQ(members_of(text, elements[0].span, 2).size(), 2U);
  EXPECT_EQ(find_member(text, elements[0].span, "\"}"), members[1]);
  EXPECT_FALSE(find_member(text, elements[0].span, "d"));
}

TEST(JsonCursor, Elements) {
  const std::string text = R"( [ 1,"a,]" , [ [ ] ] ,{"x":"[" },true,false,null , 1e5 ] )";
  const auto document = scan(text);
  ASSERT_TRUE(document);
  ASSERT_EQ(document->root.type, Type::array);
  const std::vector<std::string_view> expected = {"1",    R"("a,]")", "[ [ ] ]", R"({"x":"[" })",
                                                  "true", "false",    "null",    "1e5"};
  std::vector<std::string_view> seen;
  for (const Value& element : elements_of(text, document->root.span)) seen.push_back(element.of(text));
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(elements_of(text, document->root.span, 3).size(), 3U);
  EXPECT_TRUE(elements_of("[ ]", {0, 3}).empty());
}

TEST(JsonCursor, TextThatWasNeverScannedIsNotReadBeyond) {
  for (const std::string_view text :
       {"", "{", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":\"\\", "[", "[1", "[\"\\", "{]}", "[}]"}) {
    const std::string exact(text);
    EXPECT_LE(members_of(exact, {0, 100}).size(), text.size());
    EXPECT_LE(elements_of(exact, {0, 100}).size(), text.size());
  }
}

}  // namespace
}  // namespace sallyport::json
