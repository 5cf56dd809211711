// The command line of a server.
#include "server/options.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace sallyport::server {
namespace {

Result<Options> parse(std::vector<const char*> arguments) {
  return parse_options(arguments);
}

TEST(ServerOptions, StdioUnlessHttpIsAsked) {
  EXPECT_FALSE(parse({})->http);
  EXPECT_EQ(parse({"--http", "127.0.0.1:8000"})->http->text(), "127.0.0.1:8000");
  EXPECT_EQ(parse({"--http", "[::1]:0"})->http->text(), "[::1]:0");
  EXPECT_EQ(parse({"--http", ":80"})->http->host, "127.0.0.1");
  EXPECT_FALSE(parse({"--http", ":80", "--stdio"})->http);
}

TEST(ServerOptions, MistakesAreRefused) {
  EXPECT_FALSE(parse({"--http"}));
  EXPECT_FALSE(parse({"--http", "localhost"}));
  EXPECT_FALSE(parse({"--http", "localhost:99999"}));
  EXPECT_FALSE(parse({"--log-level", "loud"}));
  EXPECT_FALSE(parse({"--htpp", ":80"}));
  EXPECT_FALSE(parse({"--http", "0.0.0.0:80"}));
  EXPECT_TRUE(parse({"--http", "0.0.0.0:80", "--anonymous"}));
}

}  // namespace
}  // namespace sallyport::server
