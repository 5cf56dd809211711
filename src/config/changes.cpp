#include "config/changes.hpp"

#include "config/keys.hpp"
#include "config/shown.hpp"

#include <algorithm>
#include <array>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace sallyport::config {
namespace {

namespace json = boost::json;

// What waits for a restart: who listens where, and for whom. All else a reload puts in force.
constexpr std::array<std::string_view, 8> waiting = {"listen.http",
                                                     "listen.allowed_origins",
                                                     "listen.allowed_hosts",
                                                     "listen.anonymous",
                                                     "listen.behind_tls_proxy",
                                                     "health.http",
                                                     "admin.http",
                                                     "threads"};

std::string text(const json::value& value) {
  if (value.is_null()) return "none";
  if (value.is_string()) return std::string(value.get_string());
  if (!value.is_array()) return json::serialize(value);
  std::string list = "[";
  for (const json::value& each : value.get_array()) list += (list.size() > 1 ? ", " : "") + text(each);
  return list + "]";
}

std::string text_of(const Key& key, Scope& scope) {
  if (key.type != Type::rules) return text(shown_value(key, scope));
  // A table as a whole: which line of it changed, its file shows.
  const bool faults = key.path == "faults";
  const std::size_t rules = faults ? scope.config->faults.size() : scope.config->recovery.size();
  return std::to_string(rules) + (rules == 1 ? " rule" : " rules");
}

template <class T>
bool same(const T& one, const T& other) {
  return one == other;
}
bool same(const Secret& one, const Secret& other) {
  return one.reveal() == other.reveal();
}
bool same(const Header& one, const Header& other) {
  return one.name == other.name && same(one.value, other.value);
}
bool same(const EnvironmentEntry& one, const EnvironmentEntry& other) {
  return one.name == other.name && same(one.value, other.value);
}
template <class T>
bool same(const std::vector<T>& one, const std::vector<T>& other) {
  return std::ranges::equal(one, other, [](const T& a, const T& b) { return same(a, b); });
}

// Whatever is shown of them: a secret that is another one is shown as before.
bool same_value(const Key& key, Scope& one, Scope& other) {
  return std::visit(
      [&](auto slot) -> bool {
        if constexpr (std::is_same_v<decltype(slot), std::monostate>) {
          return true;
        } else {
          return same(*slot, *std::get<decltype(slot)>(key.slot(other)));
        }
      },
      key.slot(one));
}

// Certificates are exchanged while TLS goes on; whether there is any is the listener's own.
bool waits(const Key& key, const Config& before, const Config& after) {
  if (key.path.starts_with("listen.tls.")) return before.listen.tls.enabled() != after.listen.tls.enabled();
  return std::ranges::find(waiting, key.path) != waiting.end();
}

}  // namespace

std::vector<Change> changes(Config before, Config after) {
  std::vector<Change> all;
  Scope old{.config = &before};
  Scope fresh{.config = &after};
  for (const Key& key : keys()) {
    if (!key.enforced() || !key.slot || key.path.contains('*')) continue;
    if (same_value(key, old, fresh)) continue;
    all.push_back({.path = std::string(key.path),
                   .before = text_of(key, old),
                   .after = text_of(key, fresh),
                   .restart = waits(key, before, after)});
  }
  return all;
}

Config in_force(Config wanted, const Config& started) {
  if (wanted.listen.tls.enabled() != started.listen.tls.enabled()) wanted.listen.tls = started.listen.tls;
  Listen listen = started.listen;
  listen.tls = std::move(wanted.listen.tls);
  listen.trusted_proxies = std::move(wanted.listen.trusted_proxies);
  listen.legacy_sse = wanted.listen.legacy_sse;
  wanted.listen = std::move(listen);
  wanted.health = started.health;
  wanted.admin.http = started.admin.http;
  wanted.threads = started.threads;
  return wanted;
}

}  // namespace sallyport::config
