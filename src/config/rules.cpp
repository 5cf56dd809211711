#include "config/rules.hpp"

#include "base/clock.hpp"
#include "base/durations.hpp"
#include "base/strings.hpp"
#include "config/alert_rules.hpp"
#include "config/fallback_rules.hpp"
#include "config/fault_rules.hpp"
#include "config/places.hpp"
#include "config/recovery_rules.hpp"
#include "config/values.hpp"
#include "net/tls_server.hpp"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::config {
namespace {

Written whole_file(const Request& request) {
  if (request.config) return {request.config->name, {1, 1}};
  if (request.mcp_json) return {request.mcp_json->name, {1, 1}};
  return {"sallyport", {}};
}

// The words for mistakes that more than one key makes.
class Checks : private Places {
 public:
  Checks(const Draft& draft, const Request& request, Diagnostics& out)
      : Places(draft, whole_file(request), out), config_(draft.config), request_(request) {}

  void run() {
    has_servers();
    listeners();
    timeouts();
    instances();
    audit();
    otlp();
    for (const Server& server : config_.servers) one_server(server);
    shown_names();
    fallbacks();
    check_recovery(config_, *this);
    check_alerts(config_, *this);
    check_faults(config_, *this);
  }

 private:
  void fallbacks() {
    for (const Server& server : config_.servers) {
      const std::string path = fmt::format("servers.{}.fallback", server.key);
      if (!usable(path)) continue;
      if (auto mistake = fallback_mistake(config_, server)) error(path, std::move(*mistake));
    }
  }

  void has_servers() {
    if (!config_.servers.empty() || !usable("servers")) return;
    error("servers", {"no servers", "the gateway would have nothing to serve",
                      "write `servers: {files: {command: npx, args: [-y, some-server]}}`"});
  }

  // Nothing listens for `serve --stdio` but what the command line asks for.
  bool opens_agents() const { return !request_.stdio || !request_.listen.empty(); }
  bool opens_admin() const { return !request_.stdio || request_.admin.has_value(); }

  void listeners() {
    const bool agents = opens_agents() && usable("listen.http");
    const bool admin = opens_admin() && usable("admin.http");
    if (agents) {
      for (const Address& address : config_.listen.http)
        beyond_loopback("listen.http", address, config_.listen.tls.enabled());
    }
    if (admin) beyond_loopback("admin.http", config_.admin.http, false);
    if (agents && admin) {
      for (const Address& address : config_.listen.http)
        shared(address, "listen.http", config_.admin.http, "admin.http",
               "the admin API never shares a port with agents");
    }
    health(agents, admin);
    if (opens_agents()) tls();
  }

  // Beyond loopback too: whoever asks learns that a gateway is there, and whether it drains.
  void health(bool agents, bool admin) {
    if (!config_.health.http || request_.stdio || !usable("health.http")) return;
    constexpr std::string_view why = "probes have a port of their own, or ask the admin port";
    if (agents) {
      for (const Address& address : config_.listen.http)
        shared(address, "listen.http", *config_.health.http, "health.http", why);
    }
    if (admin) shared(config_.admin.http, "admin.http", *config_.health.http, "health.http", why);
  }

  void shared(const Address& first, std::string_view first_path, const Address& second,
              std::string_view second_path, std::string_view why) {
    if (first.is_unix() || first.port != second.port || second.port == 0) return;
    error(second_path,
          {fmt::format("`{}` has the port of `{}` ({})", second_path, first_path, second.port),
           std::string(why), fmt::format("write another port, for example {}", second.port + 1)});
  }

  // Every call of such a server would be refused.
  void instances() {
    if (!usable("limits.children")) return;
    const auto stdio = std::ranges::count_if(config_.servers, &Server::is_stdio);
    if (config_.limits.children > stdio) return;
    for (const Server& server : config_.servers) {
      if (!server.is_stdio() || !server.may_isolate()) continue;
      error("limits.children",
            {fmt::format("`limits.children` ({}) leaves no process for the callers of `{}`",
                         config_.limits.children, server.key),
             fmt::format("each stdio server has one ({} in all), and an isolated one needs another for every "
                         "session or principal",
                         stdio),
             fmt::format("write `children: {}` or more", stdio + 64)});
    }
  }

