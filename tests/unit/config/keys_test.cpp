// Every key of the table: its default, that a value arrives in the struct, and that what is not enforced is
// refused.
#include "config/keys.hpp"

#include "support/certificates.hpp"
#include "unit/config/support.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::config {
namespace {

bool is_container(const Key& key) {
  return key.type == Type::section || key.type == Type::servers || key.type == Type::rules;
}
// Of one of the sections of a list.
bool is_of_rule(const Key& key) {
  return key.path.find(".*.") != std::string_view::npos && !key.path.starts_with("servers.");
}
bool is_of_server(const Key& key) {
  return key.path.starts_with("servers.*.");
}

// A file with this key alone; `*` is the server `files`, which is a child unless the key is about an
// endpoint.
std::string file_with(const Key& key, std::string_view value) {
  static const std::set<std::string_view> of_endpoints{"headers", "ca", "refuses_with"};
  std::string flow(value);
  std::string_view path = key.path;
  if (is_of_server(key)) path.remove_prefix(std::string_view("servers.*.").size());
  while (!path.empty()) {
    const std::size_t dot = path.rfind('.');
    const std::string_view name = dot == std::string_view::npos ? path : path.substr(dot + 1);
    path = dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
    flow = std::string(name) + ": " + flow;
    if (path == "telemetry.otlp" && name != "endpoint") flow = "endpoint: https://otlp.example, " + flow;
    if (!path.empty()) flow = "{" + flow + "}";
  }
  if (!is_of_server(key)) return flow + "\nservers: {files: {command: sh}}\n";
  std::string base = of_endpoints.contains(key.name()) ? "url: https://host.example/mcp, " : "command: sh, ";
  if (key.name() == "command" || key.name() == "url") base.clear();
  const std::string other = key.name() == "fallback" ? ", other: {command: sh}" : "";
  return "servers: {files: {" + base + flow + "}" + other + "}\n";
}

template <class T>
concept Comparable = requires(const T& a, const T& b) {
  { a == b } -> std::convertible_to<bool>;
};

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (Comparable<T> && !std::is_same_v<T, std::vector<Secret>> &&
                !std::is_same_v<T, std::vector<EnvironmentEntry>> &&
                !std::is_same_v<T, std::vector<Header>>) {
    return a == b;
  } else {
    return a.empty() && b.empty();
  }
}

// The values that two configurations have under a key are the same.
bool same_value(const Key& key, Config& a, Config& b) {
  Scope in_a{&a, a.servers.data()};
  Scope in_b{&b, b.servers.data()};
  const Slot left = key.slot(in_a);
  const Slot right = key.slot(in_b);
  return std::visit(
      [&](auto slot) {
        if constexpr (std::is_same_v<decltype(slot), std::monostate>) {
          return true;
        } else {
          return same(*slot, *std::get<decltype(slot)>(right));
        }
      },
      left);
}

Config untouched() {
  Config config;
  config.servers.emplace_back();
  config.servers.back().key = "files";
  return config;
}

TEST(Keys, TheDefaultsOfTheTableAreThoseOfTheStructs) {
  for (const Key& key : keys()) {
    if (!key.enforced() || is_container(key) || is_of_rule(key)) continue;
    Loaded loaded = test::load_yaml(key.standard.empty() ? "servers: {files: {command: sh}}"
                                                         : file_with(key, key.standard));
    ASSERT_TRUE(loaded.config) << key.path << "\n" << render_text(loaded.diagnostics, false);
    Config expected = untouched();
    if (key.path == "servers.*.command") expected.servers[0].command = "sh";
    if (key.slot != nullptr) EXPECT_TRUE(same_value(key, *loaded.config, expected)) << key.path;
  }
}

struct Sample {
  std::string_view path;
  std::string_view value;
  std::function<bool(const Config&)> holds;
};

const Server& files(const Config& config) {
  return config.servers.at(0);
}

