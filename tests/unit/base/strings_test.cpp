#include "base/strings.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport {
namespace {

using namespace std::string_literals;

TEST(Iequals, FoldsAsciiOnly) {
  EXPECT_TRUE(iequals("Content-TYPE", "content-type"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_FALSE(iequals("[", "{"));  // 0x5B and 0x7B differ by the bit of case
  EXPECT_FALSE(iequals("\xC4", "\xE4"));
}

// Eight bytes are compared at once: every pair of bytes at every place, beside every kind of neighbour.
TEST(Iequals, ComparesLongTextsByteByByte) {
  const auto fold = [](int c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
  for (const std::string neighbours :
       {"xxxxxxxxxxxxxxxxxxx", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"}) {
    for (std::size_t at = 0; at < neighbours.size(); ++at) {
      std::string a = neighbours;
      std::string b = neighbours;
      for (int one = 0; one < 256; ++one) {
        for (const int other : {one, one ^ 0x20, one ^ 0x80, one ^ 1, 255 - one}) {
          a[at] = static_cast<char>(one);
          b[at] = static_cast<char>(other);
          ASSERT_EQ(iequals(a, b), fold(one) == fold(other)) << one << " " << other;
        }
      }
    }
  }
}

TEST(StartsWithIcase, NeedsTheWholePrefix) {
  EXPECT_TRUE(starts_with_icase("BEARER x", "bearer "));
  EXPECT_TRUE(starts_with_icase("x", ""));
  EXPECT_FALSE(starts_with_icase("bear", "bearer"));
}

TEST(Trim, TakesSpacesAndTabsOnly) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim("\na\r"), "\na\r");
}

TEST(EditDistance, CountsEditsAndSwaps) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("tiemouts", "timeouts"), 1u);
  EXPECT_EQ(edit_distance("ab", "ba"), 1u);
}

TEST(EditDistance, StopsAtTheLimit) {
  EXPECT_EQ(edit_distance("kitten", "sitting", 2), 3u);
  EXPECT_EQ(edit_distance("aaaaaaaa", "bbbbbbbb", 3), 4u);
  EXPECT_EQ(edit_distance("a", "abcdefgh", 3), 4u);
  EXPECT_EQ(edit_distance("a", "b", 0), 1u);
  EXPECT_EQ(edit_distance("a", "a", 0), 0u);
}

// The band and the early exit must not change what the plain table says.
RC_GTEST_PROP(EditDistance, AgreesWithThePlainTable, ()) {
  const auto letter = rc::gen::element('a', 'b', 'c');
  const auto a = *rc::gen::container<std::string>(letter);
  const auto b = *rc::gen::container<std::string>(letter);
  const auto limit = *rc::gen::inRange<std::size_t>(0, 12);
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        table[i][j] = i + j;
        continue;
      }
      table[i][j] = std::min(
          {table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
      }
    }
  }
  RC_ASSERT(edit_distance(a, b, limit) == std::min(table[a.size()][b.size()], limit + 1));
}

TEST(DidYouMean, FindsWhatWasMeant) {
  const std::vector<std::string> keys = {"servers", "timeouts", "listen", "limits", "files__read_file"};
  EXPECT_EQ(did_you_mean("severs", keys), "servers");
  EXPECT_EQ(did_you_mean("tiemouts", keys), "timeouts");
  EXPECT_EQ(did_you_mean("LISTEN", keys), "listen");
  EXPECT_EQ(did_you_mean("limit", keys), "limits");
  EXPECT_EQ(did_you_mean("read_file", keys), "files__read_file");
  EXPECT_EQ(did_you_mean("files_read_file", keys), "files__read_file");
}

TEST(DidYouMean, PrefersTheNearest) {
  const std::vector<std::string> keys = {"read_files", "read_file"};
  EXPECT_EQ(did_you_mean("read_fil", keys), "read_file");
}

TEST(DidYouMean, IsSilentWhereNothingIsPlausible) {
  const std::vector<std::string> keys = {"servers", "ca", "id", "x__ab"};
  for (const std::string& name : {""s, "weather"s, "xy"s, "c"s, "le"s, "ab"s, std::string(4096, 's')}) {
    EXPECT_EQ(did_you_mean(name, keys), std::nullopt) << name;
  }
}

