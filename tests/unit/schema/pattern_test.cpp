#include "schema/pattern.hpp"

#include <gtest/gtest.h>
#include <re2/re2.h>

namespace sallyport::schema {
namespace {

TEST(Pattern, MeansWhatEcmaScriptMeans) {
  constexpr struct {
    std::string_view pattern;
    std::string_view text;
    bool found;
  } rows[] = {
      {"a+", "xaay", true},
      {"^a$", "a\n", false},
      {R"(^\d+$)", "42", true},
      {R"(^\d+$)", "٤٢", false},
      {R"(\u0041)", "A", true},
      {R"(\ud83d\ude00)", "😀", true},
      {R"(\u{1f600})", "😀", true},
      {R"(^[\s]$)", "\xc2\xa0", true},
      {R"(^\S$)", "\xe2\x80\xa8", false},
      {"^.$", "\xe2\x80\xa8", false},
      {"^.$", "ä", true},
      {R"(^\cA$)", "\x01", true},
      {"(?<year>[0-9]{4})", "2026", true},
      {R"([a\-z/\]])", "-", true},
      {R"(\/)", "/", true},
      {R"([\b])", "\b", true},
      {R"(\p{Lu})", "É", true},
      {"[[]", "[", true},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.pattern);
    const auto pattern = compile_pattern(row.pattern);
    ASSERT_TRUE(pattern);
    EXPECT_EQ(finds(*pattern, row.text), row.found);
  }
}

TEST(Pattern, RefusesWhatItCannotSay) {
  for (const std::string_view pattern :
       {"(?=a)",   "(?!a)",           "(?<=a)",        "(?<!a)", "(?i)a",  R"((a)\1)",  R"(\k<a>)", R"(\A)",
        R"(\Z)",   R"(\a)",           R"(\Q)",         "[",      "a\\",    R"(\ud800)", "[^]",      "[]",
        R"([\S])", "(a{1000}){1000}", R"(\p{Letter})", "(",      "\\uZZZZ"}) {
    EXPECT_FALSE(compile_pattern(pattern)) << pattern;
  }
  EXPECT_FALSE(compile_pattern(std::string(max_pattern + 1, 'a')));
}

}  // namespace
}  // namespace sallyport::schema
