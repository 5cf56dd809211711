#include "gateway/definitions.hpp"

#include "base/patterns.hpp"

namespace sallyport::gateway {
namespace {

upstream::Validation validation(const config::Server& server) {
  switch (server.validate) {
    case config::Validation::enforce:
      return upstream::Validation::enforce;
    case config::Validation::off:
      return upstream::Validation::off;
    case config::Validation::shadow:
      break;
  }
  return upstream::Validation::shadow;
}

upstream::Isolation isolation(const config::Server& server) {
  switch (server.isolation) {
    case config::Isolation::automatic:
      return server.is_stdio() ? upstream::Isolation::shared : upstream::Isolation::legacy_session;
    case config::Isolation::principal:
      return upstream::Isolation::principal;
    case config::Isolation::session:
      return upstream::Isolation::session;
    case config::Isolation::shared:
      break;
  }
  return upstream::Isolation::shared;
}

std::shared_ptr<client::Faults> faults(const config::Config& config, const config::Server& server) {
  if (!config.allow_faults) return nullptr;
  std::vector<client::FaultRule> rules;
  for (const config::FaultRule& written : config.faults) {
    if (!written.rule.server.empty() && !matches(written.rule.server, server.key)) continue;
    rules.push_back(written.rule);
    for (const config::Header& header : written.headers)
      rules.back().headers.emplace_back(header.name, header.value);
  }
  return std::make_shared<client::Faults>(std::move(rules), server.is_stdio());
}

upstream::Definition definition(const config::Server& server, const config::Expose& expose) {
  upstream::Definition out;
  out.key = server.key;
  out.command = server.command;
  for (const Secret& argument : server.args) out.args.emplace_back(argument.reveal());
  for (const config::EnvironmentEntry& entry : server.env) out.env.emplace(entry.name, entry.value.reveal());
  out.cwd = server.cwd;
  out.url = server.url;
  for (const config::Header& header : server.headers) out.headers.emplace_back(header.name, header.value);
  out.ca = server.ca;
  out.protocol = protocol::parse_revision(server.protocol);  // "auto" is none of them
  out.refuses_with.assign(server.refuses_with.begin(), server.refuses_with.end());
  out.isolation = isolation(server);
  out.prefix = server.prefix.value_or(server.key + expose.separator);
  out.trusted = server.trusted;
  out.fallback = server.fallback;
  out.roots = server.roots;
  out.validate = validation(server);
  out.allow = server.tools.allow;
  out.deny = server.tools.deny;
  out.idempotent = server.tools.idempotent;
  out.read_only = server.tools.read_only;
  out.timeout = server.tools.timeout;
  out.rename = server.tools.rename;
  out.describe = server.tools.describe;
  return out;
}

}  // namespace

std::vector<upstream::Definition> definitions(const config::Config& config) {
  std::vector<upstream::Definition> all;
  for (const config::Server& server : config.servers) {
    all.push_back(definition(server, config.expose));
    all.back().faults = faults(config, server);
  }
  return all;
}

upstream::Settings upstream_settings(const config::Config& config) {
  upstream::Settings settings;
  settings.connect = config.timeouts.connect;
  settings.discovery = config.timeouts.discovery;
  settings.request = config.limits.request;
  settings.response = config.limits.response;
  settings.stdio_line = config.limits.stdio_line;
  settings.depth = config.limits.depth;
  settings.keys = config.limits.keys;
  settings.start = config.timeouts.start;
  settings.first_list = config.timeouts.first_list;
  settings.tool = config.timeouts.tool;
  settings.tool_max = config.timeouts.tool_max;
  settings.keep_listed = config.expose.keep_listed;
  settings.concurrency = config.limits.concurrency;
  settings.adaptive_concurrency = config.limits.adaptive_concurrency;
  settings.children = config.limits.children;
  settings.instances = config.limits.instances;
  settings.idle = config.sessions.idle;
  settings.max_name = config.expose.max_name;
  settings.recovery = recovery::Policy(config.recovery);
  settings.breaker = {
      .failures = config.breaker.failures, .window = config.breaker.window, .open = config.breaker.open};
  return settings;
}

alerts::Settings alert_settings(const config::Config& config) {
  const config::Monitor& monitor = config.monitor;
  const config::Escalate& escalate = config.escalate;
  alerts::Settings settings{
      .thresholds = {monitor.window, {monitor.low, monitor.medium, monitor.high, monitor.critical}},
      .policy = recovery::Policy(config.recovery),
      .webhook = escalate.webhook,
      .otlp = escalate.otlp,
      .quarantine = escalate.quarantine,
      .window = escalate.window};
  if (escalate.syslog)
    settings.syslog =
        net::DatagramTarget{escalate.syslog->host, escalate.syslog->port, escalate.syslog->path};
  return settings;
}

}  // namespace sallyport::gateway
