#include "schema/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::schema {
namespace {

struct Row {
  std::string_view schema;
  std::string_view value;
  std::string_view pointer;
  std::string_view rule;  // empty: it fits
};

TEST(Schema, SaysWhichPlaceBreaksWhichRule) {
  constexpr Row rows[] = {
      {R"({"type":"object"})", R"([])", "", "must be an object"},
      {R"({"properties":{"a":{"type":["string","null"]}}})", R"({"a":1})", "/a", "must be a string or null"},
      {R"({"properties":{"a":{"type":"number"}}})", R"({"a":"1"})", "/a", "must be a number"},
      {R"({"properties":{"a":{"type":"integer"}}})", R"({"a":1.0})", "", ""},
      {R"({"properties":{"a":{"type":"integer"}}})", R"({"a":1.5})", "/a", "must be an integer"},
      {R"({"required":["a/b"]})", R"({})", "/a~1b", "is required"},
      {R"({"properties":{"a":{}},"additionalProperties":false})", R"({"canary":1})", "",
       "must not have members that the schema does not name"},
      {R"({"additionalProperties":{"type":"string"}})", R"({"canary":1})", "",
       "a value in it must be a string"},
      {R"({"properties":{"l":{"items":{"minimum":3}}}})", R"({"l":[3,2]})", "/l/1", "must be at least 3"},
      {R"({"properties":{"l":{"exclusiveMaximum":3}}})", R"({"l":3})", "/l", "must be less than 3"},
      {R"({"enum":["a","b",3]})", R"("canary")", "", "must be one of: a, b, 3"},
      {R"({"const":"a"})", R"("canary")", "", "must be a"},
      {R"({"pattern":"^[a-z]+$"})", R"("CANARY")", "", "must match the pattern ^[a-z]+$"},
      {R"({"minLength":3})", R"("äö")", "", "must have at least 3 characters"},
      {R"({"maxItems":1})", R"([1,2])", "", "must have at most 1 items"},
      {R"({"uniqueItems":true})", R"([1,{"a":1,"b":2},{"b":2.0,"a":1}])", "", "must have no two equal items"},
      {R"({"multipleOf":0.01})", R"(4.02)", "", ""},
      {R"({"multipleOf":0.01})", R"(4.021)", "", "must be a multiple of 0.01"},
      {R"({"anyOf":[{"type":"integer"},{"type":"null"}]})", R"("canary")", "", "must be an integer or null"},
      {R"({"anyOf":[{"minimum":1},{"type":"string"}]})", R"(0)", "",
       "must fit one of the schemas of `anyOf`"},
      {R"({"oneOf":[{"minimum":1},{"maximum":5}]})", R"(3)", "",
       "must fit exactly one of the schemas of `oneOf`"},
      {R"({"not":{"type":"string"}})", R"("canary")", "", "must not fit the schema's `not`"},
      {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})", "/b", "is required beside `a`"},
      {R"({"propertyNames":{"maxLength":3}})", R"({"canary":1})", "",
       "must not have members whose names do not fit `propertyNames`"},
      {R"({"properties":{"a":false}})", R"({"a":1})", "/a", "must not be there"},
      {R"({"$ref":"#/$defs/tree","$defs":{"tree":{"properties":{"l":{"$ref":"#/$defs/tree"},"v":{"type":"integer"}}}}})",
       R"({"l":{"l":{"v":"x"}}})", "/l/l/v", "must be an integer"},
      {R"({"allOf":[{"properties":{"a":{}}}],"unevaluatedProperties":false})", R"({"a":1,"canary":1})", "",
       "must not have members that the schema does not name"},
  };
  for (const Row& row : rows) {
    const Verdict verdict = Schema::compile(row.schema).check(row.value);
    SCOPED_TRACE(row.schema);
    EXPECT_EQ(verdict.doubt, Doubt::none);
    ASSERT_EQ(verdict.misfit.has_value(), !row.rule.empty());
    if (!verdict.misfit) continue;
    EXPECT_EQ(verdict.misfit->pointer, row.pointer);
    EXPECT_EQ(verdict.misfit->rule, row.rule);
    EXPECT_THAT(verdict.misfit->rule, testing::Not(testing::HasSubstr("canary")));
  }
}

