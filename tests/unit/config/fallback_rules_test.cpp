// Which fallbacks are refused, and in what words.
#include "config/fallback_rules.hpp"

#include "unit/config/support.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::config {
namespace {

// `first` and `second`: what stands in the two servers.
std::string said(std::string_view first, std::string_view second) {
  const Loaded loaded = test::load_yaml("version: 1\nservers:\n  one: {" + std::string(first) +
                                        "}\n  two: {" + std::string(second) + "}\n");
  return loaded.config ? "" : render_text(loaded.diagnostics, false);
}

TEST(Fallback, AnotherServerIsFine) {
  EXPECT_EQ(said("command: node, fallback: two", "command: node"), "");
  EXPECT_EQ(said("command: node, fallback: two, trusted: true", "url: \"https://two.example/mcp\""), "");
  EXPECT_EQ(said("url: \"http://127.0.0.1:1/mcp\", fallback: two, isolation: principal",
                 "command: node, isolation: session"),
            "");
}

TEST(Fallback, WhatCannotWorkOrProtectsLessIsRefused) {
  const std::vector<std::pair<std::pair<std::string, std::string>, std::string>> cases{
      {{"command: node, fallback: tow", "command: node"}, "did you mean `two`?"},
      {{"command: node, fallback: one", "command: node"}, "is the server itself"},
      {{"command: node, fallback: two", "command: node, fallback: one"}, "leads back to `one`"},
      {{"command: node, fallback: two, isolation: session", "command: node, isolation: principal"},
       "callers would share"},
      {{"command: node, fallback: two", "command: node, trusted: true"}, "would let calls run twice"},
      {{"url: \"https://one.example/mcp\", fallback: two", "url: \"http://127.0.0.1:1/mcp\""},
       "in cleartext"},
  };
  for (const auto& [servers, expected] : cases) {
    const std::string text = said(servers.first, servers.second);
    EXPECT_NE(text.find(expected), std::string::npos) << servers.first << "\n" << text;
    EXPECT_NE(text.find("servers.one.fallback"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace sallyport::config
