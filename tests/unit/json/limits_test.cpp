// Every limit at n and n + 1; keys that come twice, few and many.
#include "json/scanner.hpp"

#include <array>
#include <string>

#include <gtest/gtest.h>

namespace sallyport::json {
namespace {

std::string nested(std::size_t depth, std::string_view open, std::string_view close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += "1";
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

std::string object_of(std::size_t keys, std::string_view prefix) {
  std::string text = "{";
  for (std::size_t i = 0; i < keys; ++i) {
    text += (i == 0 ? "\"" : ",\"") + std::string(prefix) + std::to_string(i) + "\":0";
  }
  return text + "}";
}

TEST(JsonLimits, Depth) {
  EXPECT_TRUE(scan(nested(64, "[", "]")));
  EXPECT_EQ(scan(nested(65, "[", "]")).error(), (Fault{FaultKind::depth, 64}));
  EXPECT_TRUE(scan(nested(64, R"({"a":)", "}")));
  EXPECT_EQ(scan(nested(65, R"({"a":)", "}")).error(), (Fault{FaultKind::depth, 64 * 5}));
  EXPECT_TRUE(scan("1", {.max_depth = 0}));
  EXPECT_EQ(scan("[]", {.max_depth = 0}).error(), (Fault{FaultKind::depth, 0}));
  EXPECT_TRUE(scan("[[],[],[]]", {.max_depth = 2})) << "neighbours do not add up";
  EXPECT_TRUE(scan(nested(100'000, "[", "]"), {.max_depth = 100'000})) << "the stack is not the machine's";
  EXPECT_EQ(scan(std::string(1'000'000, '[')).error(), (Fault{FaultKind::depth, 64}));
}

TEST(JsonLimits, Keys) {
  EXPECT_TRUE(scan(object_of(10, "k"), {.max_keys = 10}));
  EXPECT_EQ(scan(object_of(11, "k"), {.max_keys = 10}).error(),
            (Fault{FaultKind::keys, object_of(10, "k").size()}));
  EXPECT_EQ(scan(R"([{"a":1},{"a":{"b":2}}])", {.max_keys = 2}).error().kind, FaultKind::keys)
      << "of the whole text";
  EXPECT_EQ(scan(R"([{"a":1},{"a":{"b":2}}])", {.max_keys = 3})->keys, 3U);
}

TEST(JsonLimits, String) {
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 1000U}) {
    const std::string fits(size, 'x');
    EXPECT_TRUE(scan("[\"" + fits + "\"]", {.max_string = size}));
    EXPECT_TRUE(scan("{\"" + fits + "\":1}", {.max_string = size}));
    EXPECT_EQ(scan("[\"" + fits + "x\"]", {.max_string = size}).error(),
              (Fault{FaultKind::string_too_long, 1}));
    EXPECT_EQ(scan("{\"" + fits + "x\":1}", {.max_string = size}).error(),
              (Fault{FaultKind::string_too_long, 1}));
  }
  EXPECT_EQ(scan(R"("\u0041")", {.max_string = 5}).error().kind, FaultKind::string_too_long)
      << "bytes as they stand";
}

TEST(JsonLimits, Bytes) {
  EXPECT_TRUE(scan("[1,2]", {.max_bytes = 5}));
  EXPECT_EQ(scan("[1,2]", {.max_bytes = 4}).error(), (Fault{FaultKind::too_large, 4}));
  EXPECT_EQ(scan("[1] ", {.max_bytes = 3}).error(), (Fault{FaultKind::too_large, 3})) << "white space counts";
}

// Around the size where keys are no longer compared as they come.
TEST(JsonLimits, DuplicateAtEveryPlaceOfEverySize) {
  for (std::size_t keys = 1; keys <= 40; ++keys) {
    for (std::size_t repeated = 0; repeated < keys; ++repeated) {
      std::string text = object_of(keys, "key");
      ASSERT_TRUE(scan(text));
      text.pop_back();
      const std::size_t offset = text.size() + 1;
      const std::string plain = text + ",\"key" + std::to_string(repeated) + "\":1}";
      EXPECT_EQ(scan(plain).error(), (Fault{FaultKind::duplicate_key, offset})) << plain;
      const std::string escaped = text + ",\"k\\u0065y" + std::to_string(repeated) + "\":1}";
      EXPECT_EQ(scan(escaped).error(), (Fault{FaultKind::duplicate_key, offset})) << escaped;
    }
  }
}

TEST(JsonLimits, TheFirstOfManyDuplicatesIsNamed) {
  std::string text = object_of(30, "k");
  text.pop_back();
  const std::size_t offset = text.size() + 1;
  text += R"(,"k7":0,"k3":0,"k7":0,"\u006b3":0})";
  EXPECT_EQ(scan(text).error(), (Fault{FaultKind::duplicate_key, offset}));
}

TEST(JsonLimits, TenThousandKeys) {
  // Common ends of 40 bytes: keys that a cheap fingerprint takes for equal.
  const std::string prefix(40, 'p');
  std::string text = "{";
  for (int i = 0; i < 10'000; ++i) {
    text += (i == 0 ? "\"" : ",\"") + prefix + std::to_string(10'000 + i) + prefix + "\":0";
  }
  EXPECT_TRUE(scan(text + "}"));
  const std::string twice = text + ",\"" + prefix + "17171" + prefix + "\":0}";
  EXPECT_EQ(scan(twice, {.max_keys = 10'001}).error(), (Fault{FaultKind::duplicate_key, text.size() + 1}));
  EXPECT_EQ(scan(twice).error(), (Fault{FaultKind::keys, text.size() + 1}));
}

TEST(JsonLimits, KeysOfEveryLengthThatDifferInOneByte) {
  for (std::size_t length = 1; length <= 24; ++length) {
    const std::string key(length, 'k');
    for (std::size_t at = 0; at < length; ++at) {
      std::string other = key;
      other[at] = 'K';
      EXPECT_TRUE(scan("{\"" + key + "\":0,\"" + other + "\":1}")) << key << " " << other;
      const Query query({"/" + other});
      std::array<Member, 1> found;
      ASSERT_TRUE(scan("{\"" + key + "\":0}", query, found));
      EXPECT_FALSE(found[0]) << key << " " << other;
    }
    EXPECT_EQ(scan("{\"" + key + "\":0,\"" + key + "\":1}").error(),
              (Fault{FaultKind::duplicate_key, length + 6}));
  }
}

TEST(JsonLimits, KeysOfInnerObjectsDoNotMix) {
  std::string text = "{";
  for (int i = 0; i < 30; ++i) {
    text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + object_of(30, "k");
  }
  EXPECT_TRUE(scan(text + "}"));
  EXPECT_EQ(scan(text + ",\"k0\":{}}").error(), (Fault{FaultKind::duplicate_key, text.size() + 1}));
}

TEST(JsonLimits, AFaultLeavesNothingBehindForTheNextScan) {
  EXPECT_FALSE(scan(R"({"a":{"b":[1,{"c":)"));
  EXPECT_TRUE(scan(R"({"a":1,"b":2,"c":3})"));
  EXPECT_FALSE(scan(R"({"\u0061":1,"a":2})"));
  EXPECT_TRUE(scan(R"({"\u0062":1,"a":2})"));
}

}  // namespace
}  // namespace sallyport::json
