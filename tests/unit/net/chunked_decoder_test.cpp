// Chunked bodies at every split, good and bad.
#include "net/http_head.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::net {
namespace {

struct Decoded {
  std::string body;
  std::size_t taken = 0;
  ChunkedDecoder::State state{};
  bool over_limit = false;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view text, const std::vector<std::size_t>& splits, std::size_t limit) {
  ChunkedDecoder decoder;
  Decoded result;
  std::size_t start = 0;
  const auto feed = [&](std::size_t end) {
    while (start < end) {
      const std::size_t n = decoder.feed(text.substr(start, end - start), result.body, limit);
      result.taken += n;
      start += n;
      if (decoder.state() != ChunkedDecoder::State::more) return;
    }
  };
  for (const std::size_t split : splits) feed(split);
  feed(text.size());
  result.state = decoder.state();
  result.over_limit = decoder.over_limit();
  return result;
}

struct Chunks {
  std::string_view text;
  std::string_view body;
  ChunkedDecoder::State state = ChunkedDecoder::State::done;
  std::size_t behind = 0;  // bytes that are not the body's
};

TEST(ChunkedDecoder, AtEverySplitOfEveryCase) {
  using enum ChunkedDecoder::State;
  const Chunks cases[] = {
      {"0\r\n\r\n", ""},
      {"5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"5\r\nhello\r\n0\r\n\r\nGET /", "hello", done, 5},
      {"1\r\na\r\n2\r\nbc\r\n00\r\n\r\n", "abc"},
      {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
      {"a;name=value;x=\"y\"\r\n0123456789\r\n0;last\r\n\r\n", "0123456789"},
      {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
      {"1\r\na\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n", "a"},
      {"5\r\nhel", "hel", more},
      {"5\r\nhello\r\n0\r\n\r", "hello", more},
      {"\r\n", "", malformed},
      {" 5\r\nhello", "", malformed},
      {"5 \r\nhello", "", malformed},
      {"+5\r\nhello", "", malformed},
      {"-5\r\nhello", "", malformed},
      {"0x5\r\nhello", "", malformed},
      {"5\nhello", "", malformed},
      {"5\r\rhello", "", malformed},
      {"5;a\nhello", "", malformed},
      {"5;a\rhello", "", malformed},
      {"5\r\nhelloX\r\n0\r\n\r\n", "hello", malformed},
      {"5\r\nhello\n0\r\n\r\n", "hello", malformed},
      {"5\r\nhello\r0\r\n\r\n", "hello", malformed},
      {"ffffffffffffffff\r\n", "", malformed},
      {"0000000000000001\r\n", "", malformed},
      {"0\r\nX: y\n\r\n", "", malformed},
      {"0\r\n\n", "", malformed},
      {"0\r\n\rx", "", malformed},
      {"G\r\n", "", malformed},
  };
  for (const Chunks& c : cases) {
    const Decoded whole = decode(c.text, {}, 1000);
    EXPECT_EQ(whole.body, c.body) << c.text;
    EXPECT_EQ(whole.state, c.state) << c.text;
    if (c.state == done) EXPECT_EQ(c.text.size() - whole.taken, c.behind) << c.text;
    for (std::size_t one = 0; one <= c.text.size(); ++one) {
      for (std::size_t two = one; two <= c.text.size(); ++two) {
        ASSERT_EQ(decode(c.text, {one, two}, 1000), whole) << c.text << " at " << one << " and " << two;
      }
    }
  }
}

TEST(ChunkedDecoder, KeepsNothingBeyondItsLimit) {
  const std::string text = "5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n";
  EXPECT_FALSE(decode(text, {}, 10).over_limit);
  for (std::size_t split = 0; split <= text.size(); ++split) {
    const Decoded cut = decode(text, {split}, 9);
    EXPECT_TRUE(cut.over_limit) << split;
    EXPECT_EQ(cut.body, "helloworl") << split;
  }
}

TEST(ChunkedDecoder, BoundsExtensionsAndTrailers) {
  using enum ChunkedDecoder::State;
  const std::string much(20'000, 'x');
  EXPECT_EQ(decode("1;" + much + "\r\na\r\n0\r\n\r\n", {}, 10).state, malformed);
  EXPECT_EQ(decode("0\r\nT: " + much + "\r\n\r\n", {}, 10).state, malformed);
  std::string many_chunks, many_trailers = "0\r\n";
  for (int i = 0; i < 10'000; ++i) many_chunks += "1;x\r\na\r\n", many_trailers += "a\r\n";
  EXPECT_EQ(decode(many_chunks, {}, 100'000).state, malformed);
  EXPECT_EQ(decode(many_trailers, {}, 10).state, more) << "10,000 short lines fit";
  EXPECT_EQ(decode(many_trailers + many_trailers.substr(3), {}, 10).state, malformed);
}

RC_GTEST_PROP(ChunkedDecoderProperty, DecodesWhatWasEncodedAtAnySplit,
              (const std::vector<std::string>& pieces)) {
  std::string text, body;
  for (const std::string& part : pieces) {
    if (part.empty()) continue;
    char size[20];
    std::snprintf(size, sizeof size, *rc::gen::arbitrary<bool>() ? "%zx" : "%zX", part.size());
    text += std::string(size) + (*rc::gen::arbitrary<bool>() ? ";e=1" : "") + "\r\n" + part + "\r\n";
    body += part;
  }
  text += "0\r\n\r\n";
  auto splits =
      *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, text.size() + 1));
  std::ranges::sort(splits);
  const Decoded result = decode(text + "next", splits, body.size());
  RC_ASSERT(result.body == body);
  RC_ASSERT(result.state == ChunkedDecoder::State::done);
  RC_ASSERT(result.taken == text.size());
  RC_ASSERT(!result.over_limit);
}

}  // namespace
}  // namespace sallyport::net
