// What operators are shown of a configuration: the words of its file, and nothing secret.
#include "config/shown.hpp"

#include "config/load.hpp"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view file = R"(version: 1
admin: {token: planted-admin-token-1}
servers:
  one:
    command: cat
    args: [--token, planted-argument]
    env: {TOKEN: planted-variable}
    tools: {deny: [write_*], timeout: {slow: 5m}}
  two:
    url: https://user.example/mcp?key=planted-query
    headers: {authorization: Bearer planted-header}
    prefix: ""
recovery:
  - {match: {code: NET_*}, strategy: retry, attempts: 5}
limits: {rate: 10/s}
telemetry: {otlp: {endpoint: "http://127.0.0.1:4318", headers: {x-key: planted-otlp}}}
)";

Config loaded(std::string text) {
  Loaded result = load_text("c.yaml", std::move(text));
  EXPECT_TRUE(result.config);
  return result.config.value_or(Config());
}

TEST(Shown, HasTheValuesInTheWordsOfTheFile) {
  const boost::json::object all = shown(loaded(std::string(file)));
  EXPECT_EQ(all.at("timeouts").at("tool"), "55s");
  EXPECT_EQ(all.at("limits").at("rate"), "10/s");
  EXPECT_EQ(all.at("limits").at("request"), "4MiB");
  EXPECT_EQ(all.at("limits").at("concurrency"), 64);
  EXPECT_EQ(all.at("listen").at("http").at(0), "127.0.0.1:8080");
  EXPECT_TRUE(all.at("health").at("http").is_null());
  const boost::json::value& one = all.at("servers").at("one");
  EXPECT_EQ(one.at("command"), "cat");
  EXPECT_EQ(one.at("tools").at("timeout").at("slow"), "5m");
  EXPECT_EQ(one.at("isolation"), "auto");
  EXPECT_TRUE(one.at("prefix").is_null());
  EXPECT_EQ(all.at("servers").at("two").at("prefix"), "");
  EXPECT_EQ(all.at("servers").at("two").at("url"), "https://user.example/mcp");
  EXPECT_EQ(all.at("recovery").at(0).at("match").at("code"), "NET_*");
  EXPECT_EQ(all.at("recovery").at(0).at("strategy"), "retry");
  EXPECT_EQ(all.at("telemetry").at("otlp").at("headers").at("x-key"), "[secret]");
}

TEST(Shown, HoldsNoSecret) {
  EXPECT_THAT(boost::json::serialize(shown(loaded(std::string(file)))), Not(HasSubstr("planted")));
}

TEST(Shown, EveryKeyThatIsEnforcedIsThere) {
  Config config = loaded(std::string(file));
  config.faults.emplace_back();  // which a file may have only where they are allowed
  const std::string text = boost::json::serialize(shown(config));
  for (const Key& key : keys())
    if (key.enforced() && key.slot)
      EXPECT_THAT(text, HasSubstr('"' + std::string(key.name()) + "\":")) << key.path;
}

TEST(Fingerprint, IsTheSameForWhatIsShownTheSame) {
  Config one = loaded(std::string(file));
  Config other = one;
  EXPECT_EQ(fingerprint(shown(one)).size(), 16u);
  EXPECT_EQ(fingerprint(shown(one)), fingerprint(shown(other)));
  other.timeouts.tool = 1s;
  EXPECT_NE(fingerprint(shown(one)), fingerprint(shown(other)));
}

}  // namespace
}  // namespace sallyport::config
