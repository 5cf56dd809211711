#include "config/agent_file.hpp"
#include "config/document.hpp"
#include "config/values.hpp"
#include "doctor.hpp"
#include "file_swap.hpp"
#include "gateway/gateway.hpp"
#include "gateway/upstream_check.hpp"
#include "output.hpp"
#include "run.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t tail_lines = 5;

// The definition as it is written, `${…}` and all: what is put in there is nobody's to see.
config::Node written_server(const fs::path& file, const std::string& key) {
  config::Diagnostics ignored;
  config::Report silent("", ignored);
  const auto text = read_file(file, config::max_file_bytes);
  const auto root = text && *text ? config::parse_yaml((*text)->bytes, silent) : std::nullopt;
  const config::Node* servers = root ? root->find("servers") : nullptr;
  const config::Node* server = servers == nullptr ? nullptr : servers->find(key);
  return server == nullptr ? config::Node() : *server;
}

// The command line to try by hand; empty where only the gateway knows it.
std::string by_hand(const config::Server& server, const fs::path& file) {
  const config::Node written = written_server(file, server.key);
  const config::Node* command = written.find("command");
  if (command == nullptr) return "";
  std::string line = server.cwd.empty() ? "" : fmt::format("cd {} && ", shell_word(server.cwd));
  line += shell_word(command->text);
  const config::Node* args = written.find("args");
  std::string before;
  for (const config::Node& arg : args == nullptr ? std::vector<config::Node>{} : args->items) {
    const bool secret = config::announces_secret(before) || config::may_be_secret("", arg.text);
    line += " " + (secret && !arg.text.contains("${") ? "'…'" : shell_word(arg.text));
    before = arg.text;
  }
  return line + " </dev/null";
}

bool has_code(const Error& error, Code code) {
  for (const Error* each = &error; each != nullptr; each = each->cause()) {
    if (each->code() == code) return true;
  }
  return false;
}

std::optional<Phase> phase_of(const Error& error) {
  for (const Error* each = &error; each != nullptr; each = each->cause()) {
    if (each->phase()) return each->phase();
  }
  return std::nullopt;
}

int status_of(const Error& error) {
  for (const Error* each = &error; each != nullptr; each = each->cause()) {
    if (each->status_code()) return *each->status_code();
  }
  return 0;
}

// The deepest says most about what went wrong.
std::string_view detail_of(const Error& error) {
  std::string_view detail;
  for (const Error* each = &error; each != nullptr; each = each->cause()) {
    if (!each->developer_message().empty()) detail = each->developer_message();
  }
  return detail;
}

void next_for_child(const config::Server& server, const fs::path& file, Finding& finding) {
  if (find_program(server.command).empty()) {
    finding.next = how_to_get(server.command, finding.is_command);
    return;
  }
  finding.next = by_hand(server, file);
  finding.is_command = !finding.next.empty();
  if (!finding.is_command)
    finding.next = fmt::format("run what servers.{} starts by hand, and read what it says", server.key);
}

void next_for_url(const config::Server& server, const std::optional<Error>& error, Finding& finding) {
  const auto url = config::parse_url(server.url);
  if (!url) return;
  const std::string host = url->host.contains(':') ? fmt::format("[{}]", url->host) : url->host;
  const std::string address = fmt::format("{}:{}", host, url->port);
  finding.is_command = true;
  const int status = error ? status_of(*error) : 0;
  if (status == 401 || status == 403) {
    finding.is_command = false;
    finding.next = fmt::format("the server wants other credentials: correct servers.{}.headers", server.key);
  } else if (status == 404 || status == 405) {
    finding.is_command = false;
    finding.next = fmt::format("no MCP is served at that path: correct servers.{}.url, often it ends in /mcp",
                               server.key);
  } else if (error && (phase_of(*error) == Phase::resolve || has_code(*error, Code::network_dns_error))) {
    finding.next = fmt::format("getent hosts {}", shell_word(url->host));
  } else if (error && (phase_of(*error) == Phase::tls || has_code(*error, Code::network_ssl_error))) {
    finding.next = fmt::format("openssl s_client -connect {} -servername {} </dev/null", shell_word(address),
                               shell_word(url->host));
  } else {
    finding.next = fmt::format("curl -sS -m 10 -o /dev/null -w '%{{http_code}}\\n' {}",
                               shell_word(fmt::format("{}://{}{}", url->scheme, address, url->path)));
  }
}

void examine_verdict(const config::Server& server, const gateway::UpstreamVerdict& verdict,
                     const config::Config& config, const fs::path& file, Findings& findings) {
  const std::string id = "server." + server.key;
  const std::string revision(verdict.status.revision ? protocol::name(*verdict.status.revision) : "");
  if (verdict.answered()) {
    findings.ok(id, fmt::format("{} answers: {}, {}, {} tools", server.key,
                                server.is_stdio() ? "stdio" : "http", revision, verdict.status.tools));
    for (const std::string& what : verdict.left_out) {
      findings.tell(Health::warning, id,
                    fmt::format("{} lists something that is left out: {}", server.key, what),
                    "agents would refuse it", "tell who makes the server");
    }
    return;
  }
  Finding finding{.health = Health::problem, .id = id};
  if (verdict.error) {
    finding.code = wire_name(verdict.error->code());
    const std::string_view detail = detail_of(*verdict.error);
    finding.what = fmt::format("{} does not answer: {}{}({})", server.key, detail, detail.empty() ? "" : " ",
                               finding.code);
    if (detail.empty()) finding.why = explain(*verdict.error);
  } else {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(config.timeouts.start).count();
    finding.what = fmt::format("{} did not come up within {} s", server.key, seconds);
    finding.why = "its first start may have to download it; `timeouts.start` bounds that";
  }
  const std::size_t lines = verdict.stderr_lines.size();
  finding.tail.assign(
      verdict.stderr_lines.begin() + static_cast<std::ptrdiff_t>(lines - std::min(lines, tail_lines)),
      verdict.stderr_lines.end());
  server.is_stdio() ? next_for_child(server, file, finding) : next_for_url(server, verdict.error, finding);
  findings.add(std::move(finding));
}

}  // namespace

Task<void> examine_servers(task::Loop& loop, const config::Config& config, const fs::path& file,
                           Findings& findings) {
  telemetry::Registry metrics;
  gateway::Gateway gateway(loop, config, metrics);
  std::vector<std::string_view> names;
  for (const config::Server& server : config.servers) names.push_back(server.key);
  const Progress progress(loop, [&] { return fmt::format("starting {}", fmt::join(names, ", ")); });
  Result<std::vector<gateway::UpstreamVerdict>> verdicts =
      co_await gateway::check_upstreams(gateway.fleet(), loop.now() + config.timeouts.start);
  {
    task::Scope ending;  // goes on after Ctrl-C: what was started is stopped
    (void)co_await gateway.stop().in(ending);
  }
  if (!verdicts) co_return Failure(std::move(verdicts).error());
  for (std::size_t i = 0; i < verdicts->size() && i < config.servers.size(); ++i) {
    examine_verdict(config.servers[i], (*verdicts)[i], config, file, findings);
  }
  co_return ok();
}

}  // namespace sallyport::cli
