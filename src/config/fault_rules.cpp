#include "config/fault_rules.hpp"

#include "base/patterns.hpp"
#include "base/strings.hpp"
#include "protocol/method.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sallyport::config {
namespace {

using client::Fault;

// The framing of the response is the gateway's own.
constexpr std::array<std::string_view, 4> own_headers = {"connection", "content-length", "content-type",
                                                         "transfer-encoding"};

class Table {
 public:
  Table(const Config& config, Places& places) : config_(config), places_(places) {}

  void one(const FaultRule& written, std::size_t index) {
    path_ = fmt::format("faults[{}]", index);
    if (!places_.usable(path_)) return;
    const client::FaultRule& rule = written.rule;
    if (!rule.fault) {
      if (places_.usable(key("fault"))) {
        error("fault", {fmt::format("`{}` has no `fault`", path_), "it would do nothing",
                        "write for example `fault: delay`"});
      }
      return;
    }
    if (!patterns(rule)) return;
    reaches_a_server(rule);
    if (*rule.fault == Fault::delay || *rule.fault == Fault::slow) {
      if (rule.time.count() == 0 && places_.usable(key("time")))
        error("time", {fmt::format("`{}: {}` has no `time`", key("fault"), name(*rule.fault)),
                       "it would change nothing", "write for example `time: 500ms`"});
    } else {
      places_.misplaced(path_, {"time"}, "`fault: delay` or `fault: slow`");
    }
    if (*rule.fault != Fault::http) places_.misplaced(path_, {"status", "headers"}, "`fault: http`");
    if (*rule.fault != Fault::error) places_.misplaced(path_, {"code", "message"}, "`fault: error`");
    for (const Header& header : written.headers) {
      if (std::ranges::find(own_headers, header.name) == own_headers.end()) continue;
      error(fmt::format("headers.{}", header.name),
            {fmt::format("`{}.{}` would break the response", key("headers"), header.name),
             "its framing is the gateway's own; `fault: truncate` and `garble` break it", "remove it"});
    }
  }

 private:
  std::string key(std::string_view name) const { return fmt::format("{}.{}", path_, name); }
  void error(std::string_view name, Finding finding) { places_.error(key(name), std::move(finding)); }

  bool covers(const client::FaultRule& rule, const Server& server) const {
    return rule.server.empty() || matches(rule.server, server.key);
  }

  bool fits(std::string_view name, const std::string& pattern, std::string_view what,
            const std::vector<std::string>& known) {
    const bool some = pattern.empty() ||
                      std::ranges::any_of(known, [&](const auto& each) { return matches(pattern, each); });
    if (some) return true;
    const auto meant = did_you_mean(pattern, known);
    error(name,
          {fmt::format("`{}` fits no {}: `{}`", key(name), what, clip(pattern, 64)),
           "the rule would never count",
           meant ? fmt::format("did you mean `{}`?", *meant)
                 : fmt::format("write for example `{}: {}`", name, known.empty() ? "*" : known.front())});
    return false;
  }

  bool patterns(const client::FaultRule& rule) {
    std::vector<std::string> servers, methods;
    for (const Server& server : config_.servers) servers.push_back(server.key);
    for (const protocol::MethodRow& row : protocol::methods()) {
      const bool asked = !row.notification && row.sender != protocol::Sender::server &&
                         row.method != protocol::Method::initialize && !row.name.empty();
      if (asked) methods.emplace_back(row.name);
    }
    bool fine = !places_.usable("servers") || fits("server", rule.server, "server", servers);
    fine = fits("method", rule.method, "request that servers are asked", methods) && fine;
    if (!rule.tool.empty() && !rule.method.empty() && !matches(rule.method, "tools/call")) {
      error("tool",
            {fmt::format("`{}` beside `method: {}`", key("tool"), clip(rule.method, 64)),
             "only `tools/call` names a tool, so the rule would never count", "remove one of the two"});
      fine = false;
    }
    return fine;
  }

  void reaches_a_server(const client::FaultRule& rule) {
    const bool some = std::ranges::any_of(config_.servers, [&](const Server& server) {
      return covers(rule, server) && happens(*rule.fault, server.is_stdio());
    });
    if (some || config_.servers.empty()) return;
    const bool child = happens(*rule.fault, true);
    error("fault",
          {fmt::format("`{}: {}` has no server that it could happen to", key("fault"), name(*rule.fault)),
           child ? "only a child process can do that, and these servers are HTTP endpoints"
                 : "only an HTTP endpoint can do that, and these servers are child processes",
           child ? "write `fault: reset_after`, or name another server"
                 : "write `fault: error`, or name another server"});
  }

  const Config& config_;
  Places& places_;
  std::string path_;
};

}  // namespace

void check_faults(const Config& config, Places& places) {
  if (config.faults.empty()) return;
  if (config.allow_faults) {
    places.warning("faults",
                   {"`faults` injects failures on purpose", "`--allow-faults` says that this is meant",
                    "never leave it on where work depends on the servers"});
  } else {
    places.error("faults", {"`faults` injects failures on purpose", "nobody says that this is meant",
                            "start with `--allow-faults`, or remove it"});
  }
  Table table(config, places);
  for (std::size_t i = 0; i < config.faults.size(); ++i) table.one(config.faults[i], i);
}

}  // namespace sallyport::config
