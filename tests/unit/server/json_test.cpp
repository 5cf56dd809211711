// A Json value is what it was made of, byte for byte.
#include "server/json.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(JsonValue, SaysWhatItWasMadeOf) {
  EXPECT_EQ(Json().text(), "null");
  EXPECT_EQ(Json(true).text(), "true");
  EXPECT_EQ(Json(-7).text(), "-7");
  EXPECT_EQ(Json(2.5).text(), "2.5");
  EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).text(), "null");
  EXPECT_EQ(Json("a \"b\"\n").text(), R"("a \"b\"\n")");
  EXPECT_EQ(Json::object({{"a", 1}, {"b", Json::array({"x", Json()})}}).text(), R"({"a":1,"b":["x",null]})");
}

TEST(JsonValue, IsReadByTypeAndKey) {
  const Json value = *Json::parse(R"( {"a": 12345678901234567890, "b": [1, "\u0041"], "c": {"d": false}} )");
  EXPECT_TRUE(value.is_object());
  EXPECT_EQ(value.find("a")->text(), "12345678901234567890") << "a big number survives";
  EXPECT_FALSE(value.find("a")->as_int());
  EXPECT_EQ(value.find("b")->elements()[1].as_string(), "A");
  EXPECT_EQ(value.find("c")->find("d")->as_bool(), false);
  EXPECT_FALSE(value.find("d"));
  EXPECT_FALSE(value.as_string());
  EXPECT_EQ(value.members().size(), 3u);
}

TEST(JsonValue, IsChangedInPlace) {
  Json value;
  value.set("a", 1).set("b", 2).set("a", "new").set("self", value);
  EXPECT_EQ(value.text(), R"({"a":"new","b":2,"self":{"a":"new","b":2}})");
  Json list;
  list.push_back(1).push_back(list);
  EXPECT_EQ(list.text(), "[1,[1]]");
  Json text = "no object";
  EXPECT_EQ(text.set("a", 1).text(), R"("no object")");
}

TEST(JsonValue, TakesStrictJsonOnly) {
  for (const char* bad : {"", "{", "{\"a\":1,\"a\":2}", "01", "[1,]", "\"\xff\"", "1 2"})
    EXPECT_FALSE(Json::parse(bad)) << bad;
}

}  // namespace
}  // namespace sallyport
