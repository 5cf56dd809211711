#include "doctor.hpp"
#include "http_get.hpp"
#include "json/dom.hpp"
#include "json/scanner.hpp"
#include "port_owner.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

using std::chrono_literals::operator""s;
using simdjson::dom::element;

constexpr std::chrono::seconds patience{5};

std::string text_at(element row, std::string_view key) {
  std::string_view text;
  return row[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

// Who has a socket that `serve` needs, or what keeps it from having one.
void examine_socket(std::string_view key, const config::Address& address, const PortOwner& owner,
                    Findings& findings) {
  if (owner.error == 0)
    return findings.ok("gateway.port", fmt::format("{} is free for `{}`", address.text(), key));
  std::string what = fmt::format("{}: {}", address.text(), std::generic_category().message(owner.error));
  std::string next = fmt::format("write another path in `{}`", key);
  if (owner.taken) {
    what = fmt::format("{} is answered by {} (pid {})", address.text(), owner.program, owner.pid);
    next = fmt::format("stop it (kill {}), or {}", owner.pid, next);
  } else if (owner.error == ENOTSOCK) {
    what = fmt::format("{}: there is a file that is no socket", address.text());
  } else if (owner.error == ENOENT) {
    next = fmt::format("make the directory of the socket, or {}", next);
  }
  findings.tell(Health::problem, "gateway.port", what,
                fmt::format("`serve` cannot listen there, as `{}` says", key), next);
}

// Who has a port that `serve` needs, unless it is a gateway of ours.
void examine_port(std::string_view key, const config::Address& address, const PortOwner& owner,
                  Findings& findings) {
  if (address.is_unix()) return examine_socket(key, address, owner, findings);
  if (owner.error == 0) {
    if (address.port != 0)
      findings.ok("gateway.port", fmt::format("{} is free for `{}`", address.text(), key));
    return;
  }
  if (owner.taken) {
    const config::Address next{.host = address.host, .port = static_cast<std::uint16_t>(address.port + 10)};
    const std::string what =
        owner.pid == 0 ? fmt::format("{} is taken by a program of another user", address.text())
                       : fmt::format("{} is taken by {} (pid {})", address.text(), owner.program, owner.pid);
    const std::string why = fmt::format("`serve` cannot listen there, as `{}` says", key);
    if (owner.pid == 0) {
      return findings.run(Health::problem, "gateway.port", what, why,
                          fmt::format("sudo ss -ltnp 'sport = :{}'", address.port));
    }
    return findings.tell(
        Health::problem, "gateway.port", what, why,
        fmt::format("stop it (kill {}), or write another address: `{}: {}`", owner.pid, key, next.text()));
  }
  const std::string reason = std::generic_category().message(owner.error);
  if (owner.error == EACCES) {
    return findings.tell(Health::problem, "gateway.port", fmt::format("{}: {}", address.text(), reason),
                         "ports below 1024 belong to root",
                         fmt::format("write a port from 1024 on in `{}`", key));
  }
  findings.run(Health::problem, "gateway.port", fmt::format("{}: {}", address.text(), reason),
               fmt::format("`{}` has an address that this machine does not have", key), "ip -brief address");
}

Task<HttpAnswer> ask(task::Loop& loop, const net::Endpoint& endpoint, std::string path) {
  Result<HttpAnswer> answer =
      co_await task::with_deadline(loop.timers(), loop.now() + patience, http_get(loop, endpoint, path),
                                   [](const Error& cancelled) { return cancelled; });
  if (!answer) co_return HttpAnswer{};
  co_return std::move(*answer);
}

void examine_rows(const HttpAnswer& answer, Findings& findings) {
  const auto dom = answer.status == 200 && json::scan(answer.body, {.max_keys = 1'000'000})
                       ? json::Dom::parse(answer.body)
                       : std::nullopt;
  simdjson::dom::array rows;
  if (!dom || dom->root().get(rows) != simdjson::SUCCESS) return;
  std::size_t up = 0;
  for (const element row : rows) {
    const std::string state = text_at(row, "state");
    if (state == "up") ++up;
    if (state != "down") continue;
    const std::string name = text_at(row, "name");
    element error;
    Finding finding{
        .health = Health::warning,
        .id = "gateway.server",
        .what = fmt::format("the running gateway has `{}` down since {}", name, text_at(row, "since")),
        .why = "it is tried again by itself, at growing intervals",
        .next = fmt::format("sallyport servers logs {}", name),
        .is_command = true};
    if (row["lastError"].get(error) == simdjson::SUCCESS && error.is_object()) {
      finding.code = text_at(error, "code");
      finding.what += fmt::format(": {} {}", finding.code, text_at(error, "detail"));
    }
    findings.add(std::move(finding));
  }
  findings.ok("gateway.server", fmt::format("{} of its {} servers are up", up, rows.size()));
}

// Does it go on with an older configuration, because the file is wrong now?
void examine_reload(const HttpAnswer& answer, Findings& findings) {
  const auto dom = answer.status == 200 && json::scan(answer.body, {.max_keys = 1'000'000})
                       ? json::Dom::parse(answer.body)
                       : std::nullopt;
  element last;
  bool right = false;
  if (!dom || dom->root()["lastReload"].get(last) != simdjson::SUCCESS ||
      last["ok"].get(right) != simdjson::SUCCESS)
    return;
  const std::string since = text_at(dom->root(), "inForceSince");
  if (right) return findings.ok("gateway.config", fmt::format("its configuration is that of {}", since));
  std::string why = "what was wrong then changed nothing";
  element first;
  if (last["mistakes"].at(0).get(first) == simdjson::SUCCESS && !text_at(first, "what").empty())
    why = fmt::format("{} {}", text_at(first, "path"), text_at(first, "what"));
  findings.tell(
      Health::problem, "gateway.config",
      fmt::format("the running gateway goes on with its configuration of {}: reading it again at {} "
                  "failed",
                  since, text_at(last, "at")),
      why, "correct the file, as `sallyport check` says; it is read as soon as it changes");
}

Task<void> examine_running(task::Loop& loop, const config::Address& admin, const PortOwner& owner,
                           Findings& findings) {
  const auto endpoint = net::parse_endpoint("http://" + admin.text());
  if (!endpoint) co_return ok();
  const HttpAnswer health = CO_TRY(co_await ask(loop, *endpoint, "/healthz"));
  if (health.status != 200) {
    findings.run(
        Health::problem, "gateway.health",
        health.status == 0
            ? fmt::format("a gateway runs here (pid {}), and its admin port {} does not answer", owner.pid,
                          admin.text())
            : fmt::format("the admin port {} answers /healthz with status {}", admin.text(), health.status),
        "it hangs, or another configuration made it listen elsewhere",
        fmt::format("kill -TERM {}   # it drains, and ends", owner.pid));
    co_return ok();
  }
  const HttpAnswer ready = CO_TRY(co_await ask(loop, *endpoint, "/readyz"));
  if (ready.status == 200) {
    findings.ok("gateway.health", fmt::format("a gateway runs here (pid {}) and is ready", owner.pid));
  } else {
    findings.tell(Health::warning, "gateway.health",
                  fmt::format("a gateway runs here (pid {}) and takes no calls now", owner.pid),
                  ready.body.substr(0, ready.body.find('\n')),
                  "wait for it to end if it drains, else look at its log");
  }
  examine_reload(CO_TRY(co_await ask(loop, *endpoint, "/api/config")), findings);
  examine_rows(CO_TRY(co_await ask(loop, *endpoint, "/api/servers")), findings);
  co_return ok();
}

// What a command of the system prints; empty where it is not there.
std::string output_of(const char* command) {
  std::FILE* const pipe = ::popen(command, "re");
  if (pipe == nullptr) return "";
  std::string out(4096, '\0');
  out.resize(std::fread(out.data(), 1, out.size(), pipe));
  ::pclose(pipe);
  return out;
}

void examine_systemd(Findings& findings) {
  if (::access("/run/systemd/system", F_OK) != 0) return;
  const std::string out = output_of(
      "timeout 5 systemctl show sallyport.service -p LoadState -p ActiveState -p Result 2>/dev/null");
  if (!out.contains("LoadState=loaded")) return;
  if (out.contains("ActiveState=failed")) {
    return findings.run(Health::problem, "gateway.service", "the systemd service sallyport has failed",
                        "its last lines say why", "journalctl -u sallyport -n 50 --no-pager");
  }
  if (out.contains("ActiveState=active"))
    return findings.ok("gateway.service", "the systemd service sallyport is active");
  findings.run(Health::warning, "gateway.service", "the systemd service sallyport is there and not started",
               "nothing is served by it", "sudo systemctl enable --now sallyport");
}

bool is_ours(const PortOwner& owner) {
  return owner.taken && owner.program == "sallyport";
}

}  // namespace

Task<void> examine_gateway(task::Loop& loop, const config::Config& config, Findings& findings) {
  examine_systemd(findings);
  std::vector<PortOwner> agents;
  for (const config::Address& address : config.listen.http) agents.push_back(port_owner(address));
  const PortOwner admin = port_owner(config.admin.http);
  const auto ours = std::ranges::find_if(agents, is_ours);
  if (ours != agents.end() || is_ours(admin)) {
    co_return co_await examine_running(loop, config.admin.http, is_ours(admin) ? admin : *ours, findings);
  }
  for (std::size_t i = 0; i < agents.size(); ++i)
    examine_port("listen.http", config.listen.http[i], agents[i], findings);
  examine_port("admin.http", config.admin.http, admin, findings);
  co_return ok();
}

}  // namespace sallyport::cli
