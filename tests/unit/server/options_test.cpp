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

TEST(ServerOptions, TlsWantsBothFilesAndHttp) {
  const auto both =
      parse({"--http", ":80", "--tls-cert", "c.pem", "--tls-key", "k.pem", "--tls-client-ca", "ca.pem"});
  ASSERT_TRUE(both);
  EXPECT_EQ(*both->tls, (net::TlsFiles{"c.pem", "k.pem", "ca.pem"}));
  EXPECT_FALSE(parse({"--http", ":80", "--tls-cert", "c.pem"}));
  EXPECT_FALSE(parse({"--http", ":80", "--tls-client-ca", "ca.pem"}));
  EXPECT_FALSE(parse({"--tls-cert", "c.pem", "--tls-key", "k.pem"}));
}

TEST(ServerOptions, TokensDoNotGoInTheClear) {
  const auto guarded = [](std::vector<const char*> arguments) { return parse_options(arguments, true); };
  EXPECT_TRUE(guarded({}));
  EXPECT_TRUE(guarded({"--http", ":80"}));
  EXPECT_FALSE(guarded({"--http", "0.0.0.0:80"}));
  EXPECT_TRUE(guarded({"--http", "0.0.0.0:80", "--behind-tls-proxy"}));
  EXPECT_TRUE(guarded({"--http", "0.0.0.0:80", "--tls-cert", "c", "--tls-key", "k"}));
  EXPECT_FALSE(guarded({"--http", ":80", "--anonymous"}));
}

}  // namespace
}  // namespace sallyport::server
