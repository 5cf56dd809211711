// Which receivers of alerts are refused, and in what words; and that a webhook's URL is shown in none of
// them.
#include "config/alert_rules.hpp"

#include "config/changes.hpp"
#include "unit/config/support.hpp"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sallyport::config {
namespace {

Loaded load(std::string_view more) {
  return test::load_yaml("version: 1\nservers: {one: {command: node}}\n" + std::string(more) + "\n");
}

std::string said(std::string_view more) {
  return render_text(load(more).diagnostics, false);
}

TEST(Alerts, ReceiversThatAreFine) {
  for (const char* more : {
           "escalate: {webhook: \"https://hooks.example/T0/canary?key=canary\"}",
           "escalate: {webhook: \"http://127.0.0.1:1/x\", syslog: unix:/dev/log, window: 10s}",
           "escalate: {syslog: \"[::1]:514\", otlp: true}\ntelemetry: {otlp: \"http://127.0.0.1:4318\"}",
           "escalate: {quarantine: true}\nrecovery: [{match: {code: TOOL_006}, strategy: escalate}]",
           "monitor: {window: 1h, critical: 0, high: 1, medium: 2, low: 3}",
       })
    EXPECT_EQ(said(more), "") << more;
}

TEST(Alerts, WhatNeedsAnotherKeyArrives) {
  const auto config =
      load(
          "escalate: {otlp: true, quarantine: true}\ntelemetry: {otlp: \"http://127.0.0.1:4318\"}\n"
          "recovery: [{match: {code: TOOL_006}, strategy: escalate}]")
          .config;
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->escalate.otlp && config->escalate.quarantine);
}

TEST(Alerts, WhatCannotWorkOrCouldBeReadOnTheWayIsRefused) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"escalate: {webhook: \"http://canary.example/canary\"}", "http beyond loopback"},
      {"escalate: {webhook: \"https://canary:canary@hooks.example/\"}", "a user name or a password"},
      {"escalate: {webhook: canary}", "not an http or https URL"},
      {"escalate: {syslog: \"127.0.0.1:0\"}", "not a receiver"},
      {"escalate: {syslog: /dev/log}", "not a receiver"},
      {"escalate: {otlp: true}", "without `telemetry.otlp`"},
      {"escalate: {quarantine: true}", "without a rule that escalates"},
      {"monitor: {window: 10ms}", "out of range"},
      {"recovery: [{match: {family: PROTO}, strategy: escalate}]", "tells nobody of anything"},
      {"recovery: [{match: {code: TOOL_002}, strategy: escalate}]", "tells nobody of anything"},
  };
  for (const auto& [more, expected] : cases) {
    const std::string text = said(more);
    EXPECT_NE(text.find(expected), std::string::npos) << more << "\n" << text;
    EXPECT_EQ(text.find("canary"), std::string::npos) << text;
  }
}

TEST(Alerts, UdpBeyondLoopbackIsAWarning) {
  const Loaded loaded = load("escalate: {syslog: \"192.0.2.1:514\"}");
  ASSERT_TRUE(loaded.config);
  EXPECT_NE(render_text(loaded.diagnostics, false).find("UDP beyond loopback"), std::string::npos);
}

TEST(Alerts, AnotherWebhookIsAChangeThatShowsNoUrl) {
  const auto before = load("escalate: {webhook: \"https://hooks.example/canary-1\"}").config;
  const auto after = load("escalate: {webhook: \"https://hooks.example/canary-2\"}").config;
  ASSERT_TRUE(before && after);
  const auto all = changes(*before, *after);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].path, "escalate.webhook");
  EXPECT_FALSE(all[0].restart);
  EXPECT_EQ(all[0].before + all[0].after, "[secret][secret]");
}

}  // namespace
}  // namespace sallyport::config