TEST(Schema, DoubtsWhatItDoesNotKnow) {
  constexpr struct {
    std::string_view schema;
    Doubt doubt;
    std::string_view about;
  } rows[] = {
      {R"({"$schema":"http://json-schema.org/draft-04/schema#"})", Doubt::dialect,
       "http://json-schema.org/draft-04/schema#"},
      {R"({"type":"string","nullable":true})", Doubt::keyword, "nullable"},
      {R"({"$ref":"https://example.com/schema.json"})", Doubt::reference, "https://example.com/schema.json"},
      {R"({"$ref":"#/$defs/none"})", Doubt::reference, "#/$defs/none"},
      {R"({"pattern":"(?=a)b"})", Doubt::pattern, "(?=a)b"},
      {R"({"type":"text"})", Doubt::malformed, "type"},
      {R"({"minimum":"3"})", Doubt::malformed, "minimum"},
      {R"({"properties":{"a":3}})", Doubt::malformed, "a schema that is neither object nor boolean"},
      {R"({"x-mcp-header":"Region","title":"t","format":"uri","example":3})", Doubt::none, ""},
      {R"({"$schema":"http://json-schema.org/draft-07/schema#","definitions":{},"dependencies":{}})",
       Doubt::none, ""},
      {R"({"$schema":"http://json-schema.org/draft-07/schema#","dependentRequired":{}})", Doubt::keyword,
       "dependentRequired"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.schema);
    const Schema schema = Schema::compile(row.schema);
    EXPECT_EQ(schema.doubt(), row.doubt);
    EXPECT_EQ(schema.about(), row.about);
  }
}

TEST(Schema, TakesAnUnknownKeywordForAnAnnotationInACheck) {
  const Schema schema = Schema::compile(R"({"type":"string","nullable":true})");
  EXPECT_TRUE(schema.check(R"("a")").fits());
  EXPECT_TRUE(schema.check("1").misfit);
}

TEST(Schema, HasDialects) {
  const Schema seven = Schema::compile(
      R"({"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"string"}],"additionalItems":false})");
  EXPECT_TRUE(seven.check(R"(["a"])").fits());
  EXPECT_TRUE(seven.check(R"(["a",1])").misfit);
  EXPECT_TRUE(seven.check(R"([1])").misfit);
}

TEST(Schema, GivesUpInBoundedTime) {
  // Two to the 40 ways through.
  std::string defs;
  for (int i = 0; i < 40; ++i) {
    const std::string next = std::to_string(i + 1);
    defs += "\"" + std::to_string(i) + R"(":{"allOf":[{"$ref":"#/$defs/)" + next + R"("},{"$ref":"#/$defs/)" +
            next + "\"}]},";
  }
  const Schema doubling = Schema::compile(R"({"$ref":"#/$defs/0","$defs":{)" + defs + R"("40":{}}})");
  ASSERT_EQ(doubling.doubt(), Doubt::none) << doubling.about();
  EXPECT_EQ(doubling.check("1").doubt, Doubt::budget);
  EXPECT_EQ(Schema::compile(R"({"$ref":"#"})").check("1").doubt, Doubt::budget);
  EXPECT_EQ(Schema::compile(R"({"not":{"$ref":"#"}})").check("1").doubt, Doubt::budget);

  std::string many = "[0";
  for (int i = 1; i < 60'000; ++i) many += "," + std::to_string(i);
  many += "]";
  EXPECT_EQ(Schema::compile(R"({"uniqueItems":true})").check(many).doubt, Doubt::budget);
  EXPECT_TRUE(Schema::compile(R"({"type":"array"})").check(many).fits());
}

TEST(Schema, DoubtsValuesThatNoTreeHolds) {
  EXPECT_EQ(Schema::compile(R"({"type":"number"})").check("1e999").doubt, Doubt::value);
  EXPECT_EQ(Schema::compile(R"({"type":"string"})").check(R"("\ud800")").doubt, Doubt::value);
}

TEST(Schema, SharesItsRoom) {
  std::uint32_t room = 3;
  EXPECT_EQ(Schema::compile(R"({"properties":{"a":{}}})", room).doubt(), Doubt::none);
  EXPECT_EQ(room, 1U);
  EXPECT_EQ(Schema::compile(R"({"properties":{"a":{}}})", room).doubt(), Doubt::malformed);
}

TEST(Schema, KeepsLargePaths) {
  std::string nested;
  const std::string key(3000, 'k');
  EXPECT_EQ(Schema::compile(R"({"properties":{")" + key + R"(":{"properties":{"a":{}}}}})").doubt(),
            Doubt::malformed);
}

}  // namespace
}  // namespace sallyport::schema
