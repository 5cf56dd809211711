// Who is told of which failure, with a datagram socket as the receiver, on a clock turned by hand.
#include "alerts/alerts.hpp"

#include "base/unique_fd.hpp"
#include "recovery/at_will.hpp"
#include "support/run_task.hpp"
#include "telemetry/metrics_names.hpp"

#include <array>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sallyport::alerts {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;

// A Unix datagram socket, as a syslog daemon has one.
class Receiver {
 public:
  Receiver() {
    path_ = std::filesystem::temp_directory_path() / ("sallyport-alerts-" + std::to_string(::getpid()));
    std::filesystem::remove(path_);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.string().copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Receiver() { std::filesystem::remove(path_); }

  net::DatagramTarget target() const { return {.path = path_.string()}; }
  std::vector<std::string> take() {
    std::vector<std::string> all;
    std::array<char, 4096> buffer{};
    for (;;) {
      const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (n < 0) return all;
      all.emplace_back(buffer.data(), static_cast<std::size_t>(n));
    }
  }

 private:
  std::filesystem::path path_;
  UniqueFd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

struct AlertsTest : ::testing::Test {
  AlertsTest() { configure({}); }
  ~AlertsTest() override { EXPECT_TRUE(testing::run(loop, alerts.finish(loop.now() + seconds(1)))); }

  void configure(recovery::Policy policy) {
    settings.policy = std::move(policy);
    settings.syslog = receiver.target();
    alerts.configure(settings);
  }
  void fail(Code code, std::string_view server = "files", std::string_view source = "10.0.0.1") {
    const Error error(code);
    telemetry::CallRecord record;
    record.method = protocol::Method::tools_call;
    record.server = server;
    record.source = source;
    record.target = "read";
    record.principal = "anonymous";
    record.error = &error;
    alerts.call_finished(record);
    settle();
  }
  void settle() {
    while (testing::step(loop)) {
    }
  }
  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    loop.timers().fire();
    settle();
  }
  static recovery::Policy escalates(std::string code) {
    recovery::Rule rule;
    rule.match.code = std::move(code);
    rule.strategy = Strategy::escalate;
    return recovery::Policy({rule});
  }

  ManualClock clock;
  task::Loop loop{clock};
  telemetry::Registry metrics;
  Receiver receiver;
  Settings settings;
  Alerts alerts{loop, metrics};
};

TEST_F(AlertsTest, FailuresOfAServerAreAnAlertWhenTheyAreTooMany) {
  for (int i = 0; i < 9; ++i) fail(Code::tool_server_unavailable);
  EXPECT_TRUE(receiver.take().empty());
  fail(Code::tool_server_unavailable);
  const auto told = receiver.take();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], HasSubstr("because=threshold"));
  EXPECT_THAT(told[0], HasSubstr("(10 times)"));
}

TEST_F(AlertsTest, AFloodIsOneAlertAndThenItsCount) {
  for (int i = 0; i < 1000; ++i) fail(Code::system_internal_error);
  auto told = receiver.take();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], HasSubstr("because=standard"));
  advance(minutes(5));
  told = receiver.take();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], HasSubstr("(999 times more)"));
  advance(minutes(5));
  EXPECT_TRUE(receiver.take().empty());
  fail(Code::system_internal_error);
  EXPECT_EQ(receiver.take().size(), 1U);
}

TEST_F(AlertsTest, ARuleEscalatesTheFirst) {
  configure(escalates("TOOL_004"));
  fail(Code::tool_timeout);
  const auto told = receiver.take();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], HasSubstr("because=rule"));
}

