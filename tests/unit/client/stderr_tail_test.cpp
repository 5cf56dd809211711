// What is kept of a server's stderr: bounded whatever it writes, without secrets, however the bytes are cut.
#include "client/process.hpp"

#include <numeric>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::size_t max_bytes = 64 * 1024;
constexpr std::size_t max_line = 4096;

std::size_t size_of(const StderrTail& tail) {
  const auto lines = tail.lines();
  return std::accumulate(lines.begin(), lines.end(), std::size_t{0},
                         [](std::size_t sum, const std::string& line) { return sum + line.size(); });
}

TEST(StderrTail, LinesAndTheUnfinishedLast) {
  StderrTail tail;
  EXPECT_THAT(tail.lines(), IsEmpty());
  tail.append("one\n\ntwo\nth");
  tail.append("ree");
  EXPECT_THAT(tail.lines(), ElementsAre("one", "", "two", "three"));
  tail.append("\n");
  EXPECT_THAT(tail.lines(), ElementsAre("one", "", "two", "three"));
}

TEST(StderrTail, ALongLineIsCutAndTheNextOneIsWhole) {
  StderrTail tail;
  for (int i = 0; i < 100; ++i) tail.append(std::string(1000, 'x'));
  EXPECT_EQ(size_of(tail), max_line);
  tail.append("y\nnext\n");
  const auto lines = tail.lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], std::string(max_line, 'x'));
  EXPECT_EQ(lines[1], "next");
}

TEST(StderrTail, KeepsTheEndOfManyLines) {
  StderrTail tail;
  for (int i = 0; i < 10000; ++i) tail.append("line number " + std::to_string(i) + "\n");
  EXPECT_LE(size_of(tail), max_bytes);
  EXPECT_GT(size_of(tail), max_bytes / 8);
  EXPECT_EQ(tail.lines().back(), "line number 9999");
}

TEST(StderrTail, EmptyLinesTakeRoomToo) {
  StderrTail tail;
  tail.append(std::string(1'000'000, '\n'));
  EXPECT_LE(tail.lines().size(), max_bytes / sizeof(std::string));
}

TEST(StderrTail, SecretsAreMaskedWhereverTheyAreCut) {
  const std::string text = "connecting with password=hunter2-and-more now\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    StderrTail tail;
    tail.append(std::string_view(text).substr(0, cut));
    tail.append(std::string_view(text).substr(cut));
    ASSERT_EQ(tail.lines().size(), 1u);
    EXPECT_THAT(tail.lines()[0], Not(HasSubstr("hunter2"))) << cut;
    EXPECT_THAT(tail.lines()[0], HasSubstr("connecting")) << cut;
  }
}

TEST(StderrTail, SecretsOfTheUnfinishedLineAreMasked) {
  StderrTail tail;
  tail.append("token=abcdefgh12345678");
  ASSERT_EQ(tail.lines().size(), 1u);
  EXPECT_THAT(tail.lines()[0], Not(HasSubstr("abcdefgh")));
}

RC_GTEST_PROP(StderrTailProperty, CutsDoNotMatter,
              (const std::string& text, const std::vector<std::size_t>& cuts)) {
  StderrTail whole;
  whole.append(text);
  StderrTail pieces;
  std::string_view rest = text;
  for (const std::size_t cut : cuts) {
    const std::string_view piece = rest.substr(0, cut % (rest.size() + 1));
    pieces.append(piece);
    rest.remove_prefix(piece.size());
  }
  pieces.append(rest);
  RC_ASSERT(whole.lines() == pieces.lines());
}

}  // namespace
}  // namespace sallyport::client
