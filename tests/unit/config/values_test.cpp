#include "config/values.hpp"

#include <gtest/gtest.h>

namespace sallyport::config {
namespace {

TEST(Rates, AreANumberPerTime) {
  EXPECT_EQ(parse_rate("100/s"), (Rate{100, 1s}));
  EXPECT_EQ(parse_rate("10/10s"), (Rate{10, 10s}));
  EXPECT_EQ(parse_rate("5000/h"), (Rate{5000, 60min}));
  EXPECT_EQ(parse_rate("1/100ms"), (Rate{1, 100ms}));
  for (const char* text : {"", "/", "100", "100/", "/s", "-1/s", "1/0s", "1/x", "1.5/s", "1/s/s", " 1/s",
                           "1 /s", "99999999999999999999/s"}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
  for (const char* text : {"100/s", "10/10s", "5000/h", "1/100ms"})
    EXPECT_EQ(format_rate(*parse_rate(text)), text);
}

TEST(Addresses, AreLiteralOrLocalhost) {
  EXPECT_EQ(parse_address("127.0.0.1:8080"), (Address{"127.0.0.1", 8080}));
  EXPECT_EQ(parse_address("[::1]:0"), (Address{"::1", 0}));
  EXPECT_EQ(parse_address("LocalHost:1"), (Address{"localhost", 1}));
  for (const char* text : {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                           "::1:8080", "[::1]", "[127.0.0.1]:80", "host.example:80", "127.0.0.1:80 ",
                           "1.2.3:4", "127.0.0.1:+80", "0177.0.0.1:80"}) {
    EXPECT_FALSE(parse_address(text)) << text;
  }
  EXPECT_EQ((Address{"::1", 80}).text(), "[::1]:80");
  EXPECT_EQ((Address{"127.0.0.1", 80}).text(), "127.0.0.1:80");
}

TEST(Addresses, Loopback) {
  for (const char* host : {"127.0.0.1", "127.255.0.9", "::1", "localhost", "LOCALHOST"}) {
    EXPECT_TRUE(is_loopback_host(host)) << host;
  }
  for (const char* host :
       {"0.0.0.0", "::", "128.0.0.1", "localhost.example", "127.0.0.1.example", "", "::2"}) {
    EXPECT_FALSE(is_loopback_host(host)) << host;
  }
}

TEST(Urls, AreHttpWithAHost) {
  const auto url = parse_url("HTTPS://Host.Example/mcp?x=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "host.example");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->path, "/mcp");
  EXPECT_EQ(parse_url("http://[::1]:9/")->host, "::1");
  EXPECT_EQ(parse_url("http://[::1]:9/")->port, 9);
  EXPECT_TRUE(parse_url("http://a:b@h/")->has_userinfo);
  EXPECT_TRUE(parse_url("http://h/#x")->has_fragment);
  for (const char* text : {"", "host.example", "//host/x", "ftp://h/", "http://", "http:///x", "http://h:0/",
                           "http://h:99999/", "http://h /", "file:///etc/passwd"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Origins, HaveNothingBehindTheHost) {
  for (const char* text : {"https://app.example", "http://localhost:3000", "vscode-webview://abc"}) {
    EXPECT_TRUE(is_origin(text)) << text;
  }
  for (const char* text :
       {"*", "null", "app.example", "https://app.example/", "https://a@b", "https://a?x", ""}) {
    EXPECT_FALSE(is_origin(text)) << text;
  }
  for (const char* text : {"gateway.example", "gateway.example:8080", "10.0.0.1", "[::1]:80"}) {
    EXPECT_TRUE(is_host(text)) << text;
  }
  for (const char* text : {"", "*", "https://a", "a/b", "a b", "a@b"}) EXPECT_FALSE(is_host(text)) << text;
}

TEST(Secrets, AreGuessedByTheirShape) {
  for (const char* text : {"--token=abc", "--api-key=x", "password=x", "sk-1234567890ab", "ghp_1234567890",
                           "GITHUB_TOKEN=x", "--header=Bearer 0123456789"}) {
    EXPECT_TRUE(looks_secret(text)) << text;
  }
  for (const char* text :
       {"-y", "--token", "sk-1", "--name=value", "server-github", "/srv/data", "--password="}) {
    EXPECT_FALSE(looks_secret(text)) << text;
  }
  EXPECT_TRUE(announces_secret("--token"));
  EXPECT_TRUE(announces_secret("--api-key"));
  EXPECT_FALSE(announces_secret("--verbose"));
  EXPECT_FALSE(announces_secret("token"));
  EXPECT_TRUE(carries_credential("Authorization"));
  EXPECT_TRUE(carries_credential("x-api-key"));
  EXPECT_FALSE(carries_credential("x-tenant"));
}

}  // namespace
}  // namespace sallyport::config
