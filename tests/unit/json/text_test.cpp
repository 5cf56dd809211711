// Strings and numbers: unescape, quote, compare, exact integers; and the byte searches under them.
#include "json/bytes.hpp"
#include "json/scanner.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::json {
namespace {

using namespace std::string_literals;

TEST(JsonText, Unescape) {
  const std::pair<std::string, std::string> table[] = {
      {R"("")", ""},
      {R"("plain")", "plain"},
      {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"("a\u0000b")", "a\0b"s},
      {R"("\u007f\u0080\u07ff\u0800\uffff")", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"},
      {R"("\ud83d\ude00\uD800\uDC00\uDBFF\uDFFF")", "\xf0\x9f\x98\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
      {R"("\ud800")", "\xed\xa0\x80"},
      {R"("\udc00\ud800")", "\xed\xb0\x80\xed\xa0\x80"},
      {R"("\ud800\ud83d\ude00")", "\xed\xa0\x80\xf0\x9f\x98\x80"},
      {R"("\ud800\n")", "\xed\xa0\x80\n"},
      {"\"\xe2\x80\xa8\"", "\xe2\x80\xa8"}};
  for (const auto& [literal, text] : table) {
    ASSERT_TRUE(scan(literal)) << literal;
    EXPECT_EQ(unescape(literal), text) << literal;
    EXPECT_TRUE(equals_unescaped(literal, text)) << literal;
    EXPECT_FALSE(equals_unescaped(literal, text + "x")) << literal;
    EXPECT_EQ(unescape(quote(text)), text) << literal;
  }
  EXPECT_FALSE(equals_unescaped(R"("\ud800")", "\xef\xbf\xbd")) << "a lone surrogate equals no valid text";
}

TEST(JsonText, Quote) {
  const std::pair<std::string, std::string> table[] = {
      {"", R"("")"},
      {"a/b", R"("a/b")"},
      {"\"\\\b\f\n\r\t", R"("\"\\\b\f\n\r\t")"},
      {"\0\x01\x1f\x7f"s, "\"\\u0000\\u0001\\u001f\x7f\""},
      {"\xc3\xa9\xe2\x80\xa8\xe2\x80\xa9\xf0\x9f\x98\x80",
       "\"\xc3\xa9\xe2\x80\xa8\xe2\x80\xa9\xf0\x9f\x98\x80\""},
      {"a\xff"
       "b",
       "\"a\xef\xbf\xbd"
       "b\""},
      {"\xc3", "\"\xef\xbf\xbd\""},
      {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
      {"\xed\xa0\x80", R"("\ud800")"},
      {"\xed\xbf\xbf", R"("\udfff")"},
      {"\xed\xa0", "\"\xef\xbf\xbd\xef\xbf\xbd\""}};
  for (const auto& [text, literal] : table) EXPECT_EQ(quote(text), literal);
  std::string out = "x";
  append_quoted(out, "y");
  EXPECT_EQ(out, "x\"y\"");
}

RC_GTEST_PROP(JsonText, QuoteIsAlwaysOneValidString, (const std::string& bytes)) {
  const std::string literal = quote(bytes);
  const auto document = scan(literal);
  RC_ASSERT(document.has_value());
  RC_ASSERT(document->root.type == Type::string);
  RC_ASSERT(!document->line_breaks);
  const std::string text = unescape(literal);
  RC_ASSERT(quote(text) == literal);
  RC_ASSERT(equals_unescaped(literal, text));
}

TEST(JsonText, Int64IsExact) {
  const std::pair<std::string_view, std::optional<std::int64_t>> table[] = {
      {"0", 0},
      {"-0", 0},
      {"1", 1},
      {"-42", -42},
      {"9007199254740993", 9007199254740993},
      {"9223372036854775807", INT64_MAX},
      {"-9223372036854775808", INT64_MIN},
      {"9223372036854775808", std::nullopt},
      {"-9223372036854775809", std::nullopt},
      {"1.0", std::nullopt},
      {"1e2", std::nullopt},
      {"", std::nullopt},
      {"-", std::nullopt},
      {" 1", std::nullopt},
      {"1 ", std::nullopt},
      {"\"1\"", std::nullopt}};
  for (const auto& [number, value] : table) EXPECT_EQ(as_int64(number), value) << number;
}

RC_GTEST_PROP(JsonBytes, SearchesAgreeWithTheirDefinition, (std::string bytes, bool mostly_plain)) {
  if (mostly_plain) {
    for (char& c : bytes) c = static_cast<char>(c % 16 == 3 ? c : 'a' + (c & 7));
  }
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  for (const char* from = begin; from != end; ++from) {
    const char* plain = from;
    while (plain != end && detail::is_plain(*plain)) ++plain;
    RC_ASSERT(detail::skip_plain(from, end) == plain);
    RC_ASSERT(detail::skip_plain_portable(from, end) == plain);
    const char* quote_at = from;
    while (quote_at != end && *quote_at != '"' && *quote_at != '\\') ++quote_at;
    RC_ASSERT(detail::skip_to_quote(from, end) == quote_at);
    RC_ASSERT(detail::skip_to_quote_portable(from, end) == quote_at);
  }
}

TEST(JsonBytes, EveryByteAtEveryPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < 40; ++place) {
      std::string bytes(40, 'x');
      bytes[place] = static_cast<char>(byte);
      const bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
      const char* const end = bytes.data() + bytes.size();
      const char* const expected = plain ? end : bytes.data() + place;
      ASSERT_EQ(detail::skip_plain(bytes.data(), end), expected) << byte;
      ASSERT_EQ(detail::skip_plain_portable(bytes.data(), end), expected) << byte;
      const char* const found = byte == '"' || byte == '\\' ? bytes.data() + place : end;
      ASSERT_EQ(detail::skip_to_quote(bytes.data(), end), found) << byte;
      ASSERT_EQ(detail::skip_to_quote_portable(bytes.data(), end), found) << byte;
    }
  }
}

}  // namespace
}  // namespace sallyport::json
