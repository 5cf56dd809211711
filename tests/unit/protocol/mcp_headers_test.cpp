#include "protocol/mcp_headers.hpp"

#include "json/scanner.hpp"
#include "protocol/decimal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::protocol {
namespace {

TEST(HeaderValue, Encoding) {
  const std::pair<std::string, std::string> table[] = {
      {"get_weather", "get_weather"},
      {"with space inside", "with space inside"},
      {"", ""},
      {" a", "=?base64?IGE=?="},
      {"a ", "=?base64?YSA=?="},
      {"a\tb", "=?base64?YQli?="},
      {"a\r\nX: y", "=?base64?YQ0KWDogeQ==?="},
      {"é", "=?base64?w6k=?="},
      {"\x7f", "=?base64?fw==?="},
      {"=?base64?SGVsbG8=?=", "=?base64?PT9iYXNlNjQ/U0dWc2JHOD0/PQ==?="},
      {"=?base64?SGVs", "=?base64?SGVs"},
  };
  for (const auto& [text, value] : table) {
    EXPECT_EQ(encode_header_value(text), value);
    EXPECT_EQ(decode_header_value(value), text);
  }
}

TEST(HeaderValue, Decoding) {
  EXPECT_EQ(decode_header_value("=?base64?SGVsbG8=?="), "Hello");
  EXPECT_EQ(decode_header_value(" \tHello "), "Hello");
  EXPECT_EQ(decode_header_value("=?base64?"
                                "?="),
            "");
  for (const char* literal :
       {"=?base64?SGVsbG8=", "SGVsbG8=?=", "=?BASE64?SGVsbG8=?=", "=?base64?=", "base64?SGVsbG8=?="})
    EXPECT_EQ(decode_header_value(literal), literal);
  for (const char* broken : {"=?base64?SGVsbG8?=", "=?base64?SGVs!!!bG8=?=", "=?base64?SGV sbG8=?=",
                             "=?base64?/w==?=", "=?base64?YR==?="})
    EXPECT_FALSE(decode_header_value(broken)) << broken;
}

std::string utf8(char32_t c) {
  std::string out;
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6U));
    put(0x80 | (c & 0x3fU));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12U));
    put(0x80 | ((c >> 6U) & 0x3fU));
    put(0x80 | (c & 0x3fU));
  } else {
    put(0xf0 | (c >> 18U));
    put(0x80 | ((c >> 12U) & 0x3fU));
    put(0x80 | ((c >> 6U) & 0x3fU));
    put(0x80 | (c & 0x3fU));
  }
  return out;
}

std::string random_text() {
  const auto character =
      rc::gen::oneOf(rc::gen::inRange<char32_t>(0, 0x80), rc::gen::inRange<char32_t>(0, 0xd800),
                     rc::gen::inRange<char32_t>(0xe000, 0x110000));
  std::string text;
  for (const char32_t c : *rc::gen::container<std::vector<char32_t>>(character)) text += utf8(c);
  return text;
}

RC_GTEST_PROP(HeaderValue, DecodeUndoesEncode, ()) {
  const std::string text = random_text();
  const std::string value = encode_header_value(text);
  for (const char c : value) RC_ASSERT(c >= ' ' && c <= '~');
  RC_ASSERT(decode_header_value(value) == text);
  RC_ASSERT(decode_header_value(" " + value + "\t") == text);
}

TEST(Decimal, Equality) {
  const std::pair<const char*, const char*> equal[] = {{"42", "42.0"},
                                                       {"42", "4.2e1"},
                                                       {"0", "-0.00"},
                                                       {"1e3", "1000"},
                                                       {"1E+3", "1000"},
                                                       {"0.001", "1e-3"},
                                                       {"9007199254740993", "9007199254740993.0"}};
  for (const auto& [a, b] : equal) {
    EXPECT_TRUE(equal_decimals(a, b)) << a << ' ' << b;
    EXPECT_TRUE(equal_decimals(b, a)) << a << ' ' << b;
  }
  const std::pair<const char*, const char*> different[] = {{"9007199254740993", "9007199254740992"},
                                                           {"42", "-42"},
                                                           {"42", "42x"},
                                                           {"42", ""},
                                                           {"042", "42"},
                                                           {"42", " 42"},
                                                           {"1", "1."},
                                                           {"1", "1e"},
                                                           {"x", "x"},
                                                           {"1", "+1"},
                                                           {"1e999999999999999999999", "1"},
                                                           {"1", "1e+-0"}};
  for (const auto& [a, b] : different) EXPECT_FALSE(equal_decimals(a, b)) << a << ' ' << b;
}