const std::vector<Sample>& samples() {
  static const std::vector<Sample> list{
      {"version", "1", [](const Config& c) { return c.version == 1; }},
      {"threads", "1", [](const Config& c) { return c.threads == 1; }},
      {"listen.http", "'[::1]:0'",
       [](const Config& c) { return c.listen.http == std::vector<Address>{{"::1", 0}}; }},
      {"listen.allowed_origins", "['https://a.example:8443']",
       [](const Config& c) {
         return c.listen.allowed_origins == std::vector<std::string>{"https://a.example:8443"};
       }},
      {"listen.allowed_hosts", "[a.example, 'b.example:80']",
       [](const Config& c) {
         return c.listen.allowed_hosts == std::vector<std::string>{"a.example", "b.example:80"};
       }},
      {"listen.anonymous", "true", [](const Config& c) { return c.listen.anonymous; }},
      {"listen.legacy_sse", "true", [](const Config& c) { return c.listen.legacy_sse; }},
      {"listen.behind_tls_proxy", "true", [](const Config& c) { return c.listen.behind_tls_proxy; }},
      {"listen.trusted_proxies", "[10.0.0.0/8, 192.0.2.1, '2001:db8::/32', '::ffff:192.0.2.0/120', unix]",
       [](const Config& c) {
         return c.listen.trusted_proxies == std::vector<std::string>{"10.0.0.0/8", "192.0.2.1",
                                                                     "2001:db8::/32", "::ffff:192.0.2.0/120",
                                                                     "unix"};
       }},
      {"health.http", "0.0.0.0:8082",
       [](const Config& c) { return c.health.http == Address{"0.0.0.0", 8082}; }},
      {"admin.http", "localhost:9999",
       [](const Config& c) { return c.admin.http == Address{"localhost", 9999}; }},
      {"admin.token", "0123456789-abcdef",
       [](const Config& c) { return c.admin.token.reveal() == "0123456789-abcdef"; }},
      {"servers.*.command", "npx",
       [](const Config& c) { return files(c).command == "npx" && files(c).is_stdio(); }},
      {"servers.*.args", "[-y, 5, 'a b']",
       [](const Config& c) {
         return files(c).args.size() == 3 && files(c).args[1].reveal() == "5" &&
                files(c).args[2].reveal() == "a b";
       }},
      {"servers.*.env", "{A: 1, B: '${TOKEN}'}",
       [](const Config& c) {
         return files(c).env.size() == 2 && files(c).env[0].name == "A" &&
                files(c).env[0].value.reveal() == "1" && files(c).env[1].value.reveal() == "canary-token";
       }},
      {"servers.*.cwd", "/tmp", [](const Config& c) { return files(c).cwd == "/tmp"; }},
      {"servers.*.url", "https://h.example/mcp",
       [](const Config& c) { return files(c).url == "https://h.example/mcp" && !files(c).is_stdio(); }},
      {"servers.*.headers", "{Authorization: 'Bearer ${TOKEN}'}",
       [](const Config& c) {
         return files(c).headers.size() == 1 && files(c).headers[0].name == "authorization" &&
                files(c).headers[0].value.reveal() == "Bearer canary-token";
       }},
      {"servers.*.ca", "/etc/ca.pem", [](const Config& c) { return files(c).ca == "/etc/ca.pem"; }},
      {"servers.*.protocol", "2025-06-18", [](const Config& c) { return files(c).protocol == "2025-06-18"; }},
      {"servers.*.isolation", "session",
       [](const Config& c) { return files(c).isolation == Isolation::session; }},
      {"servers.*.fallback", "other", [](const Config& c) { return files(c).fallback == "other"; }},
      {"servers.*.prefix", "''", [](const Config& c) { return files(c).prefix == ""; }},
      {"servers.*.refuses_with", "[503, 429]",
       [](const Config& c) { return files(c).refuses_with == std::vector<std::uint16_t>{503, 429}; }},
      {"servers.*.tools.allow", "['read_*']",
       [](const Config& c) { return files(c).tools.allow == std::vector<std::string>{"read_*"}; }},
      {"servers.*.tools.deny", "[a, 'b?']",
       [](const Config& c) { return files(c).tools.deny == std::vector<std::string>{"a", "b?"}; }},
      {"servers.*.tools.idempotent", "[c]",
       [](const Config& c) { return files(c).tools.idempotent.size() == 1; }},
      {"servers.*.tools.read_only", "[d]",
       [](const Config& c) { return files(c).tools.read_only.size() == 1; }},
      {"servers.*.tools.timeout", "{slow: 5m}",
       [](const Config& c) { return files(c).tools.timeout.at("slow") == 5min; }},
      {"servers.*.tools.rename", "{old.name: new_name}",
       [](const Config& c) { return files(c).tools.rename.at("old.name") == "new_name"; }},
      {"servers.*.tools.describe", "{old: Says more.}",
       [](const Config& c) { return files(c).tools.describe.at("old") == "Says more."; }},
      {"servers.*.trusted", "true", [](const Config& c) { return files(c).trusted; }},
      {"servers.*.roots", "true", [](const Config& c) { return files(c).roots; }},
      {"servers.*.validate", "enforce",
       [](const Config& c) { return files(c).validate == Validation::enforce; }},
      {"expose.mode", "flat", [](const Config&) { return true; }},
      {"expose.separator", "-", [](const Config& c) { return c.expose.separator == "-"; }},
      {"expose.max_name", "60", [](const Config& c) { return c.expose.max_name == 60; }},
      {"expose.keep_listed", "2h30m", [](const Config& c) { return c.expose.keep_listed == 150min; }},
      {"timeouts.tool", "30s", [](const Config& c) { return c.timeouts.tool == 30s; }},
      {"timeouts.tool_max", "1h", [](const Config& c) { return c.timeouts.tool_max == 60min; }},
      {"timeouts.start", "1s", [](const Config& c) { return c.timeouts.start == 1s; }},
      {"timeouts.first_list", "2s", [](const Config& c) { return c.timeouts.first_list == 2s; }},
      {"timeouts.discovery", "3s", [](const Config& c) { return c.timeouts.discovery == 3s; }},
      {"timeouts.connect", "250ms", [](const Config& c) { return c.timeouts.connect == 250ms; }},
      {"timeouts.shutdown", "0s", [](const Config& c) { return c.timeouts.shutdown == 0s; }},
      {"limits.rate", "10/10s",
       [](const Config& c) { return c.limits.rate == Rate{10, 10s} && !c.limits.source_written; }},
      {"limits.per", "source", [](const Config& c) { return c.limits.per == LimitBy::source; }},
      {"limits.source", "7/m",
       [](const Config& c) { return c.limits.source == Rate{7, 1min} && c.limits.source_written; }},
      {"limits.concurrency", "3", [](const Config& c) { return c.limits.concurrency == 3; }},
      {"limits.adaptive_concurrency", "true", [](const Config& c) { return c.limits.adaptive_concurrency; }},
      {"monitor.window", "1m", [](const Config& c) { return c.monitor.window == 60s; }},
      {"monitor.critical", "2", [](const Config& c) { return c.monitor.critical == 2; }},
      {"monitor.high", "3", [](const Config& c) { return c.monitor.high == 3; }},
      {"monitor.medium", "4", [](const Config& c) { return c.monitor.medium == 4; }},
      {"monitor.low", "0", [](const Config& c) { return c.monitor.low == 0; }},
      {"escalate.webhook", "https://hooks.example/T0",
       [](const Config& c) { return c.escalate.webhook.reveal() == "https://hooks.example/T0"; }},
      {"escalate.syslog", "unix:/dev/log",
       [](const Config& c) { return c.escalate.syslog && c.escalate.syslog->path == "/dev/log"; }},
      {"escalate.window", "7s", [](const Config& c) { return c.escalate.window == 7s; }},
      {"limits.buffered", "1GiB", [](const Config& c) { return c.limits.buffered == 1024 * mib; }},
      {"limits.request", "1024", [](const Config& c) { return c.limits.request == kib; }},
      {"limits.response", "2KiB", [](const Config& c) { return c.limits.response == 2 * kib; }},
      {"limits.stdio_line", "1MiB", [](const Config& c) { return c.limits.stdio_line == mib; }},
      {"limits.depth", "32", [](const Config& c) { return c.limits.depth == 32; }},
      {"limits.keys", "99", [](const Config& c) { return c.limits.keys == 99; }},
      {"limits.instances", "3", [](const Config& c) { return c.limits.instances == 3; }},
      {"breaker.failures", "9", [](const Config& c) { return c.breaker.failures == 9; }},
      {"breaker.window", "1m", [](const Config& c) { return c.breaker.window == 60s; }},
      {"breaker.open", "2s", [](const Config& c) { return c.breaker.open == 2s; }},
      {"limits.children", "2", [](const Config& c) { return c.limits.children == 2; }},
      {"limits.streams", "5", [](const Config& c) { return c.limits.streams == 5; }},
      {"limits.subscriptions", "7", [](const Config& c) { return c.limits.subscriptions == 7; }},
      {"limits.tasks", "7", [](const Config& c) { return c.limits.tasks == 7; }},
      {"sessions.idle", "2s", [](const Config& c) { return c.sessions.idle == 2s; }},
      {"sessions.total", "11", [](const Config& c) { return c.sessions.total == 11; }},
      {"sessions.per_principal", "4", [](const Config& c) { return c.sessions.per_principal == 4; }},
      {"stream.after", "0s", [](const Config& c) { return c.stream.after == 0s; }},
      {"stream.keepalive", "20s", [](const Config& c) { return c.stream.keepalive == 20s; }},
      {"suspended.total", "9", [](const Config& c) { return c.suspended.total == 9; }},
      {"suspended.per_principal", "3", [](const Config& c) { return c.suspended.per_principal == 3; }},
      {"suspended.bytes", "1MiB", [](const Config& c) { return c.suspended.bytes == mib; }},
      {"state.seal_keys", "[0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef]",
       [](const Config& c) { return c.state.seal_keys.at(0).reveal().size() == 64; }},
      {"suspended.expiry", "5m", [](const Config& c) { return c.suspended.expiry == 5min; }},
      {"events.per_session", "5", [](const Config& c) { return c.events.per_session == 5; }},
      {"events.bytes", "2MiB", [](const Config& c) { return c.events.bytes == 2 * mib; }},
      {"events.keep", "5s", [](const Config& c) { return c.events.keep == 5s; }},
      {"audit.file", "/tmp/audit", [](const Config& c) { return c.audit.file == "/tmp/audit"; }},
      {"audit.on_failure", "refuse", [](const Config& c) { return c.audit.on_failure == OnFailure::refuse; }},
      {"retry_budget.share", "0.5", [](const Config& c) { return c.retry_budget.share == 0.5; }},
      {"retry_budget.floor", "20/1m", [](const Config& c) { return c.retry_budget.floor == Rate{20, 1min}; }},
      {"telemetry.otlp.endpoint", "http://127.0.0.1:4318",
       [](const Config& c) { return c.telemetry.otlp.endpoint == "http://127.0.0.1:4318"; }},
      {"telemetry.otlp.headers", "{authorization: Bearer x}",
       [](const Config& c) { return c.telemetry.otlp.headers.at(0).value.reveal() == "Bearer x"; }},
      {"telemetry.otlp.ca", "/tmp/ca.pem",
       [](const Config& c) { return c.telemetry.otlp.ca == "/tmp/ca.pem"; }},
      {"telemetry.otlp.interval", "5s", [](const Config& c) { return c.telemetry.otlp.interval == 5s; }},
      {"telemetry.developer_text", "true", [](const Config& c) { return c.telemetry.developer_text; }},
      {"telemetry.log.level", "debug",
       [](const Config& c) { return c.telemetry.log.level == LogLevel::debug; }},
      {"telemetry.log.format", "json",
       [](const Config& c) { return c.telemetry.log.format == LogFormat::json; }},
  };
  return list;
}

