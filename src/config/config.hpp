// What an operator configured, as plain values: every member carries its default, and nothing here is
// unenforced.
#pragma once

#include "base/secret.hpp"
#include "client/faults.hpp"
#include "recovery/rule.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::config {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;

using Milliseconds = std::chrono::milliseconds;

inline constexpr std::uint64_t kib = 1024;
inline constexpr std::uint64_t mib = 1024 * kib;

// A literal IP address or `localhost`, and a port; port 0 asks the kernel for a free one. Or a Unix socket.
struct Address {
  std::string host{};  // without the brackets of an IPv6 address
  std::uint16_t port = 0;
  std::string path{};  // of a Unix socket, instead of both

  bool is_unix() const { return !path.empty(); }

  bool is_loopback() const;
  std::string text() const;  // "127.0.0.1:8080", "[::1]:8080", "unix:/run/mcp.sock"
  bool operator==(const Address&) const = default;
};

// `count` permissions in each span of `per`: "100/s", "10/10s".
struct Rate {
  std::uint64_t count = 0;
  Milliseconds per = 1s;
  bool operator==(const Rate&) const = default;
};

// PEM files of the listener's certificate.
struct Tls {
  std::string cert;
  std::string key;
  std::string client_ca;  // clients show a certificate of these authorities; empty: none is asked for

  bool enabled() const { return !cert.empty(); }
};

struct Listen {
  std::vector<Address> http{{"127.0.0.1", 8080}};
  Tls tls;                                   // of the TCP addresses
  std::vector<std::string> allowed_origins;  // besides those of loopback
  std::vector<std::string> allowed_hosts;    // besides those that name the listener itself
  bool anonymous = false;  // the operator's word that a listener beyond loopback needs no credentials
  bool behind_tls_proxy = false;
  bool legacy_sse = false;                   // /sse and /messages, the transport of 2024-11-05
  std::vector<std::string> trusted_proxies;  // addresses, ranges, `unix`
};

// /healthz and /readyz alone, for a prober.
struct Health {
  std::optional<Address> http;  // absent: there is none
};

struct Admin {
  Address http{"127.0.0.1", 8081};
  Secret token;  // what writes need; empty: one that the gateway makes itself
};

// How one process or connection is divided between callers; the others come in a later release.
// `automatic`: `shared` for a stdio server; for an HTTP one what its revision has, a session for each session
// up to 2025-11-25, or none.
enum class Isolation : std::uint8_t { automatic, shared, principal, session };

// What is done about arguments that do not fit a tool's schema: they are refused, or counted, or not looked
// at.
enum class Validation : std::uint8_t { enforce, shadow, off };

struct EnvironmentEntry {
  std::string name;
  Secret value;
};

struct Header {
  std::string name;  // lower case
  Secret value;
};

// What is said about the tools of one server. Tools are named as the server itself names them.
struct ToolRules {
  std::vector<std::string> allow{"*"};  // patterns: `*` any run, `?` one character
  std::vector<std::string> deny;        // wins over allow
  std::vector<std::string> idempotent;  // patterns: may be repeated though it may have run
  std::vector<std::string> read_only;   // patterns: changes nothing, so may be repeated too
  std::map<std::string, Milliseconds, std::less<>> timeout;
  std::map<std::string, std::string, std::less<>>
      rename;  // tool -> the name shown instead, before the prefix
  std::map<std::string, std::string, std::less<>> describe;  // tool -> the description shown instead
};

// One MCP server behind the gateway: a child process (`command`) or an HTTP endpoint (`url`), never both.
struct Server {
  std::string key;        // [a-z0-9-]{1,24}
  std::size_t order = 0;  // place in the file: decides who keeps a name that two claim

  std::string command;
  std::vector<Secret> args;  // Secret because `${…}` may have put anything there
  std::vector<EnvironmentEntry> env;
  std::string cwd;  // empty: the gateway's own

  std::string url;  // http: or https:, as written; show it through a redaction only
  std::vector<Header> headers;
  std::string ca;  // a PEM file, instead of the system's trust; empty: the system's

  std::string protocol = "auto";  // or one of the revisions 2024-11-05 … 2026-07-28
  Isolation isolation = Isolation::automatic;
  std::optional<std::string> prefix;  // absent: `{key}{separator}`; "": none
  std::vector<std::uint16_t>
      refuses_with;  // HTTP statuses by which this server says that it did not run the call
  ToolRules tools;
  bool trusted = false;  // believe this server's own annotations
  std::string fallback;  // the key of the server to ask when this one fails; empty: none
  bool roots = false;    // it may ask callers for their roots
  Validation validate = Validation::shadow;

  bool is_stdio() const { return !command.empty(); }
  // What `isolation` comes to, as far as the file tells: an HTTP server may turn out to have no sessions.
  Isolation effective_isolation() const {
    if (isolation != Isolation::automatic) return isolation;
    return is_stdio() ? Isolation::shared : Isolation::session;
  }
  // Can a caller get a process or connection of its own?
  bool may_isolate() const { return effective_isolation() != Isolation::shared; }
};

