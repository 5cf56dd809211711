#include "base/sealer.hpp"

#include "base/strings.hpp"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(SealerTest, OpensWhatItSealed) {
  const Sealer sealer;
  for (const std::string& text : {std::string(), std::string("state"), std::string(100'000, 'x')})
    EXPECT_EQ(sealer.open(sealer.seal(text, "bound"), "bound"), text);
  EXPECT_EQ(sealer.open(sealer.seal("state", ""), ""), "state");
  EXPECT_NE(sealer.seal("state", "bound"), sealer.seal("state", "bound")) << "a nonce of its own each time";
}

TEST(SealerTest, OpensNothingElse) {
  const Sealer sealer;
  const std::string sealed = sealer.seal("state", "bound");
  EXPECT_FALSE(sealer.open(sealed, "other"));
  EXPECT_FALSE(Sealer().open(sealed, "bound")) << "another process";
  for (const std::string_view forged : {"", "x", "AAAA", "=", "not base64 at all \xff"})
    EXPECT_FALSE(sealer.open(forged, "bound")) << forged;
}

TEST(SealerTest, EveryBitCounts) {
  const Sealer sealer;
  const std::string raw = base64_decode(sealer.seal("state", "bound")).value();
  for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
    std::string altered = raw;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(sealer.open(base64_encode(altered), "bound")) << bit;
  }
  for (std::size_t length = 0; length < raw.size(); ++length)
    EXPECT_FALSE(sealer.open(base64_encode(raw.substr(0, length)), "bound")) << length;
}

TEST(SealKeyTest, IsReadInBothForms) {
  const std::string digits = "00ff10a0" + std::string(56, '7');
  const auto key = SealKey::parse(digits);
  ASSERT_TRUE(key);
  const std::string raw(reinterpret_cast<const char*>(key->bytes()), 32);
  EXPECT_EQ(raw.substr(0, 4), std::string("\x00\xff\x10\xa0", 4));
  const auto same = SealKey::parse(base64_encode(raw));
  ASSERT_TRUE(same);
  EXPECT_EQ(same->id(), key->id());
  EXPECT_NE(SealKey::random().id(), key->id());
  for (const std::string& wrong :
       {std::string(), digits.substr(1), digits + "0", std::string(64, 'g'), "+1" + digits.substr(2),
        base64_encode(raw.substr(1)), base64_encode(raw + "x")})
    EXPECT_FALSE(SealKey::parse(wrong)) << wrong;
}

TEST(SealKeyTest, TheFirstSealsAndEachOpens) {
  const auto [a, b] = std::pair(SealKey::random(), SealKey::random());
  const Sealer before({a}), between({b, a}), after({b});
  EXPECT_EQ(between.open(before.seal("t", "x"), "x"), "t");
  EXPECT_EQ(after.open(between.seal("t", "x"), "x"), "t");
  EXPECT_FALSE(after.open(before.seal("t", "x"), "x"));
}

}  // namespace
}  // namespace sallyport
