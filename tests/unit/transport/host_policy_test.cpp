// Who may speak to a listener: names, addresses and origins, and the tricks of those that may not.
#include "transport/host_policy.hpp"

#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::transport {
namespace {

using ::testing::HasSubstr;

net::RequestHead head(std::optional<std::string_view> host,
                      std::optional<std::string_view> origin = std::nullopt) {
  net::RequestHead made;
  if (host) made.fields.add("Host", *host);
  if (origin) made.fields.add("Origin", *origin);
  return made;
}

struct Row {
  std::string_view value;
  bool allowed;
};

void expect_hosts(const HostPolicy& policy, std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    const auto refused = policy.check(head(row.value));
    EXPECT_EQ(!refused, row.allowed) << row.value;
    if (refused) EXPECT_EQ(refused->code(), Code::proto_origin_forbidden);
  }
}

void expect_origins(const HostPolicy& policy, std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    const auto request = head("localhost:8080", row.value);
    EXPECT_EQ(!policy.check(request), row.allowed) << row.value;
    EXPECT_EQ(!policy.cors_headers(request).empty(), row.allowed) << row.value;
  }
}

TEST(HostPolicy, HostsOfALoopbackListener) {
  expect_hosts(HostPolicy(8080, true, {}, {}), {
                                                   {"localhost:8080", true},
                                                   {"localhost", true},
                                                   {"LocalHost:8080", true},
                                                   {"127.0.0.1:8080", true},
                                                   {"[::1]:8080", true},
                                                   {"[::1]", true},
                                                   {"localhost:8081", false},
                                                   {"127.0.0.2:8080", false},
                                                   {"10.0.0.1:8080", false},
                                                   {"evil.example:8080", false},
                                                   {"localhost.evil.example:8080", false},
                                                   {"localhost.:8080", false},
                                                   {"evil@localhost:8080", false},
                                                   {"localhost:8080@evil.example", false},
                                                   {"localhost:8080:8080", false},
                                                   {"[::1]8080", false},
                                                   {"[::1].evil.example:8080", false},
                                                   {"[::1", false},
                                                   {"::1", false},
                                                   {"", false},
                                                   {":8080", false},
                                               });
}

TEST(HostPolicy, AnyAddressNamesAListenerBeyondLoopback) {
  expect_hosts(HostPolicy(8080, false, {}, {}), {
                                                    {"10.0.0.1:8080", true},
                                                    {"[fd00::1]:8080", true},
                                                    {"localhost:8080", true},
                                                    {"10.0.0.1:80", false},
                                                    {"gateway.example:8080", false},
                                                    {"10.0.0.1.evil.example:8080", false},
                                                    {"10.0.0", false},
                                                });
}

TEST(HostPolicy, ListedNames) {
  expect_hosts(HostPolicy(8080, true, {"gateway.example", "other.example:9000"}, {}),
               {
                   {"gateway.example", true},
                   {"Gateway.Example:443", true},
                   {"other.example:9000", true},
                   {"other.example:9001", false},
                   {"sub.gateway.example", false},
                   {"gateway.example:8080@evil.example", false},
                   {"localhost:8080", true},
               });
}

TEST(HostPolicy, Origins) {
  expect_origins(HostPolicy(8080, true, {}, {"https://app.example", "null-ish"}),
                 {
                     {"http://localhost", true},
                     {"http://localhost:3000", true},
                     {"https://127.0.0.1:1", true},
                     {"http://[::1]:3000", true},
                     {"https://app.example", true},
                     {"HTTPS://APP.EXAMPLE", true},
                     {"null", false},
                     {"", false},
                     {"localhost", false},
                     {"https://evil.example", false},
                     {"https://app.example.evil.example", false},
                     {"https://app.example:444", false},
                     {"http://app.example", false},
                     {"http://localhost.evil.example", false},
                     {"http://localhost@evil.example", false},
                     {"http://localhost:80@evil.example", false},
                     {"http://evil.example#http://localhost", false},
                     {"http://[::1]evil.example", false},
                     {"http://[::1].evil.example:80", false},
                     {"http://localhost:80/path", false},
                 });
}

TEST(HostPolicy, NoOriginIsNoBrowser) {
  const HostPolicy policy(8080, true, {}, {});
  EXPECT_FALSE(policy.check(head("localhost:8080")));
  EXPECT_EQ(policy.cors_headers(head("localhost:8080")), "");
  EXPECT_FALSE(policy.check(head(std::nullopt))) << "HTTP/1.0";
}

TEST(HostPolicy, AnAllowedPageMayReadTheAnswer) {
  const std::string headers =
      HostPolicy(8080, true, {}, {}).cors_headers(head("localhost", "http://localhost:3000"));
  EXPECT_THAT(headers, HasSubstr("Access-Control-Allow-Origin: http://localhost:3000\r\n"));
  EXPECT_THAT(headers, HasSubstr("Vary: Origin\r\n"));
  EXPECT_TRUE(headers.ends_with("\r\n"));
}

}  // namespace
}  // namespace sallyport::transport
