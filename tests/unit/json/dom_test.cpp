#include "json/dom.hpp"

#include "json/scanner.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace sallyport::json {
namespace {

TEST(JsonDom, LooksUpByPointer) {
  auto parsed = Dom::parse(R"({"a":{"b/c":[10,{"d":"x\n"}]},"n":18446744073709551615})");
  ASSERT_TRUE(parsed);
  const Dom dom = *std::move(parsed);
  EXPECT_TRUE(dom.root().is_object());
  ASSERT_TRUE(dom.at("/a/b~1c/1/d"));
  EXPECT_EQ(std::string_view(*dom.at("/a/b~1c/1/d")), "x\n");
  EXPECT_EQ(std::uint64_t(*dom.at("/n")), UINT64_MAX);
  EXPECT_TRUE(dom.at(""));
  for (const std::string_view missing : {"/x", "/a/b~1c/2", "/a/b~1c/-", "/n/0", "a"}) {
    EXPECT_FALSE(dom.at(missing)) << missing;
  }
}

TEST(JsonDom, OutlivesTheText) {
  std::string text = R"(["one"])";
  const auto dom = Dom::parse(text);
  text.assign(text.size(), 'x');
  ASSERT_TRUE(dom);
  EXPECT_EQ(std::string_view(*dom->at("/0")), "one");
}

TEST(JsonDom, TreesOfOneThreadDoNotDisturbEachOther) {
  const auto first = Dom::parse(R"(["first"])");
  (void)Dom::parse("[1e999]");
  {
    const auto passing = Dom::parse(R"(["passing"])");
    EXPECT_EQ(std::string_view(*passing->at("/0")), "passing");
  }
  const std::string large = "[\"" + std::string(1'000'000, 'x') + "\"]";
  const auto second = Dom::parse(large);
  const auto third = Dom::parse(R"(["third"])");
  EXPECT_EQ(std::string_view(*first->at("/0")), "first");
  EXPECT_EQ(std::string_view(*second->at("/0")).size(), 1'000'000u);
  EXPECT_EQ(std::string_view(*third->at("/0")), "third");
}

TEST(JsonDom, SaysWhatTheTreeCannotHold) {
  for (const std::string_view text : {"123456789012345678901234567890", "1e999", R"("\ud800")"}) {
    EXPECT_TRUE(scan(text)) << text;
    EXPECT_FALSE(Dom::parse(text)) << text;
  }
}

}  // namespace
}  // namespace sallyport::json
