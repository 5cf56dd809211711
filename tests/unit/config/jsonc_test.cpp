#include "config/jsonc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::config {
namespace {

const JsonObject ours{{{"command", "\"s\""}, {"args", "[\"a\", \"b\"]"}}};

// Removes the named members of the root object and puts `x` in.
std::string edited(const std::string& text, const std::vector<std::string>& gone) {
  const std::string strict = blank_jsonc(text);
  const auto document = json::scan(strict);
  EXPECT_TRUE(document) << text;
  ObjectEdit edit{document->root.span, {}, "x", ours};
  for (const json::Member& member : json::members_of(strict, edit.object)) {
    edit.removed.push_back(std::ranges::find(gone, json::unescape(member.key.of(strict))) != gone.end());
  }
  const std::string out = edit_jsonc(text, strict, edit);
  EXPECT_TRUE(json::scan(blank_jsonc(out))) << out;
  return out;
}

TEST(Jsonc, BlankingKeepsPlacesAndRefusesNothingThatIsNotAComment) {
  EXPECT_EQ(blank_jsonc("{ // c\n\"a\": [1,], /* é */ }"), "{     \n\"a\": [1 ]           }");
  EXPECT_EQ(blank_jsonc("{\"a//b\": \"/*\\\"//*/\"}"), "{\"a//b\": \"/*\\\"//*/\"}");
  EXPECT_EQ(blank_jsonc("\xEF\xBB\xBF{}"), "   {}");
  for (const char* const wrong : {"{,}", "[,]", "[1,,]", "{} /* open", "[1,]]", "{\"a\":,}"}) {
    EXPECT_FALSE(json::scan(blank_jsonc(wrong))) << wrong;
  }
}

TEST(Jsonc, TheNewMemberStandsWhereTheFirstOfTheOldWas) {
  EXPECT_EQ(edited("{\n    \"a\": {\n    },\n    \"b\": 2,\n    \"c\": 3\n}\n", {"a", "b"}),
            "{\n    \"x\": {\n        \"command\": \"s\",\n        \"args\": [\"a\", \"b\"]\n    },\n    "
            "\"c\": 3\n}\n");
  EXPECT_EQ(edited("{\n\t\"a\": 1,\n\t\"b\": 2\n}", {"b"}),
            "{\n\t\"a\": 1,\n\t\"x\": {\n\t\t\"command\": \"s\",\n\t\t\"args\": [\"a\", \"b\"]\n\t}\n}");
  EXPECT_EQ(edited(R"({"a":1,"b":2,"c":3})", {"a", "c"}),
            R"({"x": {"command": "s", "args": ["a", "b"]},"b":2})");
}

TEST(Jsonc, CommentsGoWithTheirMemberAndOthersStay) {
  EXPECT_EQ(edited("{ // servers\n  // about a\n  \"a\": 1, // behind a\n  // about b\n  \"b\": 2, // behind "
                   "b\n  // end\n}",
                   {"a"}),
            "{ // servers\n  \"x\": {\n    \"command\": \"s\",\n    \"args\": [\"a\", \"b\"]\n  },\n"
            "  // about b\n  \"b\": 2, // behind b\n  // end\n}");
}

TEST(Jsonc, CommasComeOutAsTheFileHasThem) {
  EXPECT_EQ(edited("{\"a\": 1, \"b\": 2, /* t */ \"c\": 3}", {"a", "c"}),
            "{\"x\": {\"command\": \"s\", \"args\": [\"a\", \"b\"]}, \"b\": 2}");
  EXPECT_EQ(edited("{\"a\": 1, \"b\": 2,}", {"b"}),
            "{\"a\": 1, \"x\": {\"command\": \"s\", \"args\": [\"a\", \"b\"]},}");
  EXPECT_EQ(edited("{\"a\": 1}", {}), "{\"a\": 1, \"x\": {\"command\": \"s\", \"args\": [\"a\", \"b\"]}}");
  EXPECT_EQ(
      edited("{\n  \"a\": 1 // last\n}", {}),
      "{\n  \"a\": 1, // last\n  \"x\": {\n    \"command\": \"s\",\n    \"args\": [\"a\", \"b\"]\n  }\n}");
}

TEST(Jsonc, EmptyObjectsAndForeignLineEnds) {
  EXPECT_EQ(edited("{}", {}), R"({"x": {"command": "s", "args": ["a", "b"]}})");
  EXPECT_EQ(edited("{}\n", {}),
            "{\n  \"x\": {\n    \"command\": \"s\",\n    \"args\": [\"a\", \"b\"]\n  }\n}\n");
  EXPECT_EQ(edited("{\r\n  \"a\": 1\r\n}\r\n", {"a"}),
            "{\r\n  \"x\": {\r\n    \"command\": \"s\",\r\n    \"args\": [\"a\", \"b\"]\r\n  }\r\n}\r\n");
  EXPECT_EQ(
      edited("{\n  // nothing yet\n}\n", {}),
      "{\n  \"x\": {\n    \"command\": \"s\",\n    \"args\": [\"a\", \"b\"]\n  }\n  // nothing yet\n}\n");
}

}  // namespace
}  // namespace sallyport::config
