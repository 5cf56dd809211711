#include "config/recovery_rules.hpp"

#include "base/durations.hpp"
#include "base/patterns.hpp"
#include "base/strings.hpp"
#include "recovery/at_will.hpp"
#include "recovery/hidden.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

namespace sallyport::config {
namespace {

using recovery::Match;
using recovery::Rule;

// Whose failures come by where calls are tried again.
bool reaches_retry(Code code) {
  switch (row(code).family) {
    case Family::tool:
    case Family::disc:
    case Family::net:
    case Family::sys:
    case Family::limit:
      return !recovery::never_repeated(code);
    default:
      return false;
  }
}

// Work whose failure takes nothing from a call.
bool is_side_work(Code code) {
  return row(code).family == Family::telem || row(code).family == Family::cache;
}

template <class Wanted>
bool any_covered(const Match& match, Wanted wanted) {
  return std::ranges::any_of(
      catalog(), [&](const CatalogRow& each) { return match.covers(each.code) && wanted(each.code); });
}

class Table {
 public:
  Table(const Config& config, Places& places) : config_(config), places_(places) {}

  void one(const Rule& rule, std::size_t index) {
    path_ = fmt::format("recovery[{}]", index);
    if (!places_.usable(path_) || !patterns(rule.match)) return;
    if (rule.strategy == Strategy::none) {
      if (places_.usable(key("strategy"))) {
        error("strategy", {fmt::format("`{}` has no `strategy`", path_), "it would do nothing",
                           "write for example `strategy: retry`"});
      }
      return;
    }
    if (opens(rule) || !has_what_it_needs(rule)) return;
    order(rule, index);
    if (rule.strategy == Strategy::retry) {
      schedule(rule);
    } else {
      places_.misplaced(path_, {"attempts", "base", "max", "attempt"}, "`strategy: retry`");
    }
    if (rule.strategy != Strategy::fail_open)
      places_.misplaced(path_, {"match.direction", "match.detector"}, "`strategy: fail_open`");
  }

 private:
  std::string key(std::string_view name) const { return fmt::format("{}.{}", path_, name); }
  void error(std::string_view name, Finding finding) { places_.error(key(name), std::move(finding)); }

  // Does every pattern mean something that exists?
  bool patterns(const Match& match) {
    bool fine = true;
    const auto unknown = [&](std::string_view name, std::string_view written, std::string_view what,
                             std::span<const std::string> known) {
      fine = false;
      const auto meant = did_you_mean(written, known);
      error(name,
            {fmt::format("`{}` fits no {}: `{}`", key(name), what, clip(written, 64)),
             "the rule would never count",
             meant ? fmt::format("did you mean `{}`?", *meant)
                   : std::string("`sallyport explain` lists the codes and kinds, `servers:` the servers")});
    };
    std::vector<std::string> codes, kinds, servers;
    for (const CatalogRow& each : catalog()) codes.emplace_back(each.wire_name);
    for (std::size_t i = 0; i < kind_count; ++i) kinds.emplace_back(name(static_cast<Kind>(i)));
    for (const Server& server : config_.servers) servers.push_back(server.key);
    const auto fits = [](std::string_view pattern, std::span<const std::string> names) {
      return pattern.empty() ||
             std::ranges::any_of(names, [&](const auto& each) { return matches(pattern, each); });
    };
    const bool full_name = std::ranges::any_of(
        catalog(), [&](const CatalogRow& each) { return matches(match.code, each.full_name); });
    if (!fits(match.code, codes) && !full_name) unknown("match.code", match.code, "code", codes);
    if (!fits(match.kind, kinds)) unknown("match.kind", match.kind, "kind", kinds);
    if (!fits(match.server, servers) && places_.usable("servers"))
      unknown("match.server", match.server, "server", servers);
    if (fine && match.family && !any_covered(match, [](Code) { return true; })) {
      fine = false;
      error("match.family",
            {fmt::format("`{}` fits none of the codes that `match.code` fits", key("match.family")),
             "the rule would never count", "remove one of the two"});
    }
    return fine;
  }

  // errors.md section 5: what no rule may do, whatever else it says.
  bool opens(const Rule& rule) {
    const std::string_view what = recovery::opened_by(rule);
    if (what.empty()) return false;
    error("strategy", {fmt::format("`{}: {}` would open {}", key("strategy"), name(rule.strategy), what),
                       fmt::format("the rule covers failures of {}, which always stay shut", what),
                       "name in `match.code` the failures that it is for, `TOOL_006` for example"});
    return true;
  }