struct Expose {
  std::string separator = "__";
  std::uint32_t max_name = 48;
  Milliseconds keep_listed = 60min;
};

struct Timeouts {
  Milliseconds tool = 55s;
  Milliseconds tool_max = 10min;
  Milliseconds start = 120s;
  Milliseconds first_list = 10s;
  Milliseconds discovery = 20s;
  Milliseconds connect = 5s;
  Milliseconds shutdown = 25s;
};

enum class LimitBy : std::uint8_t { key, source };

struct Limits {
  std::optional<Rate> rate;  // per principal; absent: none
  LimitBy per = LimitBy::key;
  Rate source{50, 1s};
  bool source_written =
      false;  // did the file itself set `source`? (stdio and loopback are exempt unless it did)
  std::uint32_t concurrency = 64;
  bool adaptive_concurrency = false;
  std::uint64_t buffered = 512 * mib;
  std::uint64_t request = 4 * mib;
  std::uint64_t response = 64 * mib;
  std::uint64_t stdio_line = 64 * mib;
  std::uint32_t depth = 64;
  std::uint32_t keys = 10000;
  std::uint32_t children = 64;
  std::uint32_t instances = 1000;
  std::uint32_t streams = 1000;
  std::uint32_t subscriptions = 100;
  std::uint32_t tasks = 1000;
};

// When a server that fails is left alone.
struct Breaker {
  std::uint32_t failures = 5;
  Milliseconds window = 30s;
  Milliseconds open = 10s;
};

struct Sessions {
  Milliseconds idle = 30min;
  std::uint32_t total = 10000;
  std::uint32_t per_principal = 1000;
};

struct Stream {
  Milliseconds after = 5s;
  Milliseconds keepalive = 15s;
};

// A failure that is injected on purpose.
struct FaultRule {
  client::FaultRule rule;
  std::vector<Header> headers;  // of `http`
};
bool operator==(const FaultRule& a, const FaultRule& b);

// Calls that wait for an answer of their client.
struct Suspended {
  std::uint32_t total = 1000;
  std::uint32_t per_principal = 16;
  std::uint64_t bytes = 64 * mib;
  Milliseconds expiry = 10min;
};

struct State {
  std::vector<Secret> seal_keys;  // each one that SealKey::parse takes; none: one that the gateway makes
};

// How many calls to one server may be tried again: a share of those that are made, and `floor` besides.
struct RetryBudget {
  double share = 0.2;
  Rate floor{10, 10s};
};

// What is kept of event streams for legacy clients that come back.
struct Events {
  std::uint32_t per_session = 256;
  std::uint64_t bytes = 4 * mib;  // of one session
  Milliseconds keep = 60s;
};

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error };
enum class LogFormat : std::uint8_t { automatic, text, json };

struct Log {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;  // text on a terminal, else JSON
};

// A collector of OpenTelemetry.
struct Otlp {
  std::string endpoint;  // http: or https:; empty: nothing is sent anywhere
  std::vector<Header> headers;
  std::string ca;  // a PEM file, instead of the system's trust; empty: the system's
  Milliseconds interval = 60s;

  bool enabled() const { return !endpoint.empty(); }
};

struct Telemetry {
  Log log;
  Otlp otlp;
  bool developer_text = false;
};

// How many failures of one code within `window` are an alert, by severity; 0: none are.
struct Monitor {
  Milliseconds window = 5min;
  std::uint32_t critical = 1;
  std::uint32_t high = 5;
  std::uint32_t medium = 10;
  std::uint32_t low = 50;
};

// Who is told of alerts besides the log.
struct Escalate {
  Secret webhook;                 // a URL; empty: none
  std::optional<Address> syslog;  // a UDP address or a Unix socket
  bool otlp = false;
  bool quarantine = false;     // of a server whose failure a rule escalates
  Milliseconds window = 5min;  // in which the same is told once, and then its count
};

// What happens to a call of which no audit record can be written.
enum class OnFailure : std::uint8_t { go_on, refuse };

struct Audit {
  std::string file;  // empty: no audit record
  OnFailure on_failure = OnFailure::go_on;
};

struct Config {
  std::uint32_t version = 1;
  std::uint32_t threads = 1;
  Listen listen;
  Health health;
  Admin admin;
  std::vector<Server> servers;  // in the order of the file
  Expose expose;
  Timeouts timeouts;
  std::vector<recovery::Rule> recovery;  // the first that fits counts
  Limits limits;
  RetryBudget retry_budget;
  Breaker breaker;
  Sessions sessions;
  Stream stream;
  Suspended suspended;
  Events events;
  Monitor monitor;
  Escalate escalate;
  Audit audit;
  std::vector<FaultRule> faults;  // the first that strikes counts
  bool allow_faults = false;      // said the command line
  State state;
  Telemetry telemetry;

  const Server* server(std::string_view key) const;
};

}  // namespace sallyport::config
