// Which collector a server's telemetry goes to.
#include "server/collector.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
constexpr const char* headers = "OTEL_EXPORTER_OTLP_HEADERS";

struct CollectorTest : ::testing::Test {
  std::map<std::string, std::string> variables;

  Result<std::optional<Collector>> find(const std::string& url = {}) {
    return find_collector(url, [this](const char* name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  }
};

TEST_F(CollectorTest, NoneUnlessSomebodyNamesOne) {
  EXPECT_EQ(find()->has_value(), false);
  variables[endpoint] = "  ";
  EXPECT_EQ(find()->has_value(), false);
  variables[endpoint] = "http://127.0.0.1:4318";
  EXPECT_EQ((*find())->endpoint, "http://127.0.0.1:4318");
  EXPECT_EQ((*find("http://other:1"))->endpoint, "http://other:1") << "the command line comes first";
}

TEST_F(CollectorTest, TheVariablesCanWantNone) {
  variables[endpoint] = "http://127.0.0.1:4317";
  variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc";
  EXPECT_EQ(find()->has_value(), false);
  EXPECT_EQ(find("http://127.0.0.1:4318")->has_value(), true);
  variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
  EXPECT_EQ(find()->has_value(), true);
  variables["OTEL_SDK_DISABLED"] = "TRUE";
  EXPECT_EQ(find()->has_value(), false);
}

TEST_F(CollectorTest, HeadersAndNamesComeFromTheVariables) {
  variables[headers] = "authorization=Bearer%20s3cret, x-team = a,,";
  variables["OTEL_EXPORTER_OTLP_CERTIFICATE"] = "/etc/ca.pem";
  variables["OTEL_SERVICE_NAME"] = "weather-eu";
  const auto found = *find("https://otlp.example/base");
  ASSERT_EQ(found->headers.size(), 2U);
  EXPECT_EQ(found->headers[0].first, "authorization");
  EXPECT_EQ(found->headers[0].second.reveal(), "Bearer s3cret");
  EXPECT_EQ(found->headers[1].first, "x-team");
  EXPECT_EQ(found->headers[1].second.reveal(), "a");
  EXPECT_EQ(found->ca, "/etc/ca.pem");
  EXPECT_EQ(found->service, "weather-eu");
}

TEST_F(CollectorTest, MistakesAreNamedWithoutWhatTheySay) {
  for (const char* url : {"127.0.0.1:4318", "ftp://x", "http://", "http://u:p@x", "http://x?key=s3cret",
                          "http://x#s3cret", "http://x:99999"}) {
    const auto found = find(url);
    ASSERT_FALSE(found) << url;
    EXPECT_EQ(found.error().code(), Code::config_invalid);
    EXPECT_THAT(found.error().developer_message(), HasSubstr("--otlp"));
    EXPECT_THAT(found.error().developer_message(), Not(HasSubstr("s3cret")));
  }
  for (const char* wrong : {"s3cret", "a b=s3cret", "a=s3cret%0d%0aHost:x", "a=s3cret%zz", "=s3cret"}) {
    variables[headers] = wrong;
    const auto found = find("http://x");
    ASSERT_FALSE(found) << wrong;
    EXPECT_THAT(found.error().developer_message(), HasSubstr(headers));
    EXPECT_THAT(found.error().developer_message(), Not(HasSubstr("s3cret")));
  }
}

}  // namespace
}  // namespace sallyport::server
