// What the scanner accepts and refuses, and where it says the fault is. In the spirit of JSONTestSuite.
#include "json/scanner.hpp"

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::json {

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << describe(fault.kind) << " at " << fault.offset;
}

namespace {

using namespace std::string_literals;

TEST(Grammar, Accepts) {
  const std::vector<std::string> valid = {"{}",
                                          "[]",
                                          " [] ",
                                          "\t{\n}\r\n",
                                          "[[]]",
                                          "[{}]",
                                          R"({"":0})",
                                          R"({"a":{"b":[1,2,{"c":null}]}})",
                                          "null",
                                          "true",
                                          "false",
                                          "[null,true,false]",
                                          "0",
                                          "-0",
                                          "1",
                                          "-1",
                                          "10",
                                          "123456789",
                                          "0.5",
                                          "-0.5e1",
                                          "1e1",
                                          "1E1",
                                          "1e+1",
                                          "1e-1",
                                          "0e0",
                                          "0E+00",
                                          "1.0000000000000000000000000001",
                                          "123456789012345678901234567890",
                                          "1e400",
                                          "-1e-400",
                                          "9223372036854775808",
                                          "[0 , 1]",
                                          "[1\n,2]",
                                          R"("")",
                                          R"("a")",
                                          R"("\"\\\/\b\f\n\r\t")",
                                          R"("\u0000")",
                                          R"("\u00e9\uD834\udd1E")",
                                          R"("\ud800")",
                                          R"("\udc00\ud800")",
                                          R"("\ud800\n")",
                                          R"("\ud800\u0041")",
                                          "\"\x7f\"",
                                          "\"\xc2\x80\"",
                                          "\"\xdf\xbf\"",
                                          "\"\xe0\xa0\x80\"",
                                          "\"\xed\x9f\xbf\"",
                                          "\"\xee\x80\x80\"",
                                          "\"\xef\xbf\xbf\"",
                                          "\"\xf0\x90\x80\x80\"",
                                          "\"\xf4\x8f\xbf\xbf\"",
                                          "\"\xe2\x80\xa8\xe2\x80\xa9\"",
                                          R"({"a":1,"A":2,"":3," ":4})",
                                          R"({"a":{"a":{"a":1}}})",
                                          R"([{"a":1},{"a":2}])",
                                          R"({"\ud800":1,"\udc00":2})",
                                          "\"" + std::string(100, 'x') + "\"",
                                          "[" + std::string(50, ' ') + "]"};
  for (const std::string& text : valid) {
    const auto document = scan(text);
    ASSERT_TRUE(document) << text << ": " << testing::PrintToString(document.error());
  }
}

struct Refused {
  std::string text;
  FaultKind kind;
  std::size_t offset;
};

