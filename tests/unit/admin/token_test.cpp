// The token that the gateway makes for writes: whole, its owner's alone, kept.
#include "admin/token.hpp"

#include "base/strings.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::admin {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TokenFile : public ::testing::Test {
 protected:
  TokenFile() {
    std::string pattern = (fs::temp_directory_path() / "sallyport-token-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    path = (directory / "state" / "sallyport" / "admin-token").string();
  }
  ~TokenFile() override { fs::remove_all(directory); }
  static mode_t mode(const fs::path& of) {
    struct stat facts{};
    EXPECT_EQ(::stat(of.c_str(), &facts), 0);
    return facts.st_mode & 07777U;
  }
  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }
  void put(std::string_view bytes, mode_t as = 0600) const {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << bytes;
    ::chmod(path.c_str(), as);
  }
  std::string why() const {
    const auto token = open_token(path);
    return token ? std::string() : std::string(token.error().developer_message());
  }

  fs::path directory;
  std::string path;
};

TEST_F(TokenFile, IsMadeOnceForItsOwner) {
  const auto made = open_token(path);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->reveal().size(), 64u) << "256 bits";
  EXPECT_EQ(text(), std::string(made->reveal()) + "\n");
  EXPECT_EQ(mode(path), 0600u);
  EXPECT_EQ(mode(fs::path(path).parent_path()), 0700u);
  EXPECT_EQ(std::distance(fs::directory_iterator(fs::path(path).parent_path()), {}), 1)
      << "nothing else is left";
  const auto again = open_token(path);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->matches(made->reveal()));
  fs::remove(path);
  const auto other = open_token(path);
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->matches(made->reveal()));
}

TEST_F(TokenFile, IsClosedToOthers) {
  put("a-token-that-others-read\n", 0644);
  const auto token = open_token(path);
  ASSERT_TRUE(token);
  EXPECT_TRUE(token->matches("a-token-that-others-read"));
  EXPECT_EQ(mode(path), 0600u);
}

TEST_F(TokenFile, WhatIsNoTokenIsRefusedAndStays) {
  put("short");
  EXPECT_THAT(why(), HasSubstr("holds no token"));
  EXPECT_EQ(text(), "short");
  put("");
  EXPECT_THAT(why(), HasSubstr("holds no token"));
  put(std::string(600, 'a'));
  EXPECT_THAT(why(), HasSubstr("holds no token"));
  put("two words are no token at all\n");
  EXPECT_THAT(why(), HasSubstr("holds no token"));
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_THAT(why(), HasSubstr("is not a file"));
  fs::remove(path);
  std::ofstream(directory / "elsewhere") << "a-token-of-somebody-else\n";
  fs::create_symlink(directory / "elsewhere", path);
  EXPECT_THAT(why(), HasSubstr("cannot read"));
  path = "/proc/sallyport/admin-token";
  EXPECT_THAT(why(), HasSubstr("cannot write"));
}

}  // namespace
}  // namespace sallyport::admin