TEST(Keys, EveryEnforcedKeyArrivesInItsStruct) {
  std::set<std::string_view> covered;
  for (const Sample& sample : samples()) {
    covered.insert(sample.path);
    const Key* key = find_key(sample.path);
    ASSERT_NE(key, nullptr) << sample.path;
    const Loaded loaded = test::load_yaml(file_with(*key, sample.value));
    ASSERT_TRUE(loaded.config) << sample.path << "\n" << render_text(loaded.diagnostics, false);
    EXPECT_TRUE(sample.holds(*loaded.config)) << sample.path;
  }
  for (const Key& key : keys()) {
    if (key.path.starts_with("listen.tls.")) continue;  // files that have to fit together: below
    // What means something beside another key only: alert_rules_test.cpp.
    if (key.path == "escalate.otlp" || key.path == "escalate.quarantine") continue;
    if (key.enforced() && !is_container(key) && !is_of_rule(key))
      EXPECT_TRUE(covered.contains(key.path)) << key.path;
  }
}

TEST(Keys, ARuleOfRecoveryArrivesInItsStruct) {
  const Loaded loaded = test::load_yaml(
      "servers: {files: {command: sh}}\n"
      "recovery:\n"
      "  - {match: {code: NET_*, family: NET, kind: NETWORK_*, operation: discovery, server: fi*, tool: "
      "'t?'},\n"
      "     strategy: retry, attempts: 7, base: 50ms, max: 3s, attempt: 20s}\n"
      "  - {strategy: fail_closed}\n");
  ASSERT_TRUE(loaded.config) << render_text(loaded.diagnostics, false);
  recovery::Rule rule;
  rule.match.code = "NET_*";
  rule.match.family = Family::net;
  rule.match.kind = "NETWORK_*";
  rule.match.operation = classify::Operation::discovery;
  rule.match.server = "fi*";
  rule.match.tool = "t?";
  rule.strategy = Strategy::retry;
  rule.attempts = 7;
  rule.base = 50ms;
  rule.max = 3s;
  rule.attempt = 20s;
  recovery::Rule closed;
  closed.strategy = Strategy::fail_closed;
  EXPECT_EQ(loaded.config->recovery, (std::vector{rule, closed}));
}

