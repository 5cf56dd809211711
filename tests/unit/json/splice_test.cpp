// Members removed, replaced and added without touching another byte.
#include "json/splice.hpp"

#include "unit/json/random_document.hpp"

#include <string>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::json {
namespace {

Span whole(std::string_view text) {
  return {0, static_cast<std::uint32_t>(text.size())};
}

TEST(Splice, RemovesEverySubset) {
  const std::string text = R"({ "a" : 1 , "b":[2] ,"c": {} })";
  const auto members = members_of(text, whole(text));
  ASSERT_EQ(members.size(), 3U);
  const std::string expected[] = {text,
                                  R"({ "b":[2] ,"c": {} })",
                                  R"({ "a" : 1 ,"c": {} })",
                                  R"({"c": {} })",
                                  R"({ "a" : 1 , "b":[2] })",
                                  R"({ "b":[2] })",
                                  R"({ "a" : 1 })",
                                  "{}"};
  for (std::size_t subset = 0; subset < 8; ++subset) {
    Splice forward(text);
    Splice backward(text);
    for (std::size_t i = 0; i < 3; ++i) {
      if ((subset >> i & 1U) != 0) forward.remove(members[i]);
      if ((subset >> (2 - i) & 1U) != 0) backward.remove(members[2 - i]);
    }
    EXPECT_EQ(backward.to_string(), forward.to_string());
    EXPECT_TRUE(scan(forward.to_string())) << forward.to_string();
    EXPECT_EQ(boost::json::parse(forward.to_string()), boost::json::parse(expected[subset]));
    // No byte of a kept member differs.
    for (std::size_t i = 0; i < 3; ++i) {
      const std::string bytes =
          text.substr(members[i].key.begin, members[i].value.span.end - members[i].key.begin);
      EXPECT_EQ(forward.to_string().contains(bytes), (subset >> i & 1U) == 0);
    }
  }
}

TEST(Splice, RemovesAndAddsInOneObject) {
  const std::string text = R"({"a":1,"b":2})";
  const auto members = members_of(text, whole(text));
  EXPECT_EQ(Splice(text).append_member(whole(text), "x", "[]").to_string(), R"({"a":1,"b":2,"x":[]})");
  EXPECT_EQ(Splice(text).prepend_member(whole(text), "x", "[]").to_string(), R"({"x":[],"a":1,"b":2})");
  EXPECT_EQ(
      Splice(text).remove(members[0]).remove(members[1]).append_member(whole(text), "x", "0").to_string(),
      R"({"x":0})");
  EXPECT_EQ(
      Splice(text).remove(members[1]).remove(members[0]).prepend_member(whole(text), "x", "0").to_string(),
      R"({"x":0})");
  EXPECT_EQ(Splice(text).prepend_member(whole(text), "x", "0").remove(members[0]).to_string(),
            R"({"x":0,"b":2})");
  EXPECT_EQ(Splice(text)
                .append_member(whole(text), "y", "1")
                .append_member(whole(text), "z", "2")
                .prepend_member(whole(text), "v", "3")
                .prepend_member(whole(text), "w", "4")
                .remove(members[0])
                .remove(members[1])
                .to_string(),
            R"({"v":3,"w":4,"y":1,"z":2})");
}

TEST(Splice, AddsToEmptyObjects) {
  for (const std::string text : {"{}", "{ \n }"}) {
    const auto out =
        Splice(text).prepend_member(whole(text), "a", "1").append_member(whole(text), "b\n", "2").to_string();
    EXPECT_EQ(boost::json::parse(out), boost::json::parse(R"({"a":1,"b\n":2})"));
    EXPECT_TRUE(scan(Splice(text).append_member(whole(text), "b", "2").to_string()));
  }
}

TEST(Splice, EditsOfAMessageInAnyOrder) {
  const std::string text =
      R"({"jsonrpc":"2.0","id":"client-1","method":"tools/call","params":{"_meta":{"progressToken":7,"x":1},"name":"fs__read"}})";
  const Query query({"/id", "/params", "/params/_meta", "/params/_meta/progressToken", "/params/name"});
  std::vector<Member> found(query.size());
  ASSERT_TRUE(scan(text, query, found));
  const auto out = Splice(text)
                       .append_member(found[1].value.span, "added", "null")
                       .replace(found[4].value.span, R"("read")")
                       .remove(found[3])
                       .append_member(found[2].value.span, "traceparent", R"("00")")
                       .replace(found[0].value.span, "42")
                       .to_string();
  EXPECT_EQ(
      out,
      R"({"jsonrpc":"2.0","id":42,"method":"tools/call","params":{"_meta":{"x":1,"traceparent":"00"},"name":"read","added":null}})");
  std::string behind = "data: ";
  Splice(text).append_to(behind);
  EXPECT_EQ(behind, "data: " + text);
}

TEST(Splice, RemovingWhatIsAbsentChangesNothing) {
  EXPECT_EQ(Splice("{}").remove(Member()).to_string(), "{}");
}

TEST(SpliceDeathTest, OverlapAborts) {
  const std::string text = R"({"a":{"b":1},"c":2})";
  const auto outer = members_of(text, whole(text));
  const auto inner = members_of(text, outer[0].value.span);
  EXPECT_DEATH((void)Splice(text).remove(outer[0]).replace(inner[0].value.span, "2").to_string(), "");
  EXPECT_DEATH((void)Splice(text).remove(outer[0]).remove(outer[0]).to_string(), "");
  EXPECT_DEATH((void)Splice(text).remove(outer[0]).remove(outer[1]).remove(outer[1]).to_string(), "");
  EXPECT_DEATH((void)Splice(text)
                   .replace(outer[0].value.span, "1")
                   .append_member(outer[0].value.span, "x", "1")
                   .to_string(),
               "");
  EXPECT_DEATH((void)Splice(text).remove(outer[0]).append_member(outer[0].value.span, "x", "1").to_string(),
               "");
  EXPECT_DEATH(Splice(text).replace({5, 100}, "1"), "");
  EXPECT_DEATH(Splice(text).replace({5, 4}, "1"), "");
}

boost::json::value parse_tree(const std::string& text) {
  boost::json::error_code error;
  return boost::json::parse(text, error);
}

// Every member of a random object meets a random fate, in the text and in a tree; both say the same
// afterwards.
RC_GTEST_PROP(Splice, EditsEqualThoseOfATree,
              (const std::vector<std::uint8_t>& bytes, const std::vector<std::uint8_t>& fates)) {
  test::Choices choices(bytes);
  const std::string object = test::RandomDocument(choices).object_text();
  const std::string text = "[ " + object + " ]";
  const Span span{2, static_cast<std::uint32_t>(2 + object.size())};
  RC_ASSERT(scan(text).has_value());
  boost::json::object tree = parse_tree(object).as_object();
  Splice splice(text);
  test::Choices fate(fates);
  for (const Member& member : members_of(text, span)) {
    const std::string key = unescape(member.key.of(text));
    switch (fate.below(4)) {
      case 0:
        splice.remove(member);
        tree.erase(key);
        break;
      case 1:
        splice.replace(member.value.span, R"({"new":[1]})");
        tree[key] = parse_tree(R"({"new":[1]})");
        break;
      case 2:
        if (!member.value.is(Type::object)) break;
        splice.append_member(member.value.span, "in\"ner", "true");
        tree[key].as_object()["in\"ner"] = true;
        break;
      default:
        break;
    }
  }
  for (std::size_t i = fate.below(3); i > 0; --i) {
    splice.append_member(span, "end " + std::to_string(i), "1.5");
    tree["end " + std::to_string(i)] = 1.5;
  }
  if (fate.below(2) == 1) {
    splice.prepend_member(span, "start", "[]");
    tree["start"] = boost::json::array();
  }
  const std::string out = splice.to_string();
  RC_ASSERT(scan(out).has_value());
  RC_ASSERT(parse_tree(out) == boost::json::value(boost::json::array({tree})));
}

TEST(LineSafe, BreaksAtEveryTokenBoundaryBecomeSpaces) {
  const std::vector<std::string> tokens = {"{", "\"a\"", ":", "[", "1", ",", "\"\\r\\n\xe2\x80\xa8\"",
                                           "]", "}"};
  for (std::size_t place = 0; place <= tokens.size(); ++place) {
    for (const std::string_view breaks : {"\n", "\r", "\r\n", "\n\n"}) {
      std::string text;
      for (std::size_t i = 0; i <= tokens.size(); ++i) {
        if (i == place) text += breaks;
        if (i < tokens.size()) text += tokens[i];
      }
      ASSERT_TRUE(scan(text));
      std::string out = "id: 1\n";
      append_line_safe(out, text);
      EXPECT_EQ(out.substr(0, 6), "id: 1\n") << "what stood there is not touched";
      std::string safe = text;
      line_safe(safe);
      EXPECT_EQ(out.substr(6), safe);
      EXPECT_EQ(safe.find_first_of("\r\n"), std::string::npos);
      EXPECT_EQ(safe.size(), text.size());
      EXPECT_FALSE(scan(safe)->line_breaks);
      EXPECT_EQ(boost::json::parse(safe), boost::json::parse(text));
    }
  }
}

}  // namespace
}  // namespace sallyport::json