const std::vector<Refused>& refused() {
  using enum FaultKind;
  static const std::vector<Refused> table = {
      // Structure.
      {"", truncated, 0},
      {" ", truncated, 1},
      {"[", truncated, 1},
      {"{", truncated, 1},
      {R"({"a")", truncated, 4},
      {R"({"a":)", truncated, 5},
      {R"({"a":1)", truncated, 6},
      {R"({"a":1,)", truncated, 7},
      {"[1,", truncated, 3},
      {"]", syntax, 0},
      {"}", syntax, 0},
      {",", syntax, 0},
      {":", syntax, 0},
      {"[,]", syntax, 1},
      {"[1,]", syntax, 3},
      {"[1,,2]", syntax, 3},
      {"[,1]", syntax, 1},
      {"[1 2]", syntax, 3},
      {"[1}", syntax, 2},
      {"{]", syntax, 1},
      {"[1,2}", syntax, 4},
      {R"({"a":1])", syntax, 6},
      {R"({"a":1,})", syntax, 7},
      {R"({,"a":1})", syntax, 1},
      {R"({"a" 1})", syntax, 5},
      {R"({"a",1})", syntax, 4},
      {R"({"a"::1})", syntax, 5},
      {R"({"a":})", syntax, 5},
      {"{1:1}", syntax, 1},
      {"{a:1}", syntax, 1},
      {"{'a':1}", syntax, 1},
      {R"({"a":1 "b":2})", syntax, 7},
      {R"(["a":1])", syntax, 4},
      {R"({"a"})", syntax, 4},
      {R"({"a":1:2})", syntax, 6},
      {R"({null:1})", syntax, 1},
      {R"({"a":1,"b"})", syntax, 10},
      {"[\"a\",\n4\n,1,", truncated, 11},
      // One value and nothing behind it.
      {"[] []", trailing_data, 3},
      {"{}{}", trailing_data, 2},
      {"{}\n{}", trailing_data, 3},
      {"1 2", trailing_data, 2},
      {"[]]", trailing_data, 2},
      {"{}}", trailing_data, 2},
      {"{},", trailing_data, 2},
      {"nullx", trailing_data, 4},
      {"truefalse", trailing_data, 4},
      {R"(""x)", trailing_data, 2},
      {"[]\0"s, trailing_data, 2},
      {"{}//c", trailing_data, 2},
      {"[]\xe2\x80\xa8", trailing_data, 2},
      {"[]\f", trailing_data, 2},
      // Words.
      {"nul", truncated, 3},
      {"t", truncated, 1},
      {"[fals", truncated, 5},
      {"nulL", syntax, 0},
      {"[True]", syntax, 1},
      {"[fals]", syntax, 1},
      {"NaN", syntax, 0},
      {"Infinity", syntax, 0},
      {"undefined", syntax, 0},
      {"'a'", syntax, 0},
      // White space that is none, comments, byte order marks.
      {"\f[]", syntax, 0},
      {"[\v]", syntax, 1},
      {"[\xc2\xa0]", syntax, 1},
      {"[\xe2\x81\xa0]", syntax, 1},
      {"\xef\xbb\xbf{}", syntax, 0},
      {"\xff\xfe[\0]\0"s, syntax, 0},
      {"\0[]"s, syntax, 0},
      {"[\0]"s, syntax, 1},
      {"/* */[]", syntax, 0},
      {"[]/* */", trailing_data, 2},
      {"[1/**/]", syntax, 2},
      {"# []", syntax, 0},
      {"\xff", syntax, 0},
      {"{\xe9", syntax, 1},
      // Numbers.
      {"01", number, 1},
      {"-01", number, 2},
      {"00", number, 1},
      {"[012]", number, 2},
      {"-", truncated, 1},
      {"[-]", number, 2},
      {"--1", number, 1},
      {"-a", number, 1},
      {"+1", number, 0},
      {".5", number, 0},
      {"[-.5]", number, 2},
      {"1.", truncated, 2},
      {"[1.]", number, 3},
      {"1.e1", number, 2},
      {"[1e]", number, 3},
      {"1e", truncated, 2},
      {"1e+", truncated, 3},
      {"[1e+]", number, 4},
      {"1.5.5", trailing_data, 3},
      {"[1.5.5]", syntax, 4},
      {"[0x1]", syntax, 2},
      {"[1e1.5]", syntax, 4},
      {"[1a]", syntax, 2},
      {"[1_000]", syntax, 2},
      {"[-Infinity]", number, 2},
      {"[1+2]", syntax, 2},
      {"[- 1]", number, 2},
      {"[1e 1]", number, 3},
      {"\xef\xbc\x91", syntax, 0},
      // Strings.
      {"\"", truncated, 1},
      {"\"abc", truncated, 4},
      {R"("a\)", truncated, 3},
      {R"("\")", truncated, 3},
      {R"("\u)", truncated, 3},
      {R"("\u00)", truncated, 5},
      {R"("\x41")", escape, 1},
      {R"("a\a")", escape, 2},
      {R"("\'")", escape, 1},
      {R"("\0")", escape, 1},
      {"\"\\\0\""s, escape, 1},
      {"\"\\\n\"", escape, 1},
      {R"("\u12")", escape, 1},
      {R"("\u12G4")", escape, 1},
      {R"("\U0041")", escape, 1},
      {R"("\u+123")", escape, 1},
      {"\"\\\xe9\"", escape, 1},
      {"\"\n\"", control_character, 1},
      {"\"a\rb\"", control_character, 2},
      {"\"\t\"", control_character, 1},
      {"\"\x1f\"", control_character, 1},
      {"\"\0\""s, control_character, 1},
      {"{\"\n\":1}", control_character, 2},
      {"\"0123456789abcdef0123456789\n\"", control_character, 27},
      // UTF-8: stray and missing continuations, overlong forms, surrogates, beyond U+10FFFF.
      {"\"\x80\"", utf8, 1},
      {"\"\xbf\"", utf8, 1},
      {"\"\xc0\xaf\"", utf8, 1},
      {"\"\xc1\xbf\"", utf8, 1},
      {"\"\xc3\"", utf8, 1},
      {"\"\xc3\x28\"", utf8, 1},
      {"\"\xe0\x9f\xbf\"", utf8, 1},
      {"\"\xe2\x82\"", utf8, 1},
      {"\"\xe2\x28\xa1\"", utf8, 1},
      {"\"\xed\xa0\x80\"", utf8, 1},
      {"\"\xed\xbf\xbf\"", utf8, 1},
      {"\"\xf0\x8f\xbf\xbf\"", utf8, 1},
      {"\"\xf0\x9f\x98\"", utf8, 1},
      {"\"\xf4\x90\x80\x80\"", utf8, 1},
      {"\"\xf5\x80\x80\x80\"", utf8, 1},
      {"\"\xff\"", utf8, 1},
      {"\"\xfe\"", utf8, 1},
      {"\"ab\xc3\xa9\xc3\"", utf8, 5},
      {"{\"\xff\":1}", utf8, 2},
      {"\"0123456789abcdef\xc3\xa9\xff\"", utf8, 19},
      {"\"\xc3", truncated, 2},
      {"\"\xe2\x82", truncated, 3},
      {"\"\xf0\x9f\x98", truncated, 4},
      // Duplicate keys.
      {R"({"a":1,"a":2})", duplicate_key, 7},
      {R"({"a":1,"\u0061":2})", duplicate_key, 7},
      {R"({"\u0061":1,"a":2})", duplicate_key, 12},
      {R"({"":1,"":2})", duplicate_key, 6},
      {R"({"/":1,"\/":2})", duplicate_key, 7},
      {R"({"\n":1,"\u000A":2})", duplicate_key, 8},
      {"{\"\xc3\xa9\":1,\"\\u00e9\":2}", duplicate_key, 8},
      {"{\"\xf0\x9d\x84\x9e\":1,\"\\ud834\\uDD1E\":2}", duplicate_key, 10},
      {R"({"\ud800":1,"\uD800":2})", duplicate_key, 12},
      {R"({"x":{"k":[],"l":0,"k":1}})", duplicate_key, 19},
      {R"([{"a":{"a":1}},{"b":{},"b":2}])", duplicate_key, 23}};
  return table;
}

TEST(Grammar, RefusesWithThePlace) {
  for (const Refused& entry : refused()) {
    const auto document = scan(entry.text);
    ASSERT_FALSE(document) << entry.text;
    EXPECT_EQ(document.error(), (Fault{entry.kind, entry.offset})) << entry.text;
  }
}

// The same strings at every distance from a 16-byte block's edge, with text behind them or the end of memory.
TEST(Grammar, DoesNotDependOnAlignment) {
  for (std::size_t shift = 0; shift < 40; ++shift) {
    for (const std::size_t behind : {0U, 1U, 15U, 16U, 40U}) {
      for (const Refused& entry : refused()) {
        if (entry.kind == FaultKind::truncated || entry.kind == FaultKind::trailing_data ||
            entry.text[0] != '"')
          continue;
        const std::string text =
            "[\"" + std::string(shift, 'x') + "\"," + entry.text + "," + std::string(behind, ' ') + "1]";
        const std::string exact(text.data(), text.size());
        EXPECT_EQ(scan(exact).error(), (Fault{entry.kind, entry.offset + shift + 4})) << text;
      }
    }
  }
}

TEST(Grammar, EveryTruncationIsRefusedAtItsEnd) {
  const std::string_view valid[] = {
      R"({"jsonrpc":"2.0","id":"a\u00e9\"b","method":"tools/call","params":{"name":"x","arguments":{"q":[1,-2.5e+3,true]}}})",
      " [ null , false , { \"k\" : \"\xf0\x9f\x98\x80\xc3\xa9\" , \"l\" : { } } , [ ] , \"\\ud83d\\ude00\" , "
      "0 ] ",
      R"(["a string that is longer than sixteen bytes \\ and has \/ escapes","another one, 0123456789 0123456789"])"};
  for (const std::string_view text : valid) {
    ASSERT_TRUE(scan(text)) << text;
    const std::size_t last = text.find_last_of("]}");
    for (std::size_t size = 0; size <= last; ++size) {
      const std::string cut(text.substr(0, size));
      const auto document = scan(cut);
      ASSERT_FALSE(document) << cut;
      EXPECT_EQ(document.error(), (Fault{FaultKind::truncated, size})) << cut;
    }
  }
}