TEST(Keys, AUrlAloneIsTheCollector) {
  const Loaded loaded =
      test::load_yaml("telemetry: {otlp: http://127.0.0.1:4318}\nservers: {files: {command: sh}}\n");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->telemetry.otlp.endpoint, "http://127.0.0.1:4318");
}

TEST(Keys, TheFilesOfTlsArriveInTheirStruct) {
  const testing::Identity ca = testing::make_identity("Test CA", nullptr);
  const testing::Identity made = testing::make_identity("gateway", &ca, "DNS:localhost");
  const testing::TemporaryFile cert(made.certificate_pem());
  const testing::TemporaryFile key(made.key_pem());
  const testing::CaFile client_ca(ca);
  const auto with = [&](const std::string& key_path) {
    return test::load_yaml("listen: {http: [127.0.0.1:0, 'unix:/run/x.sock'], tls: {cert: " + cert.path() +
                           ", key: " + key_path + ", client_ca: " + client_ca.path() +
                           "}}\nservers: {files: {command: sh}}\n");
  };
  const Loaded loaded = with(key.path());
  ASSERT_TRUE(loaded.config) << render_text(loaded.diagnostics, false);
  EXPECT_EQ(loaded.config->listen.tls.cert, cert.path());
  EXPECT_EQ(loaded.config->listen.tls.key, key.path());
  EXPECT_EQ(loaded.config->listen.tls.client_ca, client_ca.path());
  ASSERT_EQ(loaded.config->listen.http.size(), 2u);
  EXPECT_EQ(loaded.config->listen.http[1].path, "/run/x.sock");
  const testing::TemporaryFile other(ca.key_pem());
  const Loaded mismatched = with(other.path());
  ASSERT_FALSE(mismatched.config);
  EXPECT_EQ(mismatched.diagnostics[0].path, "listen.tls.key");
  EXPECT_THAT(mismatched.diagnostics[0].what, ::testing::HasSubstr("does not belong to the certificate"));
}