TEST(Decimal, PlainForm) {
  const std::pair<const char*, const char*> table[] = {{"42", "42"},      {"-42.00", "-42"}, {"4.2e1", "42"},
                                                       {"0.0", "0"},      {"-0", "0"},       {"42.5", "42.5"},
                                                       {"1e400", "1e400"}};
  for (const auto& [number, plain] : table) EXPECT_EQ(plain_decimal(number), plain);
  EXPECT_EQ(plain_decimal("123456789012345678901234567890"), "123456789012345678901234567890");
}

TEST(ParamHeaders, FoundAlongChainsOfProperties) {
  const auto spec = param_headers(R"({"type":"object","properties":{
    "region":{"type":"string","x-mcp-header":"Region"},
    "plain":{"type":"string"},
    "x-mcp-header":{"type":"string"},
    "deep":{"type":"object","properties":{"a/b":{"x-mcp-header":"Count","type":"integer"}}},
    "flag":{"type":"boolean","x-mcp-he\u0061der":"Flag","default":{"x-mcp-header":5}}}})");
  ASSERT_TRUE(spec);
  EXPECT_EQ(*spec, (std::vector<ParamHeader>{
                       {"Mcp-Param-Region", {"region"}, "/region", ParamType::string},
                       {"Mcp-Param-Count", {"deep", "a/b"}, "/deep/a~1b", ParamType::integer},
                       {"Mcp-Param-Flag", {"flag"}, "/flag", ParamType::boolean},
                   }));
  EXPECT_TRUE(param_headers(R"({"type":"object"})")->empty());
  EXPECT_TRUE(param_headers("true")->empty());
}

TEST(ParamHeaders, BrokenAnnotations) {
  const std::string table[] = {
      R"({"x-mcp-header":"Root","type":"string"})",
      R"({"properties":{"a":{"type":"string","x-mcp-header":""}}})",
      R"({"properties":{"a":{"type":"string","x-mcp-header":"a b"}}})",
      R"({"properties":{"a":{"type":"string","x-mcp-header":"a\r\nb"}}})",
      R"({"properties":{"a":{"type":"string","x-mcp-header":"ä"}}})",
      R"({"properties":{"a":{"type":"string","x-mcp-header":5}}})",
      R"({"properties":{"a":{"type":"number","x-mcp-header":"A"}}})",
      R"({"properties":{"a":{"type":"object","x-mcp-header":"A"}}})",
      R"({"properties":{"a":{"type":["string"],"x-mcp-header":"A"}}})",
      R"({"properties":{"a":{"x-mcp-header":"A"}}})",
      R"({"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}})",
      R"({"properties":{"a":{"type":"array","items":{"type":"string","x-mcp-header":"A"}}}})",
      R"({"properties":{"a":{"type":"array","prefixItems":[{"type":"string","x-mcp-header":"A"}]}}})",
      R"({"oneOf":[{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]})",
      R"({"$defs":{"d":{"type":"string","x-mcp-header":"A"}}})",
      R"({"if":{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}})",
      R"({"patternProperties":{".":{"type":"string","x-mcp-header":"A"}}})",
      R"({"additionalProperties":{"type":"string","x-mcp-header":"A"}})",
  };
  for (const std::string& schema : table) {
    ASSERT_TRUE(json::scan(schema)) << schema;
    const auto spec = param_headers(schema);
    ASSERT_FALSE(spec) << schema;
    EXPECT_EQ(spec.error().code(), Code::discovery_tool_validation_failed) << schema;
  }
}