  void tls() {
    const Tls& tls = config_.listen.tls;
    if (!written("listen.tls") || !usable("listen.tls.cert") || !usable("listen.tls.key") ||
        !usable("listen.tls.client_ca"))
      return;
    if (tls.cert.empty() || tls.key.empty()) {
      const std::string_view missing = tls.cert.empty() ? "cert" : "key";
      error("listen.tls", {fmt::format("`listen.tls` has no `{}`", missing),
                           "a certificate and its key are needed to serve TLS",
                           fmt::format("write `{0}: /etc/sallyport/{0}.pem`", missing)});
      return;
    }
    if (usable("listen.http") && std::ranges::all_of(config_.listen.http, &Address::is_unix)) {
      error("listen.tls", {"`listen.tls` without a TCP address in `listen.http`",
                           "Unix sockets speak plain HTTP, and nothing parses and does nothing",
                           "remove it, or add an address such as 127.0.0.1:8443"});
      return;
    }
    const auto loaded = net::TlsIdentity::load({tls.cert, tls.key, tls.client_ca});
    if (!loaded) {
      const net::TlsProblem& problem = loaded.error();
      constexpr std::string_view paths[] = {"listen.tls.cert", "listen.tls.key", "listen.tls.client_ca"};
      error(paths[static_cast<std::size_t>(problem.file)], {problem.what, problem.why, problem.instead});
      return;
    }
    if ((*loaded)->key_readable_by_others())
      warning("listen.tls.key",
              {fmt::format("{} can be read by everybody on this machine", tls.key),
               "who has the key can pose as this gateway", "chmod 0600, owned by the gateway's user"});
    const SystemTime now = system_clock().system_now();
    if (now < (*loaded)->valid_from() || now > (*loaded)->valid_until())
      warning("listen.tls.cert", {fmt::format("{} is not valid now", tls.cert), "clients will refuse it",
                                  "have a new certificate issued"});
  }

  void beyond_loopback(std::string_view path, const Address& address, bool with_tls) {
    if (address.is_loopback() || !usable("listen.anonymous")) return;
    if (!config_.listen.anonymous) {
      error(
          path,
          {fmt::format("`{}` is {}, beyond loopback, without authentication", path, address.text()),
           "this release has no authentication yet, so everybody who reaches the port could call every tool",
           "write 127.0.0.1 for the host, or say `listen: {anonymous: true}` if that is what you want"});
    } else if (!with_tls && !config_.listen.behind_tls_proxy) {
      warning(path, {fmt::format("`{}` is {}, beyond loopback, in cleartext", path, address.text()),
                     "what agents send, session ids included, can be read on the way",
                     path.starts_with("listen")
                         ? "write `listen: {tls: {cert: …, key: …}}`, or put a TLS proxy in front and say "
                           "`listen: {behind_tls_proxy: true}`"
                         : "put a TLS proxy in front and say `listen: {behind_tls_proxy: true}`"});
    }
  }

  void timeouts() {
    const Timeouts& t = config_.timeouts;
    if (!usable("timeouts.tool_max") || !usable("timeouts.tool") || t.tool <= t.tool_max) return;
    const bool said = written("timeouts.tool") != nullptr;
    error(said ? "timeouts.tool" : "timeouts.tool_max",
          {fmt::format("`timeouts.tool` is {}, more than `timeouts.tool_max`", format_duration(t.tool)),
           fmt::format("`tool_max` ends every call after {}", format_duration(t.tool_max)),
           fmt::format("write `tool: {0}` or less, or raise `tool_max`", format_duration(t.tool_max))});
  }

  void audit() {
    if (!written("audit.on_failure") || !config_.audit.file.empty() || !usable("audit.file")) return;
    warning("audit.on_failure",
            {"`audit.on_failure` without `audit.file`", "there is no audit record without a file",
             "write `audit: {file: /var/log/sallyport/audit.jsonl}`"});
  }