TEST_F(AlertsTest, OnlyARuleQuarantines) {
  std::vector<std::string> quarantined;
  alerts.on_quarantine([&](std::string_view server, Code because) {
    quarantined.push_back(std::string(server) + " " + std::string(wire_name(because)));
  });
  settings.quarantine = true;
  configure({});
  for (int i = 0; i < 100; ++i) fail(Code::tool_server_unavailable);
  fail(Code::system_internal_error);
  EXPECT_TRUE(quarantined.empty()) << "thresholds and the catalogue do not";
  configure(escalates("*"));
  for (const CatalogRow& each : catalog())
    if (recovery::caused_at_will(each.code)) fail(each.code);
  EXPECT_TRUE(quarantined.empty()) << "nor does what callers can cause at will";
  fail(Code::tool_timeout);
  EXPECT_EQ(quarantined, std::vector<std::string>{"files TOOL_004"});
}

TEST_F(AlertsTest, WhatCallersCanCauseAtWillPagesNobodyWhateverARuleSays) {
  configure(escalates("*"));
  for (const CatalogRow& each : catalog()) {
    if (!recovery::caused_at_will(each.code)) continue;
    for (int i = 0; i < 1000; ++i) fail(each.code);
    EXPECT_TRUE(receiver.take().empty()) << each.wire_name;
    EXPECT_EQ(metrics.counter(telemetry::metrics::caller_alarms, {each.wire_name}).value(), 1U)
        << each.wire_name;
  }
  advance(minutes(6));
  EXPECT_TRUE(receiver.take().empty());
  EXPECT_TRUE(alerts.recent().empty());
}

TEST_F(AlertsTest, WhoIsRefusedBeforeACallIsNamedAndPagesNobody) {
  settings.policy = escalates("*");
  settings.thresholds.by_severity = {20, 1, 1, 1};
  alerts.configure(settings);
  for (int i = 0; i < 100; ++i) {
    alerts.refused(Code::proto_parse_error, "10.0.0.1");
    alerts.refused(Code::limit_rate_limited, "10.0.0.2");
    alerts.refused(Code::system_resource_exhausted, "10.0.0.3");
  }
  settle();
  EXPECT_TRUE(alerts.recent().empty());
  EXPECT_EQ(alerts.monitor().callers(), 2u) << "what no caller can cause is laid to none";
}

TEST_F(AlertsTest, WhatAServerDoesOutsideOfCallsCounts) {
  for (int i = 0; i < 10; ++i) alerts.incident(Error(Code::discovery_network_error), "files");
  settle();
  EXPECT_EQ(receiver.take().size(), 1U);
  for (int i = 0; i < 100; ++i) alerts.incident(Error(Code::limit_quota), "files");
  settle();
  EXPECT_TRUE(receiver.take().empty()) << "that it found no place callers can bring about";
}

TEST_F(AlertsTest, OtherReceiversOfAReload) {
  settings.syslog.reset();
  alerts.configure(settings);
  fail(Code::system_internal_error);
  EXPECT_TRUE(receiver.take().empty());
  std::vector<std::string> events;
  alerts.export_to([&](std::string record) { events.push_back(std::move(record)); });
  settings.otlp = true;
  alerts.configure(settings);
  fail(Code::system_internal_error, "other");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_THAT(events[0], HasSubstr(R"("eventName":"sallyport.alert")"));
}

TEST_F(AlertsTest, KeepsTheLastForThoseWhoLook) {
  for (std::size_t i = 0; i < Alerts::kept + 10; ++i) fail(Code::system_internal_error, std::to_string(i));
  EXPECT_EQ(alerts.recent().size(), Alerts::kept);
  EXPECT_EQ(alerts.recent().back().server, std::to_string(Alerts::kept + 9));
}

TEST_F(AlertsTest, AtTheEndItTellsWhatItCounted) {
  for (int i = 0; i < 3; ++i) fail(Code::system_internal_error);
  EXPECT_EQ(receiver.take().size(), 1U);
  EXPECT_TRUE(testing::run(loop, alerts.finish(loop.now() + seconds(1))));
  const auto told = receiver.take();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], HasSubstr("(2 times more)"));
}

}  // namespace
}  // namespace sallyport::alerts