TEST(ParamHeaders, Bounded) {
  std::string schema = R"({"properties":{)";
  for (std::size_t i = 0; i <= max_param_headers; ++i) {
    const std::string n = std::to_string(i);
    schema += (i == 0 ? "\"p" : ",\"p") + n + R"(":{"type":"string","x-mcp-header":"P)" + n + "\"}";
  }
  EXPECT_FALSE(param_headers(schema + "}}"));
}

const std::vector<ParamHeader>& spec() {
  static const std::vector<ParamHeader> headers{
      {"Mcp-Param-Region", {"region"}, "/region", ParamType::string},
      {"Mcp-Param-Count", {"deep", "n"}, "/deep/n", ParamType::integer},
      {"Mcp-Param-Flag", {"flag"}, "/flag", ParamType::boolean}};
  return headers;
}

TEST(ParamHeaders, Built) {
  EXPECT_EQ(build_param_headers(spec(), R"( {"region":"M\u00fcnchen","deep":{"n":42.0},"flag":false} )"),
            (std::vector<HeaderField>{{"Mcp-Param-Region", "=?base64?TcO8bmNoZW4=?="},
                                      {"Mcp-Param-Count", "42"},
                                      {"Mcp-Param-Flag", "false"}}));
  EXPECT_EQ(build_param_headers(spec(), R"({"deep":{"n":9007199254740993}})"),
            (std::vector<HeaderField>{{"Mcp-Param-Count", "9007199254740993"}}));
  for (const char* nothing : {"", "{}", R"({"region":null,"deep":[{"n":1}],"flag":{}})", R"({"deep":5})"})
    EXPECT_TRUE(build_param_headers(spec(), nothing).empty()) << nothing;
}

struct Check {
  std::string_view arguments;
  std::vector<HeaderView> headers;
  std::string_view broken;  // empty: passes
};

TEST(ParamHeaders, Checked) {
  const Check table[] = {
      {R"({"region":"Hello"})", {{"mcp-param-region", "Hello"}}, ""},
      {R"({"region":"Hello"})", {{"MCP-PARAM-REGION", "=?base64?SGVsbG8=?="}}, ""},
      {R"({"region":"Hello"})", {{"Mcp-Param-Region", " Hello "}, {"Mcp-Param-Else", "x"}}, ""},
      {R"({"region":"Hello"})", {}, "Mcp-Param-Region"},
      {R"({"region":"Hello"})", {{"Mcp-Param-Region", "hello"}}, "Mcp-Param-Region"},
      {R"({"region":"Hello"})", {{"Mcp-Param-Region", "=?base64?SGVsbG8?="}}, "Mcp-Param-Region"},
      {R"({"region":"=?base64?SGVs"})", {{"Mcp-Param-Region", "=?base64?SGVs"}}, ""},
      {R"({"region":null})", {{"Mcp-Param-Region", "x"}}, ""},
      {"", {{"Mcp-Param-Region", "x"}}, ""},
      {R"({"deep":{"n":42}})", {{"Mcp-Param-Count", "42.0"}}, ""},
      {R"({"deep":{"n":42.0}})", {{"Mcp-Param-Count", "42"}}, ""},
      {R"({"deep":{"n":42}})", {{"Mcp-Param-Count", "43"}}, "Mcp-Param-Count"},
      {R"({"deep":{"n":"42"}})", {{"Mcp-Param-Count", "42.0"}}, "Mcp-Param-Count"},
      {R"({"flag":true})", {{"Mcp-Param-Flag", "true"}}, ""},
      {R"({"flag":true})", {{"Mcp-Param-Flag", "1"}}, "Mcp-Param-Flag"},
  };
  for (const Check& row : table) {
    const auto checked = check_param_headers(spec(), row.arguments, row.headers);
    ASSERT_EQ(checked.has_value(), row.broken.empty()) << row.arguments;
    if (checked) continue;
    EXPECT_EQ(checked.error().code(), Code::proto_header_mismatch);
    EXPECT_EQ(std::get<std::string>(*checked.error().slot(Slot::pointer)), row.broken);
  }
}

RC_GTEST_PROP(ParamHeaders, WhatIsBuiltPassesTheCheck, (bool flag, std::int64_t number)) {
  const std::string arguments = R"({"region":)" + json::quote(random_text()) + R"(,"deep":{"n":)" +
                                std::to_string(number) + R"(},"flag":)" + (flag ? "true}" : "false}");
  const auto fields = build_param_headers(spec(), arguments);
  RC_ASSERT(fields.size() == 3U);
  std::vector<HeaderView> views;
  for (const HeaderField& field : fields) views.push_back({field.name, field.value});
  RC_ASSERT(check_param_headers(spec(), arguments, views).has_value());
}

}  // namespace
}  // namespace sallyport::protocol