  void otlp() {
    const Otlp& otlp = config_.telemetry.otlp;
    if (!written("telemetry.otlp") || !usable("telemetry.otlp") || !usable("telemetry.otlp.endpoint")) return;
    if (!otlp.enabled()) {
      if (written("telemetry.otlp.headers") || written("telemetry.otlp.ca") ||
          written("telemetry.otlp.interval"))
        error("telemetry.otlp", {"`telemetry.otlp` has no `endpoint`", "there is no collector to send to",
                                 "write `endpoint: http://127.0.0.1:4318`"});
      return;
    }
    const auto url = parse_url(otlp.endpoint);
    if (!url) return;
    if (otlp.endpoint.find('?') != std::string::npos)
      error("telemetry.otlp.endpoint",
            {"`telemetry.otlp.endpoint` has a query", "`/v1/traces` and others are added at its end",
             "remove `?` and what follows; credentials go into `headers`"});
    authorities("telemetry.otlp", otlp.ca, *url);
    if (url->scheme != "http" || is_loopback_host(url->host)) return;
    cleartext("telemetry.otlp", "endpoint", otlp.headers, *url,
              {"`telemetry.otlp.endpoint` is http beyond loopback",
               "names of tools and callers can be read and changed on the way", "write https"});
  }

  void one_server(const Server& server) {
    const std::string path = "servers." + server.key;
    if (!usable(path)) return;
    const bool command = written(path + ".command") != nullptr;
    const bool url = written(path + ".url") != nullptr;
    if (command == url) {
      error(path, {fmt::format("`{}` has {}", path,
                               command ? "`command` and `url`" : "neither `command` nor `url`"),
                   "a server is either a child process or an HTTP endpoint",
                   command ? "remove one of the two" : "write `command: …` or `url: https://…`"});
      return;
    }
    if (command) {
      misplaced(path, {"url", "headers", "ca", "refuses_with"}, "command", "an HTTP endpoint (`url`)");
      child(server, path);
    } else {
      misplaced(path, {"args", "env", "cwd"}, "url", "a child process (`command`)");
      endpoint(server, path);
    }
    tool_rules(server, path);
  }

  void misplaced(const std::string& path, std::initializer_list<std::string_view> names, std::string_view has,
                 std::string_view belongs) {
    for (const std::string_view name : names) {
      const std::string key = fmt::format("{}.{}", path, name);
      if (written(key) == nullptr) continue;
      error(key, {fmt::format("`{}` beside `{}`", key, has),
                  fmt::format("it means something for {} only, and nothing parses and does nothing", belongs),
                  "remove it"});
    }
  }

  void child(const Server& server, const std::string& path) {
    secrets_in_args(server, path);
    std::error_code ignored;
    if (!server.cwd.empty() && !std::filesystem::is_directory(server.cwd, ignored)) {
      warning(path + ".cwd", {fmt::format("`{}.cwd` is not a directory here", path),
                              "the server could not start", "correct the path, or make the directory"});
    }
    if (!server.command.empty() && !is_found(server.command)) {
      const bool foreign = is_foreign(path + ".command");
      warning(path + ".command",
              {fmt::format("the command {} is not found",
                           foreign ? "that `${…}` gave" : clip(server.command, 128)),
               "it is neither a program at that path nor on PATH", "install it, or write its full path"});
    }
  }

  bool is_foreign(std::string_view path) const {
    const Written* entry = written(path);
    return entry != nullptr && entry->foreign;
  }

