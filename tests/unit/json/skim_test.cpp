// The id of a message that is being discarded, in pieces of any size.
#include "json/skim.hpp"

#include "json/scanner.hpp"
#include "unit/json/random_document.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::json {
namespace {

using Id = std::optional<std::string>;

Id skim(std::string_view text, std::size_t piece) {
  Skimmer skimmer;
  for (std::size_t at = 0; at < text.size(); at += piece) skimmer.feed(text.substr(at, piece));
  return Id(skimmer.id());
}

TEST(Skim, FindsTheTopLevelId) {
  const std::string long_id = "\"" + std::string(62, 'i') + "\"";
  const std::pair<std::string, Id> table[] = {
      {R"({"id":1})", "1"},
      {R"( { "jsonrpc" : "2.0" , "id" : -17 , "result" : {} })", "-17"},
      {R"({"id":"a"})", R"("a")"},
      {R"({"\u0069\u0064":"x\"}\\"})", R"("x\"}\\")"},
      {R"({"result":{"id":5,"content":[{"id":6}],"t":"\"id\":7"},"id":8})", "8"},
      {R"({"result":["id",5],"x":"id","y":{"a":"id"},"id":9})", "9"},
      {R"({"a":"}","b":"\\","c":"\\\"","id":10})", "10"},
      {"{\"id\" : 12\n}", "12"},
      {R"({"id":1 ,"x":)", "1"},
      {"{\"id\":" + long_id + "}", long_id},
      {"{\"id\":\"" + std::string(63, 'i') + "\"}", std::nullopt},
      {"{\"" + std::string(100, 'k') + R"(":1,"id":2})", "2"},
      {R"({"id":9223372036854775807})", "9223372036854775807"},
      {R"({"id":12345678901234567890})", std::nullopt},
      {R"({"id":1.5})", std::nullopt},
      {R"({"id":null})", std::nullopt},
      {R"({"id":{"id":1}})", std::nullopt},
      {R"({"id":[1]})", std::nullopt},
      {R"({"id":01})", std::nullopt},
      {R"({"id":1)", std::nullopt},
      {R"({"id":"1)", std::nullopt},
      {"{\"id\":\"\x01\"}", std::nullopt},
      {"{\"id\":\"\xff\"}", std::nullopt},
      {R"({"id":1}{"id":2})", "1"},
      {R"({"x":1}{"id":2})", std::nullopt},
      {R"([{"id":1}])", std::nullopt},
      {R"("id":1)", std::nullopt},
      {R"(garbage {"id":1})", std::nullopt},
      {R"(}{"id":1})", std::nullopt},
      {R"({"method":"id","params":1})", std::nullopt},
      {"", std::nullopt}};
  for (const auto& [text, id] : table) {
    for (std::size_t piece = 1; piece <= text.size() + 1; ++piece)
      EXPECT_EQ(skim(text, piece), id) << text << piece;
  }
}

TEST(Skim, BehindALotThatNobodyKeeps) {
  Skimmer skimmer;
  skimmer.feed(R"({"result":{"text":")");
  const std::string block(1U << 16U, 'x');
  for (int i = 0; i < 1024; ++i) skimmer.feed(block);
  skimmer.feed(R"("},"id":"far"})");
  EXPECT_EQ(skimmer.id(), R"("far")");
}

RC_GTEST_PROP(Skim, FindsWhatTheScannerFinds,
              (const std::vector<std::uint8_t>& bytes, std::size_t split, bool last)) {
  test::Choices choices(bytes);
  const std::string object = test::RandomDocument(choices).object_text();
  const std::string text = last ? R"({"x":)" + object + R"(,"id":"it"})" : R"({"id":77,"x":)" + object + "}";
  split %= text.size();
  Skimmer skimmer;
  skimmer.feed(std::string_view(text).substr(0, split));
  skimmer.feed(std::string_view(text).substr(split));
  RC_ASSERT(Id(skimmer.id()) == Id(last ? R"("it")" : "77"));
}

RC_GTEST_PROP(Skim, AnythingItSaysIsAnId, (const std::vector<std::uint8_t>& picks, std::size_t piece)) {
  static constexpr const char* pieces[] = {"{",      "}",       "[", "]", "\"", "\\", ":",    ",",
                                           "\"id\"", "\"id\":", "1", "-", " ",  "x",  "\xff", "{\"id\":"};
  std::string text;
  for (const std::uint8_t pick : picks) text += pieces[pick % std::size(pieces)];
  const Id id = skim(text, 1 + piece % 7);
  RC_ASSERT(id == skim(text, text.size() + 1));
  if (id) RC_ASSERT(scan(*id).has_value() && id->size() <= Skimmer::max_id);
}

}  // namespace
}  // namespace sallyport::json
