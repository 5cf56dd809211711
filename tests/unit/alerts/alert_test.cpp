// How each receiver reads an alert: golden, and with hostile names.
#include "alerts/alert.hpp"

#include "json/scanner.hpp"

#include <gtest/gtest.h>

namespace sallyport::alerts {
namespace {

using std::chrono::milliseconds;

Alert sample() {
  CorrelationId correlation;
  for (std::size_t i = 0; i < correlation.bytes.size(); ++i) correlation.bytes[i] = static_cast<std::byte>(i);
  return {.code = Code::tool_server_unavailable,
          .kind = row(Code::tool_server_unavailable).kind,
          .server = "files",
          .because = Because::threshold,
          .count = 5,
          .first = SystemTime(milliseconds(1'700'000'000'000)),
          .last = SystemTime(milliseconds(1'700'000'042'007)),
          .correlation = correlation,
          .text = "Server 'files' is not available."};
}

TEST(AlertText, Json) {
  EXPECT_EQ(
      alert_json(sample()),
      R"({"version":1,"event":"sallyport.alert","code":"TOOL_006","name":"TOOL_SERVER_UNAVAILABLE",)"
      R"("kind":"NETWORK_TRANSPORT_RUNTIME_UNREACHABLE","severity":"medium","server":"files","because":"threshold",)"
      R"("quarantined":false,"repeated":false,"count":5,"first":"2023-11-14T22:13:20.000Z","last":"2023-11-14T22:14:02.007Z",)"
      R"("correlationId":"000102030405060708090a0b0c0d0e0f",)"
      R"x("text":"medium TOOL_006 [files]: Server 'files' is not available. (5 times)",)x"
      R"("docs":"errors#TOOL_006"})");
}

TEST(AlertText, JsonOfTheGatewayItselfAndOfACount) {
  Alert alert = sample();
  alert.server.clear();
  alert.correlation.reset();
  alert.repeated = true;
  alert.count = 1;
  const std::string text = alert_json(alert);
  ASSERT_TRUE(json::scan(text)) << text;
  EXPECT_NE(text.find(R"("server":null)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("correlationId":null)"), std::string::npos) << text;
  EXPECT_NE(text.find("(1 time more)"), std::string::npos) << text;
}

TEST(AlertText, SyslogIsRfc5424) {
  EXPECT_EQ(
      alert_syslog(sample(), "host.example", 42),
      "<28>1 2023-11-14T22:14:02.007Z host.example sallyport 42 TOOL_006 - medium TOOL_006 [files]: Server "
      "'files' is not available. (5 times) kind=NETWORK_TRANSPORT_RUNTIME_UNREACHABLE because=threshold "
      "first=2023-11-14T22:13:20.000Z ref=000102030405060708090a0b0c0d0e0f");
  EXPECT_TRUE(alert_syslog(sample(), "", 42).starts_with("<28>1 2023-11-14T22:14:02.007Z - sallyport"));
}

TEST(AlertText, NobodyWritesLinesOfHisOwn) {
  Alert alert = sample();
  alert.text = "a\n<0>1 forged \x1b[31m \"}";
  const std::string line = alert_syslog(alert, "ho st\n", 1);
  EXPECT_EQ(line.find('\n'), std::string::npos) << line;
  EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
  EXPECT_NE(line.find(" host sallyport "), std::string::npos) << line;
  EXPECT_TRUE(json::scan(alert_json(alert)));
  EXPECT_TRUE(json::scan(alert_otlp(alert))) << alert_otlp(alert);
}

}  // namespace
}  // namespace sallyport::alerts
