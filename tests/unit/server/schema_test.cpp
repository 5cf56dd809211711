// The schema of a C++ type, and what is let through to it.
#include "server/schema.hpp"

#include "errors/tool_errors.hpp"

#include <array>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport {
namespace {

enum class Colour : std::uint8_t { red, green };
constexpr auto enum_names(Colour) {
  return std::array{std::pair{Colour::red, "red"}, std::pair{Colour::green, "green"}};
}

struct Inner {
  std::string name;
  static void describe(Fields<Inner>& field) { field("na/me", &Inner::name); }
};

struct Everything {
  bool yes = false;
  std::int8_t small = 0;
  unsigned natural = 0;
  double real = 0;
  std::string text;
  Colour colour = Colour::red;
  std::optional<int> maybe;
  std::vector<Inner> list;
  std::map<std::string, int> map;
  Json any;
  int with_default = 5;

  static void describe(Fields<Everything>& field) {
    field("yes", &Everything::yes, "Yes or no");
    field("small", &Everything::small);
    field("natural", &Everything::natural);
    field("real", &Everything::real).range(-1, 1.5);
    field("text", &Everything::text).length(1, 3);
    field("colour", &Everything::colour);
    field("maybe", &Everything::maybe);
    field("list", &Everything::list).items(1, 2);
    field("map", &Everything::map);
    field("any", &Everything::any);
    field("with_default", &Everything::with_default, "Has one").optional();
  }
};

constexpr std::string_view good =
    R"({"yes":true,"small":-5,"natural":7,"real":0.5,"text":"äöü","colour":"green","list":[{"na/me":"x"}],)"
    R"("map":{"k":1},"any":[null]})";

detail::Check read(std::string_view text, Everything& out) {
  return detail::Codec<Everything>::read(text, out);
}

std::string refused(std::string_view text) {
  Everything out;
  const auto found = read(text, out);
  return found ? found->pointer + ": " + found->rule : "taken";
}

// The good object with one member replaced.
std::string with(std::string_view key, std::string_view value) {
  return Json::parse(good)->set(key, Json::trusted(std::string(value))).text();
}

TEST(Schema, SaysWhatTheStructSays) {
  const Json schema = *Json::parse(detail::Codec<Everything>::schema());
  EXPECT_EQ(schema.find("additionalProperties")->text(), "false");
  EXPECT_EQ(schema.find("required")->text(),
            R"(["yes","small","natural","real","text","colour","list","map","any"])");
  const Json members = *schema.find("properties");
  EXPECT_EQ(members.find("yes")->text(), R"({"type":"boolean","description":"Yes or no"})");
  EXPECT_EQ(members.find("natural")->text(), R"({"type":"integer","minimum":0})");
  EXPECT_EQ(members.find("real")->text(), R"({"type":"number","minimum":-1,"maximum":1.5})");
  EXPECT_EQ(members.find("text")->text(), R"({"type":"string","minLength":1,"maxLength":3})");
  EXPECT_EQ(members.find("colour")->text(), R"({"type":"string","enum":["red","green"]})");
  EXPECT_EQ(members.find("maybe")->text(), R"({"type":"integer"})");
  EXPECT_EQ(members.find("map")->text(), R"({"type":"object","additionalProperties":{"type":"integer"}})");
  EXPECT_EQ(members.find("any")->text(), "{}");
  EXPECT_EQ(members.find("with_default")->text(),
            R"({"type":"integer","description":"Has one","default":5})");
}

TEST(Schema, ReadsWhatFits) {
  Everything out;
  EXPECT_FALSE(read(good, out));
  EXPECT_TRUE(out.yes);
  EXPECT_EQ(out.small, -5);
  EXPECT_EQ(out.text, "äöü");
  EXPECT_EQ(out.colour, Colour::green);
  EXPECT_FALSE(out.maybe);
  EXPECT_EQ(out.list.at(0).name, "x");
  EXPECT_EQ(out.map.at("k"), 1);
  EXPECT_EQ(out.any.text(), "[null]");
  EXPECT_EQ(out.with_default, 5);
  EXPECT_EQ(refused(with("small", "5.0")), "taken") << "the same number";
  EXPECT_EQ(refused(with("maybe", "null")), "taken");
}

TEST(Schema, SaysWhereAndWhatButNeverTheValue) {
  EXPECT_EQ(refused("[]"), ": must be an object");
  EXPECT_EQ(refused("{}"), "/yes: is required");
  EXPECT_EQ(refused(with("SECRET", "1")), ": must not have members that the schema does not name");
  EXPECT_EQ(refused(with("yes", "1")), "/yes: must be true or false");
  EXPECT_EQ(refused(with("small", "128")), "/small: must be between -128 and 127");
  EXPECT_EQ(refused(with("small", "1.5")), "/small: must be an integer");
  EXPECT_EQ(refused(with("small", R"("5")")), "/small: must be an integer");
  EXPECT_EQ(refused(with("natural", "-1")), "/natural: must be between 0 and 4294967295");
  EXPECT_EQ(refused(with("real", "1.75")), "/real: must be at most 1.5");
  EXPECT_EQ(refused(with("real", "-2")), "/real: must be at least -1");
  EXPECT_EQ(refused(with("text", R"("")")), "/text: must have 1 to 3 characters");
  EXPECT_EQ(refused(with("text", "7")), "/text: must be a string");
  EXPECT_EQ(refused(with("colour", R"("SECRET")")), "/colour: must be one of red, green");
  EXPECT_EQ(refused(with("list", "[]")), "/list: must have 1 to 2 items");
  EXPECT_EQ(refused(with("list", R"([{"na/me":"x"},{"na/me":3}])")), "/list/1/na~1me: must be a string");
  EXPECT_EQ(refused(with("map", R"({"SECRET":"x"})")), "/map: a value in it must be an integer");
}

struct Ruled {
  std::string word;
  std::optional<std::string> maybe;
  std::vector<int> numbers;
  Json any;
  std::vector<Inner> inner;
  static void describe(Fields<Ruled>& field) {
    field("word", &Ruled::word).keyword("pattern", "^[a-z]+$").keyword("readOnly", false);
    field("maybe", &Ruled::maybe).keyword("maxLength", 2);
    field("numbers", &Ruled::numbers).keyword("uniqueItems", true).keyword("x-anything", 1);
    field("any", &Ruled::any).keyword("type", "object").keyword("minProperties", 1);
    field("inner", &Ruled::inner).keyword("contains", *Json::parse(R"({"required":["na/me"]})"));
  }
};

TEST(Schema, KeywordsAreRules) {
  const auto refused = [](std::string_view key, std::string_view value) -> std::string {
    Json whole =
        *Json::parse(R"({"word":"abc","maybe":"ab","numbers":[1,2],"any":{"k":1},"inner":[{"na/me":"x"}]})");
    if (!key.empty()) whole.set(key, Json::trusted(std::string(value)));
    Ruled out;
    const auto found = detail::Codec<Ruled>::read(whole.text(), out);
    return found ? found->pointer + ": " + found->rule : "taken";
  };
  EXPECT_EQ(refused("", ""), "taken");
  EXPECT_EQ(refused("maybe", "null"), "taken") << "as if it were not there";
  EXPECT_EQ(refused("word", R"("SECRET")"), "/word: must match the pattern ^[a-z]+$");
  EXPECT_EQ(refused("maybe", R"("SECRET")"), "/maybe: must have at most 2 characters");
  EXPECT_EQ(refused("numbers", "[1,7,7]"), "/numbers: must have no two equal items");
  EXPECT_EQ(refused("any", "null"), "/any: must be an object");
  EXPECT_EQ(refused("any", "{}"), "/any: must have at least 1 members");
  EXPECT_EQ(refused("inner", "[]"), "/inner: must have at least 1 items that fit the schema's `contains`");
}

struct Unruly {
  std::string word;
  static void describe(Fields<Unruly>& field) {
    field("word", &Unruly::word).keyword("pattern", "(?=looks ahead)");
  }
};

TEST(Schema, AKeywordThatCannotBeCheckedIsRefusedWhereItIsSaid) {
  EXPECT_THROW((void)detail::Codec<Unruly>::schema(), ToolInputSchemaError);
}

RC_GTEST_PROP(Schema, WhatIsWrittenIsReadBack, (std::int8_t small, unsigned natural, std::string raw)) {
  Everything value;
  value.small = small;
  value.natural = natural;
  value.text = "a";
  for (const char c : raw) value.map[std::string(1, static_cast<char>(c & 0x7F))] = c;
  value.list.resize(1);
  std::string text;
  detail::Codec<Everything>::write(value, text);
  RC_ASSERT(Json::parse(text).has_value());
  Everything back;
  RC_ASSERT(!read(Json::parse(text)->text(), back));
  RC_ASSERT(back.small == value.small);
  RC_ASSERT(back.natural == value.natural);
  RC_ASSERT(back.map == value.map);
}

}  // namespace
}  // namespace sallyport
