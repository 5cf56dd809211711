// Exposed names and the operator's patterns: tables, properties, and a naive oracle.
#include "upstream/names.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::upstream {
namespace {

constexpr std::size_t max = 48;

bool in_alphabet(std::string_view name) {
  return std::ranges::all_of(
      name, [](unsigned char c) { return c < 128 && (std::isalnum(c) != 0 || c == '_' || c == '-'); });
}

TEST(ExposedName, Table) {
  EXPECT_EQ(exposed_name("s", "s__", "read_file", max), "s__read_file");
  EXPECT_EQ(exposed_name("s", "s__", "a.b/c d", max), "s__a_b_c_d");
  EXPECT_EQ(exposed_name("s", "s__", "\xc3\xa4", max), "s____") << "each byte of a character by itself";
  EXPECT_EQ(exposed_name("s", "s__", std::string("a\0b", 3), max), "s__a_b");
  EXPECT_EQ(exposed_name("s", "s.", "t", max), "s_t") << "the prefix is held to the alphabet too";
  EXPECT_EQ(exposed_name("s", "s__", std::string(45, 'x'), max), "s__" + std::string(45, 'x'));
}

TEST(ExposedName, AnEmptyPrefixPassesEveryByte) {
  const std::string odd = std::string("\0 \xff/", 4) + std::string(200, 'x');
  EXPECT_EQ(exposed_name("s", "", odd, max), odd);
}

TEST(ExposedName, TheHashOfALongNameIsForEver) {
  // Agents remember names: SHA-256("s" NUL tool), its first eight digits.
  EXPECT_EQ(exposed_name("s", "s__", std::string(46, 'x'), max), "s__" + std::string(36, 'x') + "_8a082727");
}

TEST(ExposedName, LongNamesOfTwoServersDiffer) {
  const std::string tool(60, 'x');
  EXPECT_NE(exposed_name("a", "p_", tool, max), exposed_name("b", "p_", tool, max));
}

RC_GTEST_PROP(ExposedNameProperty, FitsAndStays, (const std::string& tool, const std::string& server)) {
  const std::string name = exposed_name(server, "srv__", tool, max);
  RC_ASSERT(name.size() <= max);
  RC_ASSERT(in_alphabet(name));
  RC_ASSERT(name.starts_with("srv__"));
  RC_ASSERT(name == exposed_name(server, "srv__", tool, max));
}

RC_GTEST_PROP(ExposedNameProperty, LongToolsThatDifferHaveNamesThatDiffer,
              (const std::string& a, const std::string& b)) {
  RC_PRE(a != b);
  const std::string common(60, 'c');
  RC_ASSERT(exposed_name("s", "s__", common + a, max) != exposed_name("s", "s__", common + b, max));
}

// By the definition, without a thought for time.
bool naive(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*')
    return naive(pattern.substr(1), name) || (!name.empty() && naive(pattern, name.substr(1)));
  return !name.empty() && (pattern[0] == '?' || pattern[0] == name[0]) &&
         naive(pattern.substr(1), name.substr(1));
}

RC_GTEST_PROP(MatchesProperty, AgreesWithTheDefinition, ()) {
  const auto text = [](const std::string& letters) {
    return rc::gen::resize(10, rc::gen::container<std::string>(rc::gen::elementOf(letters)));
  };
  const std::string pattern = *text("ab*?");
  const std::string name = *text("ab*");
  RC_ASSERT(matches(pattern, name) == naive(pattern, name));
}

TEST(Matches, Table) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("read_*", "read_file"));
  EXPECT_TRUE(matches("*_file", "read_file"));
  EXPECT_TRUE(matches("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(matches("?", "x"));
  EXPECT_FALSE(matches("?", ""));
  EXPECT_FALSE(matches("", "x"));
  EXPECT_FALSE(matches("read", "read_file"));
  EXPECT_FALSE(matches("READ*", "read_file")) << "case counts";
  EXPECT_TRUE(matches("[a]", "[a]")) << "nothing else is special";
  EXPECT_FALSE(matches("[a]", "a"));
  EXPECT_FALSE(matches_any({}, "x"));
  EXPECT_TRUE(matches_any({"a", "x*"}, "xy"));
}

TEST(Matches, StarsDoNotExplode) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  EXPECT_FALSE(matches(pattern + "b", std::string(256, 'a')));
}

}  // namespace
}  // namespace sallyport::upstream