TEST(Grammar, EveryKindHasItsOwnWords) {
  std::vector<std::string_view> seen;
  for (int kind = 0; kind <= static_cast<int>(FaultKind::escape); ++kind) {
    const std::string_view words = describe(static_cast<FaultKind>(kind));
    EXPECT_FALSE(words.empty());
    EXPECT_EQ(std::count(seen.begin(), seen.end(), words), 0) << words;
    seen.push_back(words);
  }
}

TEST(Grammar, LoneSurrogatesAreAnOption) {
  const Limits strict{.allow_lone_surrogates = false};
  for (const std::string_view text : {R"("\ud800")", R"("\udfff")", R"("\ud800x")", R"("\ud800\n")",
                                      R"("\ud800\u0041")", R"("\ud800\ud800\udc00")", R"("\udc00\ud800")"}) {
    EXPECT_TRUE(scan(text)) << text;
    ASSERT_FALSE(scan(text, strict)) << text;
    EXPECT_EQ(scan(text, strict).error(), (Fault{FaultKind::escape, 1})) << text;
  }
  for (const std::string_view text : {R"("\ud800)", R"("\ud800\)", R"("\ud800\u)", R"("\ud800\ud)"}) {
    EXPECT_EQ(scan(text, strict).error(), (Fault{FaultKind::truncated, text.size()})) << text;
  }
  EXPECT_TRUE(scan(R"("\ud800\udc00\uD83D\uDE00")", strict));
}

}  // namespace
}  // namespace sallyport::json
