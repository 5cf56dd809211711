#include "config/fallback_rules.hpp"

#include "base/strings.hpp"

#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace sallyport::config {
namespace {

std::string_view word(Isolation isolation) {
  switch (isolation) {
    case Isolation::principal:
      return "principal";
    case Isolation::session:
      return "session";
    case Isolation::automatic:
    case Isolation::shared:
      break;
  }
  return "shared";
}

// In what a call would be worse protected there; empty: in nothing that this build knows.
std::string weaker(const Server& first, const Server& second) {
  // `auto` is no promise that one could rely on.
  if (first.isolation != Isolation::automatic && second.effective_isolation() < first.isolation)
    return fmt::format(
        "`{}` has `isolation: {}`, and `{}` only `{}`: callers would share what they do not share", first.key,
        word(first.isolation), second.key, word(second.effective_isolation()));
  if (second.trusted && !first.trusted)
    return fmt::format("`{}` is `trusted: true` and `{}` is not: its word would let calls run twice",
                       second.key, first.key);
  if (first.url.starts_with("https:") && second.url.starts_with("http:"))
    return fmt::format("`{}` is reached over https, and `{}` in cleartext", first.key, second.key);
  return {};
}

}  // namespace

std::optional<Finding> fallback_mistake(const Config& config, const Server& server) {
  const std::string path = fmt::format("servers.{}.fallback", server.key);
  if (server.fallback.empty()) return std::nullopt;
  const Server* const other = config.server(server.fallback);
  if (other == nullptr) {
    std::vector<std::string> names;
    for (const Server& each : config.servers)
      if (each.key != server.key) names.push_back(each.key);
    const auto meant = did_you_mean(server.fallback, names);
    return Finding{fmt::format("`{}` names no server", path), "the call would have nowhere to go",
                   meant ? fmt::format("did you mean `{}`?", *meant)
                         : std::string("write the name of another one of `servers`")};
  }
  if (other == &server) {
    return Finding{fmt::format("`{}` is the server itself", path),
                   "it would be asked again right after it failed",
                   "write the name of another one of `servers`, or remove it"};
  }
  std::set<std::string_view> seen{server.key};
  for (const Server* next = other; next != nullptr && !next->fallback.empty();
       next = config.server(next->fallback)) {
    if (!seen.insert(next->key).second) break;
    if (next->fallback == server.key) {
      return Finding{fmt::format("`{}` leads back to `{}`", path, server.key),
                     "a call would go round until its time is up",
                     fmt::format("remove the fallback of `{}`", next->key)};
    }
  }
  if (std::string why = weaker(server, *other); !why.empty()) {
    return Finding{fmt::format("`{}` is weaker than what it stands in for", path), std::move(why),
                   "set both alike, or remove the fallback"};
  }
  return std::nullopt;
}

}  // namespace sallyport::config