  bool has_what_it_needs(const Rule& rule) {
    const Match& match = rule.match;
    if (rule.strategy == Strategy::escalate &&
        !any_covered(match, [](Code code) { return !recovery::caused_at_will(code); })) {
      error("strategy",
            {fmt::format("`{}: escalate` tells nobody of anything", key("strategy")),
             "callers can cause these failures as often as they like, and what they can cause pages nobody",
             "name failures of servers, `TOOL_006` for example, or write another strategy"});
      return false;
    }
    if (rule.strategy == Strategy::fail_open) return fail_open(match);
    const bool side_work = any_covered(match, is_side_work) &&
                           !any_covered(match, [](Code code) { return !is_side_work(code); });
    if (rule.strategy == Strategy::ignore && !side_work) {
      error("strategy", {fmt::format("`{}: ignore` stands on the path of a call", key("strategy")),
                         "only side work may fail unheard: a report of telemetry, a write to a cache",
                         "write `match: {family: TELEM}`, or another strategy"});
      return false;
    }
    const bool asks = !match.operation || *match.operation <= classify::Operation::discovery;
    if (rule.strategy != Strategy::ignore && !asks) {
      error("match.operation", {fmt::format("`{}` is `{}`, which this build does not recover",
                                            key("match.operation"), name(*match.operation)),
                                "nothing in Sallyport parses and does nothing",
                                "write tool_call, discovery or none, or remove the rule"});
      return false;
    }
    return true;
  }

  bool fail_open(const Match& match) {
    const bool one_server = !match.server.empty() && match.server.find_first_of("*?") == std::string::npos;
    if (!one_server || match.direction.empty() || match.detector.empty()) {
      error("strategy", {fmt::format("`{}: fail_open` does not say what is left open", key("strategy")),
                         "it has to name one server, a direction and a detector",
                         "write `match: {server: NAME, direction: input, detector: NAME, code: GUARD_005}`"});
    } else {
      error("strategy",
            {fmt::format("`{}: fail_open` has nothing to leave open", key("strategy")),
             "it is for a guardrail that is asked elsewhere, and this build has none", "remove the rule"});
    }
    return false;
  }

  // The first rule that fits counts.
  void order(const Rule& rule, std::size_t index) {
    if (const auto hiding = recovery::hidden_by(sound_, rule); !hiding.empty()) {
      std::string names;
      for (const std::size_t each : hiding)
        names += fmt::format("{}`recovery[{}]`", names.empty() ? "" : ", ", index_[each]);
      places_.error(
          path_, {fmt::format("`{}` never counts", path_),
                  fmt::format("{} before it {} all that it fits, and the first rule that fits counts", names,
                              hiding.size() == 1 ? "fits" : "fit"),
                  fmt::format("move it above `recovery[{}]`, or remove it", index_[hiding.front()])});
    }
    sound_.push_back(rule);
    index_.push_back(index);
  }

  void schedule(const Rule& rule) {
    if (!any_covered(rule.match, reaches_retry)) {
      error("match.code",
            {fmt::format("`{}` repeats nothing", path_),
             "calls that fail so are never repeated: they would fail the same way, or must not run twice",
             "name failures that pass, `NET_*` for example, or remove the rule"});
    }
    if (rule.base > rule.max && places_.usable(key("base")) && places_.usable(key("max"))) {
      error("base", {fmt::format("`{}` is {}, more than `max`", key("base"), format_duration(rule.base)),
                     fmt::format("no pause is longer than `max` ({})", format_duration(rule.max)),
                     fmt::format("write {} or less, or raise `max`", format_duration(rule.max))});
    }
    if (rule.attempt && places_.usable("timeouts.tool_max") && *rule.attempt > config_.timeouts.tool_max) {
      error("attempt",
            {fmt::format("`{}` is more than `timeouts.tool_max`", key("attempt")),
             fmt::format("the call as a whole ends after {}", format_duration(config_.timeouts.tool_max)),
             "write less"});
    }
  }

  const Config& config_;
  Places& places_;
  std::string path_;
  // Rules that mean something, so far, and their places in the table.
  std::vector<Rule> sound_;
  std::vector<std::size_t> index_;
};

}  // namespace

void check_recovery(const Config& config, Places& places) {
  Table table(config, places);
  for (std::size_t i = 0; i < config.recovery.size(); ++i) table.one(config.recovery[i], i);
}

}  // namespace sallyport::config