TEST(EscapeTerminal, MakesDangerVisible) {
  const std::pair<std::string, std::string> cases[] = {
      {"plain text, ünï 日本 🙂", "plain text, ünï 日本 🙂"},
      {"a\nb\r\tc", "a\\nb\\r\\tc"},
      {"\x1b[31mred\x07", "\\x1b[31mred\\x07"},
      {"nul\0l"s, "nul\\x00l"},
      {"\x7f", "\\x7f"},
      {"\xC2\x9B", "\\u{9b}"},
      {"abc\xE2\x80\xAE"
       "gpj.exe",
       "abc\\u{202e}gpj.exe"},
      {"\xE2\x81\xA6x\xE2\x81\xA9", "\\u{2066}x\\u{2069}"},
      {"zero\xE2\x80\x8Bwidth", "zero\\u{200b}width"},
      {"line\xE2\x80\xA8sep", "line\\u{2028}sep"},
      {"tag\xF3\xA0\x81\x81", "tag\\u{e0041}"},
      {"\xFF\xFE", "\\xff\\xfe"},
      {"cut\xE2\x82", "cut\\xe2\\x82"},
      {"\xC0\xAF", "\\xc0\\xaf"},
      {"\xED\xA0\x80", "\\xed\\xa0\\x80"},
      {"\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
  };
  for (const auto& [raw, shown] : cases) EXPECT_EQ(escape_terminal(raw), shown);
}

RC_GTEST_PROP(EscapeTerminal, IsHarmlessAndStable, (const std::string& raw)) {
  const std::string shown = escape_terminal(raw);
  RC_ASSERT(std::ranges::none_of(shown, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }));
  std::string_view rest = shown;
  while (!rest.empty()) {
    char32_t c = 0;
    const std::size_t length = decode_utf8(rest, c);
    RC_ASSERT(length > 0u);
    rest.remove_prefix(length);
  }
  RC_ASSERT(escape_terminal(shown) == shown);
}

TEST(Hex, IsLowerCase) {
  const std::byte bytes[] = {std::byte{0}, std::byte{0x7f}, std::byte{0xAB}};
  EXPECT_EQ(hex(bytes), "007fab");
  EXPECT_EQ(hex({}), "");
}

TEST(Base64, KnowsTheTestVectors) {
  const std::pair<std::string, std::string> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xFB\xFF\xFE", "+//+"},
  };
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(Base64, RefusesWhatIsNotStrict) {
  for (const std::string text : {"Zg", "Zg=", "Zg===", "Z", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n",
                                 " Zm9v", "-__-", "Zm=v", "=m9v", "Zm9v===="}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

RC_GTEST_PROP(Base64, DecodesWhatItEncodes, (const std::string& bytes)) {
  RC_ASSERT(base64_decode(base64_encode(bytes)) == bytes);
}

// What decodes at all is the one spelling of its bytes.
RC_GTEST_PROP(Base64, HasOneSpelling, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::elementOf("ABgwZm+/=0"s));
  if (const auto bytes = base64_decode(text)) RC_ASSERT(base64_encode(*bytes) == text);
}

TEST(ParseInt, TakesTheWholeText) {
  EXPECT_EQ(parse_int<int>("-42"), -42);
  EXPECT_EQ(parse_int<std::uint16_t>("65535"), 65535);
  for (const std::string_view text : {"", "+1", " 1", "1 ", "1x", "0x10", "65536", "-1"}) {
    EXPECT_EQ(parse_int<std::uint16_t>(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_int<std::int64_t>("9223372036854775808"), std::nullopt);
}

TEST(Clip, CutsBetweenCharacters) {
  EXPECT_EQ(clip("abc", 3), "abc");
  EXPECT_EQ(clip("abc", 2), "ab");
  EXPECT_EQ(clip("aé", 2), "a");
  EXPECT_EQ(clip("🙂🙂", 7), "🙂");
  EXPECT_EQ(clip("🙂", 3), "");
  EXPECT_EQ(clip("é", 0), "");
  EXPECT_EQ(clip("\x80\x80\x80\x80\x80", 4), "\x80\x80\x80\x80");  // nothing to keep whole
}

RC_GTEST_PROP(Clip, KeepsValidTextValid, ()) {
  const auto words =
      *rc::gen::container<std::vector<std::string>>(rc::gen::element("a"s, "é"s, "日"s, "🙂"s));
  std::string text;
  for (const auto& word : words) text += word;
  const auto max = *rc::gen::inRange<std::size_t>(0, text.size() + 2);
  const std::string_view part = clip(text, max);
  RC_ASSERT(part.size() <= max);
  RC_ASSERT(part.size() + 4 > std::min(max, text.size()));
  RC_ASSERT(escape_terminal(part) == part);
}

}  // namespace
}  // namespace sallyport
