#include "json/pointer.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::json {
namespace {

using Keys = std::vector<std::string>;

TEST(JsonPointer, Parse) {
  EXPECT_EQ(parse_pointer(""), Keys());
  EXPECT_EQ(parse_pointer("/"), Keys({""}));
  EXPECT_EQ(parse_pointer("/a/b"), Keys({"a", "b"}));
  EXPECT_EQ(parse_pointer("/a~1b/m~0n/~01//0"), Keys({"a/b", "m~n", "~1", "", "0"}));
  for (const std::string_view malformed : {"a", "a/b", "/~", "/a~", "/~2", "/~/x", " /a"}) {
    EXPECT_FALSE(parse_pointer(malformed)) << malformed;
  }
}

RC_GTEST_PROP(JsonPointer, FormatIsParsedBack, (const Keys& keys)) {
  RC_ASSERT(parse_pointer(format_pointer(keys)) == keys);
}

}  // namespace
}  // namespace sallyport::json
