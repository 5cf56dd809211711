#include "errors/redact.hpp"

#include "base/strings.hpp"

#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport {
namespace {

TEST(ReduceUrl, KeepsSchemeHostAndPath) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      // The framework's own examples.
      {"https://api.example.com/users/123?token=secret&filter=active", "https://api.example.com/users/123"},
      {"https://api.example.com///path///", "https://api.example.com/path"},
      {"https://api.example.com", "https://api.example.com/"},
      {"", ""},
      {"/rel?x", ":///rel"},
      {"https://[::1]:8/x?y", "https://[::1]:8/x"},
      // Ours: user-info goes too.
      {"https://user:pass@h:1/p?q=1#f", "https://h:1/p"},
      {"https://us@er:pa@ss@h/p", "https://h/p"},
      {"https://user:pa/ss@h/p", "https://h/p"},
      {"https://user:pa?ss@h/p", "https://h/p"},
      {"https://user:pa#ss@h/p", "https://h/p"},
      {"https://user:pa\\ss@h/p", "https://h/p"},
      {"https://user:pass@[::1]:8/x", "https://[::1]:8/x"},
      {"HTTPS://Host/p", "https://Host/p"},
      {"https://h/a;jsessionid=1/b;x=2?c", "https://h/a/b"},
      {"https://h?q", "https://h/"},
      {"https://h#f", "https://h/"},
      {"https://h:notaport/x", "https://h/x"},
      {"https://h/@scope/pkg", "https://h/@scope/pkg"},
      {"https://h/https://user:pass@b/c", "https://h/https://b/c"},
      {"user:pass@host/path", "user:///host/path"},
      {"//user:pass@host/path?q", "://host/path"},
  };
  for (const auto& [url, reduced] : cases) EXPECT_EQ(reduce_url(url), reduced) << url;
}

TEST(RedactText, ReducesUrlsWhereverTheyStand) {
  EXPECT_EQ(redact_text("GET https://user:pass@h:1/p?token=x failed", 512), "GET https://h:1/p failed");
  EXPECT_EQ(redact_text("(see 'http://h/p?canary').", 512), "(see 'http://h/p').");
  EXPECT_EQ(redact_text("a=postgres://u:p@db/x,b=redis://:canary@r/0", 512).find("canary"),
            std::string::npos);
  EXPECT_EQ(redact_text("url=\"ftp://u:ca\"nary@h/x\" end", 512).find("nary"), std::string::npos);
  EXPECT_EQ(redact_text("https://h/sk-abcdefghijklmnop/x", 512), "https://h/[secret]");
}

TEST(RedactText, MasksKeysAndUserInfoThatIsInNoWholeUrl) {
  EXPECT_EQ(
      redact_text("key: -----BEGIN EC PRIVATE KEY-----\nMHc\nCAQ==\n-----END EC PRIVATE KEY-----\nrest", 500),
      "key: -----BEGIN EC PRIVATE KEY-----[secret]-----END EC PRIVATE KEY-----\nrest");
  EXPECT_EQ(redact_text("-----BEGIN PRIVATE KEY-----\nMIIcut", 500), "-----BEGIN PRIVATE KEY-----[secret]");
  EXPECT_EQ(redact_text("see //user:pass@h/x", 500), "see //h/x");
  EXPECT_EQ(redact_text(R"("https:\/\/user:pass@h\/x")", 500), R"("https:\/\/h\/x")");
  EXPECT_EQ(redact_text("// written by a@b.example", 500), "// written by a@b.example");
}

TEST(RedactText, MasksWhatLooksLikeASecret) {
  for (const std::string_view text : {"Authorization: Bearer canary-canary",
                                      "authorization=Basic Y2FuYXJ5:canary",
                                      "bearer CANARYcanary123456789",
                                      "key sk-canarycanary1234",
                                      "ghp_canarycanarycanary",
                                      "github_pat_canarycanary",
                                      "AKIAcanary0123456789",
                                      "xoxb-canary-123456",
                                      "AIzacanarycanary",
                                      "eyJcanaryeyJ.canary.canary",
                                      "password=canary",
                                      "PASSWORD: canary",
                                      "password = canary;",
                                      R"({"password": "canary"})",
                                      R"({"client_secret":"a \"canary\" b"})",
                                      R"(\"token\":\"canary\")",
                                      "token='canary canary'",
                                      "AWS_SECRET_ACCESS_KEY=canary",
                                      "api-key: canary",
                                      "x-token: Bearer canary",
                                      "Cookie: a=b; sid=canary; c=d",
                                      "set-cookie: sid=canary; Path=/",
                                      "mcp-session-id: canary",
                                      "?access_token=canary&x=1",
                                      "refresh_token=\"canary"}) {
    const std::string shown = redact_text(text, 512);
    EXPECT_EQ(shown.find("canary"), std::string::npos) << text << " -> " << shown;
    EXPECT_EQ(shown.find("CANARY"), std::string::npos) << text << " -> " << shown;
    EXPECT_NE(shown.find("[secret]"), std::string::npos) << text << " -> " << shown;
  }
}

TEST(RedactText, LeavesProseAlone) {
  for (const std::string_view text :
       {"Unexpected token < in JSON at position 0", "the bearer token is missing",
        "connect ECONNREFUSED 127.0.0.1:8080", "task-runner at disk-full", "max_tokens=100",
        "no password given", "Überlauf bei 日本", "C:\\path\\file: x", "a basic check failed", "sk-short"}) {
    EXPECT_EQ(redact_text(text, 512), text);
  }
}

TEST(RedactText, KeepsTheRestOfTheLine) {
  EXPECT_EQ(redact_text("token=abc123, then more", 512), "token=[secret], then more");
  EXPECT_EQ(redact_text("Cookie: a=b; c=d\nnext", 512), "Cookie: [secret]\nnext");
  EXPECT_EQ(redact_text(R"({"token":"abc","x":1})", 512), R"({"token":"[secret]","x":1})");
}

TEST(RedactText, IsBoundedAndValid) {
  EXPECT_EQ(redact_text(std::string(1000, 'x'), 512), std::string(512, 'x'));
  EXPECT_EQ(redact_text("aé", 2), "a");
  EXPECT_EQ(redact_text("a\xFF"
                        "b",
                        512),
            "a\xEF\xBF\xBD"
            "b");
  // A secret that begins before the cut is masked all the same.
  EXPECT_EQ(redact_text("https://user:" + std::string(1000, 'p') + "@h/", 512), "https://h/");
}

RC_GTEST_PROP(RedactText, AlwaysGivesBoundedUtf8, (const std::string& text)) {
  const auto max = *rc::gen::inRange<std::size_t>(0, 64);
  const std::string shown = redact_text(text, max);
  RC_ASSERT(shown.size() <= max);
  std::string_view rest = shown;
  while (!rest.empty()) {
    char32_t c = 0;
    const std::size_t length = decode_utf8(rest, c);
    RC_ASSERT(length > 0u);
    rest.remove_prefix(length);
  }
}

// Any mixture of the signs that URLs are made of, with the user-info known.
RC_GTEST_PROP(ReduceUrl, NeverShowsUserInfoOrQuery, ()) {
  const auto noise = rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab:/?#;.-_%")));
  const std::string url = "https://user" + *noise + ":CANARY" + "@host" + "/path?" + *noise + "CANARY";
  RC_ASSERT(reduce_url(url).find("CANARY") == std::string::npos);
}

}  // namespace
}  // namespace sallyport