  bool is_found(const std::string& command) const {
    const auto runs = [](const std::string& file) {
      std::error_code ignored;
      return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
    };
    if (command.find('/') != std::string::npos) return runs(command);
    const std::string search = request_.machine.variable("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
    for (std::size_t start = 0; start <= search.size();) {
      const std::size_t end = std::min(search.find(':', start), search.size());
      if (end > start && runs(fmt::format("{}/{}", search.substr(start, end - start), command))) return true;
      start = end + 1;
    }
    return false;
  }

  void secrets_in_args(const Server& server, const std::string& path) {
    for (std::size_t i = 0; i < server.args.size(); ++i) {
      const std::string item = fmt::format("{}.args[{}]", path, i);
      const bool follows = i > 0 && announces_secret(server.args[i - 1].reveal());
      if (!is_foreign(item) && !follows && !looks_secret(server.args[i].reveal())) continue;
      warning(item,
              {fmt::format("`{}` may be a secret", item), "everybody on this machine sees arguments (`ps`)",
               "pass it in `env`, if the server can read it there"});
    }
  }

  void endpoint(const Server& server, const std::string& path) {
    const auto url = parse_url(server.url);
    if (!url) return;
    if (url->scheme == "http" && !is_loopback_host(url->host)) {
      cleartext(path, "url", server.headers, *url,
                {fmt::format("`{}.url` is http beyond loopback", path),
                 "arguments and results can be read and changed on the way", "write https"});
    }
    authorities(path, server.ca, *url);
    const bool own = std::ranges::any_of(config_.listen.http, [&](const Address& address) {
      return !address.is_unix() && address.port == url->port;
    });
    if (own && is_loopback_host(url->host) && usable("listen.http") && opens_agents()) {
      error(path + ".url", {fmt::format("`{}.url` is the gateway's own address", path),
                            "it would call itself in a circle", "write the address of the server behind it"});
    }
  }

  // `url` and `ca` of the same section.
  void authorities(const std::string& path, const std::string& ca, const Url& url) {
    std::error_code ignored;
    if (!ca.empty() && !std::filesystem::is_regular_file(ca, ignored)) {
      warning(path + ".ca", {fmt::format("`{}.ca` is not a file here", path),
                             "no certificate could be verified", "correct the path"});
    }
    if (!ca.empty() && url.scheme == "http") {
      error(path + ".ca", {fmt::format("`{}.ca` beside an http URL", path),
                           "there is no certificate to verify", "remove it, or write https"});
    }
  }

  // To an http URL beyond loopback; `otherwise` is said if no credential is sent there.
  void cleartext(const std::string& path, std::string_view key_of_url, const std::vector<Header>& headers,
                 const Url& url, Finding otherwise) {
    bool credentials = false;
    for (const Header& header : headers) {
      const std::string key = fmt::format("{}.headers.{}", path, header.name);
      if (!carries_credential(header.name) && !is_foreign(key)) continue;
      credentials = true;
      error(key, {fmt::format("`{}` would be sent in cleartext", key),
                  fmt::format("{} is beyond loopback and the URL is http", clip(url.host, 128)),
                  fmt::format("write https in `{}`", key_of_url)});
    }
    if (!credentials) warning(fmt::format("{}.{}", path, key_of_url), std::move(otherwise));
  }

  void tool_rules(const Server& server, const std::string& path) {
    for (const auto& [tool, duration] : server.tools.timeout) {
      if (!usable("timeouts.tool_max") || duration <= config_.timeouts.tool_max) continue;
      const std::string key = fmt::format("{}.tools.timeout.{}", path, clip(tool, 128));
      error(
          key,
          {fmt::format("`{}` is {}, more than `timeouts.tool_max`", key, format_duration(duration)),
           fmt::format("`tool_max` ends every call after {}", format_duration(config_.timeouts.tool_max)),
           fmt::format("write {} or less, or raise `tool_max`", format_duration(config_.timeouts.tool_max))});
    }
    std::set<std::string_view> names;
    for (const auto& [tool, name] : server.tools.rename) {
      if (names.insert(name).second) continue;
      const std::string key = fmt::format("{}.tools.rename.{}", path, clip(tool, 128));
      error(key, {fmt::format("`{}` is `{}`, as of another tool", key, clip(name, 64)),
                  "one of the two could not be called", "choose another name"});
    }
  }

  // Room for a tool's name must be left beside the longest prefix.
  void shown_names() {
    if (!usable("expose.max_name") || !usable("expose.separator")) return;
    for (const Server& server : config_.servers) {
      const std::size_t prefix = server.key.size() + config_.expose.separator.size();
      if (server.prefix || prefix + 1 < config_.expose.max_name) continue;
      error("expose.max_name",
            {fmt::format("`expose.max_name` leaves no room beside the prefix of `{}`", server.key),
             fmt::format("that prefix alone has {} characters", prefix), "write more, at best 48"});
    }
  }

  const Config& config_;
  const Request& request_;
};

}  // namespace

void check_rules(const Draft& draft, const Request& request, Diagnostics& out) {
  Checks(draft, request, out).run();
}

}  // namespace sallyport::config
