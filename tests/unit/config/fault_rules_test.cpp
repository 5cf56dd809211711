// `faults`: refused unless the command line allows them, and read as they are written.
#include "config/keys.hpp"
#include "unit/config/support.hpp"

#include <gtest/gtest.h>

namespace sallyport::config {
namespace {

constexpr std::string_view file = R"(
servers: {web: {url: "https://web.example/mcp"}}
faults:
  - {server: web, tool: "write_*", percent: 10, seed: 7, fault: http, status: 429, headers: {Retry-After: "3"}}
  - {method: ping, fault: error, code: -32000, message: no}
)";

Loaded load_faults(bool allowed) {
  Request request;
  request.config = Source{"test.yaml", std::string(file)};
  request.machine = test::machine();
  request.allow_faults = allowed;
  return load(request);
}

TEST(FaultRules, AreAnErrorUnlessTheyAreAllowed) {
  const Loaded loaded = load_faults(false);
  EXPECT_FALSE(loaded.config);
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].path, "faults");
  EXPECT_EQ(loaded.diagnostics[0].at.line, 3U);
  EXPECT_TRUE(loaded.diagnostics[0].instead.contains("--allow-faults"));
}

TEST(FaultRules, AreReadAsTheyAreWritten) {
  const Loaded loaded = load_faults(true);
  ASSERT_TRUE(loaded.config) << render_text(loaded.diagnostics, false);
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].severity, Severity::warning) << "who starts it so is told";
  ASSERT_EQ(loaded.config->faults.size(), 2U);
  const FaultRule& first = loaded.config->faults[0];
  EXPECT_EQ(first.rule.server, "web");
  EXPECT_EQ(first.rule.tool, "write_*");
  EXPECT_EQ(first.rule.percent, 10U);
  EXPECT_EQ(first.rule.seed, 7U);
  EXPECT_EQ(first.rule.fault, client::Fault::http);
  EXPECT_EQ(first.rule.status, 429U);
  ASSERT_EQ(first.headers.size(), 1U);
  EXPECT_EQ(first.headers[0].name, "retry-after");
  const FaultRule& second = loaded.config->faults[1];
  EXPECT_EQ(second.rule.method, "ping");
  EXPECT_EQ(second.rule.fault, client::Fault::error);
  EXPECT_EQ(second.rule.code, -32000);
  EXPECT_EQ(second.rule.message, "no");
}

TEST(FaultRules, TheWordsAreThoseOfTheFaults) {
  const std::vector<std::string> words = split_choices(find_key("faults.*.fault")->choices);
  ASSERT_EQ(words.size(), client::fault_count);
  for (std::size_t i = 0; i < words.size(); ++i)
    EXPECT_EQ(words[i], client::name(static_cast<client::Fault>(i)));
}

}  // namespace
}  // namespace sallyport::config