TEST(Keys, WhatIsNotEnforcedIsRefused) {
  for (const Key& key : keys()) {
    if (key.enforced()) continue;
    const Loaded loaded = test::load_yaml(file_with(key, "1"));
    ASSERT_EQ(loaded.diagnostics.size(), 1U) << key.path;
    EXPECT_THAT(loaded.diagnostics[0].what, ::testing::HasSubstr("not enforced by this build")) << key.path;
    EXPECT_FALSE(loaded.config);
  }
}

// The keys that product.md names besides those of the table's enforced rows.
TEST(Keys, EveryKeyOfTheProductIsKnown) {
  for (const char* path :
       {"servers.*.proxy", "servers.*.guardrails", "servers.*.stateful", "servers.*.pins", "auth", "policy",
        "guardrails", "timeouts.guardrail", "timeouts.auth", "egress", "compat", "state.sqlite"}) {
    const Key* key = find_key(path);
    ASSERT_NE(key, nullptr) << path;
    EXPECT_FALSE(key->enforced()) << path;
  }
}

TEST(Keys, EveryRowSaysWhatItIsAndStandsBelowASection) {
  std::set<std::string_view> seen;
  for (const Key& key : keys()) {
    EXPECT_TRUE(seen.insert(key.path).second) << key.path;
    EXPECT_TRUE(key.doc.ends_with('.')) << key.path;
    const std::size_t dot = key.path.rfind('.');
    if (dot != std::string_view::npos) EXPECT_TRUE(seen.contains(key.path.substr(0, dot))) << key.path;
  }
}

}  // namespace
}  // namespace sallyport::config
