// What a collector's answer, or the want of one, means for a report.
#include "telemetry/otlp_http.hpp"

#include "base/unique_fd.hpp"
#include "support/run_task.hpp"

#include <array>
#include <atomic>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sallyport::telemetry {
namespace {

using ::testing::HasSubstr;

// Listens, and answers the first request on each connection with the same bytes; without bytes it never does.
class Collector {
 public:
  explicit Collector(std::string answer) : answer_(std::move(answer)) {
    listening_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listening_.get(), 16), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { serve(); });
  }
  ~Collector() { ::shutdown(listening_.get(), SHUT_RDWR); }

  OtlpTarget target() const {
    return {"http://127.0.0.1:" + std::to_string(port_) + "/base/", {{"x-key", Secret("k")}}, ""};
  }
  const std::string& heard() const { return heard_; }  // once its answer was read
  bool heard_all() const { return heard_all_; }

 private:
  void serve() {
    for (;;) {
      const UniqueFd connection(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connection.get() < 0) return;
      std::array<char, 4096> buffer{};
      heard_.clear();
      while (!heard_.ends_with("REPORT")) {
        const ssize_t n = ::read(connection.get(), buffer.data(), buffer.size());
        if (n <= 0) break;
        heard_.append(buffer.data(), static_cast<std::size_t>(n));
      }
      heard_all_ = true;
      if (answer_.empty()) {
        (void)!::read(connection.get(), buffer.data(), 1);  // until it is closed
        continue;
      }
      (void)!::send(connection.get(), answer_.data(), answer_.size(), MSG_NOSIGNAL);
    }
  }

  std::string answer_;
  std::string heard_;
  std::atomic<bool> heard_all_ = false;
  UniqueFd listening_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

std::string answer(std::string_view status, std::string_view fields = "", std::string_view body = "") {
  return "HTTP/1.1 " + std::string(status) + "\r\nConnection: close\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

Result<std::uint64_t> report_to(const Collector& collector, Signal signal = Signal::traces) {
  task::Loop loop;
  auto made = OtlpHttp::make(loop, collector.target());
  EXPECT_TRUE(made);
  return testing::run(loop, (*made)->send(signal, "REPORT"));
}

TEST(OtlpHttp, PostsJsonBelowThePathOfTheUrl) {
  const Collector collector(answer("200 OK", "", R"({"partialSuccess":{"rejectedLogRecords":"2"}})"));
  const auto sent = report_to(collector, Signal::logs);
  ASSERT_TRUE(sent);
  EXPECT_EQ(*sent, 2U);
  EXPECT_TRUE(collector.heard().starts_with("POST /base/v1/logs HTTP/1.1\r\n")) << collector.heard();
  EXPECT_THAT(collector.heard(), HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(collector.heard(), HasSubstr("x-key: k\r\n"));
}

TEST(OtlpHttp, ItHasTheReportWhateverBecomesOfItsAnswer) {
  for (const std::string& bytes :
       {answer("202 Accepted"), answer("204 No Content"), answer("200 OK", "", "not json"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(100'000, '{')}) {
    const auto sent = report_to(Collector(bytes));
    ASSERT_TRUE(sent) << bytes.substr(0, 60);
    EXPECT_EQ(*sent, 0U);
  }
}

TEST(OtlpHttp, WhichFailuresPass) {
  struct Case {
    std::string answer;
    Code code;
    bool can_retry;
    std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
  };
  using std::chrono::milliseconds;
  for (const Case& c :
       {Case{answer("429 Too Many", "Retry-After: 7\r\n"), Code::telemetry_export_failed, true,
             milliseconds(7000)},
        Case{answer("502 Bad"), Code::telemetry_export_failed, true},
        Case{answer("503 Busy", "Retry-After: 2\r\n"), Code::telemetry_export_failed, true,
             milliseconds(2000)},
        Case{answer("504 Late"), Code::telemetry_export_failed, true},
        Case{answer("400 Bad"), Code::telemetry_provider_error, false},
        Case{answer("404 None"), Code::telemetry_provider_error, false},
        Case{answer("500 Oh"), Code::telemetry_provider_error, false},
        Case{answer("302 There", "Location: /elsewhere\r\n"), Code::telemetry_provider_error, false},
        Case{answer("401 Who"), Code::telemetry_config_error, false},
        Case{answer("403 No"), Code::telemetry_config_error, false},
        Case{"220 mail.example ESMTP\r\n\r\n", Code::telemetry_export_failed, true},
        Case{"HTTP/1.1 2", Code::telemetry_export_failed, true}}) {
    const auto sent = report_to(Collector(c.answer));
    ASSERT_FALSE(sent) << c.answer;
    EXPECT_EQ(sent.error().code(), c.code) << c.answer;
    EXPECT_EQ(sent.error().can_retry(), c.can_retry) << c.answer;
    EXPECT_EQ(sent.error().retry_after(), c.retry_after) << c.answer;
  }
}

TEST(OtlpHttp, ACollectorThatSaysNothingHasTenSeconds) {
  const Collector collector("");
  ManualClock clock;
  task::Loop loop(clock);
  auto made = OtlpHttp::make(loop, collector.target());
  ASSERT_TRUE(made);
  testing::Started<std::uint64_t> sending(loop, (*made)->send(Signal::traces, "REPORT"));
  while (!collector.heard_all()) {
    if (!testing::step(loop)) std::this_thread::yield();
  }
  clock.advance(OtlpHttp::patience - std::chrono::milliseconds(1));
  loop.timers().fire();
  EXPECT_FALSE(sending.settled());
  clock.advance(std::chrono::milliseconds(1));
  loop.timers().fire();
  const auto sent = sending.wait();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), Code::telemetry_export_failed);
  EXPECT_TRUE(sent.error().can_retry());
}

TEST(OtlpHttp, WhatCannotBeACollector) {
  task::Loop loop;
  EXPECT_EQ(OtlpHttp::make(loop, {"ftp://x", {}, ""}).error().code(), Code::config_invalid);
  EXPECT_FALSE(OtlpHttp::make(loop, {"https://127.0.0.1:1", {}, "/nowhere/ca.pem"}));
}

}  // namespace
}  // namespace sallyport::telemetry
