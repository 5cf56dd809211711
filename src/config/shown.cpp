#include "config/shown.hpp"

#include "base/durations.hpp"
#include "base/sha256.hpp"
#include "config/values.hpp"
#include "errors/redact.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace sallyport::config {
namespace {

namespace json = boost::json;

json::value to_json(bool value, const Key&) {
  return value;
}
json::value to_json(double value, const Key&) {
  return value;
}
json::value to_json(std::uint16_t value, const Key&) {
  return value;
}
json::value to_json(std::int32_t value, const Key&) {
  return value;
}
json::value to_json(std::uint32_t value, const Key&) {
  return value;
}
json::value to_json(std::uint64_t value, const Key& key) {
  if (key.type == Type::size) return json::string(format_size(value));
  return value;
}
json::value to_json(Milliseconds value, const Key&) {
  return json::string(format_duration(value));
}
json::value to_json(const Rate& value, const Key&) {
  return json::string(format_rate(value));
}
json::value to_json(const Address& value, const Key&) {
  return json::string(value.text());
}
json::value to_json(const std::string& value, const Key& key) {
  if (value.empty() && key.type != Type::prefix) return nullptr;
  return json::string(key.type == Type::url ? reduce_url(value) : value);
}
json::value to_json(const Secret& value, const Key&) {
  if (value.empty()) return nullptr;
  return json::string(Secret::masked);
}

json::value to_json(Strategy value, const Key& key) {
  if (value == Strategy::none) return nullptr;  // which is no choice
  return json::string(split_choices(key.choices).at(static_cast<std::size_t>(value) - 1));
}

template <class Enum>
  requires std::is_enum_v<Enum>
json::value to_json(Enum value, const Key& key) {
  return json::string(split_choices(key.choices).at(static_cast<std::size_t>(value)));
}

template <class T>
json::value to_json(const std::optional<T>& value, const Key& key) {
  if (!value) return nullptr;
  return to_json(*value, key);
}

template <class T>
json::value to_json(const std::vector<T>& values, const Key& key) {
  json::array list;
  for (const T& each : values) list.push_back(to_json(each, key));
  return list;
}
template <class T>
  requires requires(T entry) {
    entry.name;
    entry.value;
  }
json::value to_json(const std::vector<T>& entries, const Key&) {
  json::object map;
  for (const T& each : entries) map.insert_or_assign(each.name, json::string(Secret::masked));
  return map;
}
template <class T>
json::value to_json(const std::map<std::string, T, std::less<>>& values, const Key& key) {
  json::object map;
  for (const auto& [name, value] : values) map.insert_or_assign(name, to_json(value, key));
  return map;
}

bool has_value(const Key& key) {
  return key.enforced() && key.slot && key.type != Type::rules;
}

// The object that a path such as `limits.rate` is written into, made where it is missing.
void put(json::object& into, std::string_view path, json::value value) {
  json::object* section = &into;
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
    json::value& below = (*section)[path.substr(0, dot)];
    section = below.is_object() ? &below.get_object() : &below.emplace_object();
    path.remove_prefix(dot + 1);
  }
  section->insert_or_assign(path, std::move(value));
}

// What stands below `prefix`, which ends in a dot.
json::object below(std::string_view prefix, Scope scope) {
  json::object entry;
  for (const Key& key : keys())
    if (has_value(key) && key.path.starts_with(prefix))
      put(entry, key.path.substr(prefix.size()), shown_value(key, scope));
  return entry;
}

}  // namespace

json::value shown_value(const Key& key, Scope& scope) {
  return std::visit(
      [&](auto slot) -> json::value {
        if constexpr (std::is_same_v<decltype(slot), std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<decltype(slot), std::vector<recovery::Rule>*> ||
                             std::is_same_v<decltype(slot), std::vector<FaultRule>*>) {
          return nullptr;  // its entries have keys of their own
        } else {
          return to_json(*slot, key);
        }
      },
      key.slot(scope));
}

json::object shown(Config config) {
  json::object all;
  for (const Key& key : keys()) {
    if (key.path == "servers") {
      json::object& servers = all["servers"].emplace_object();
      for (Server& server : config.servers)
        servers.insert_or_assign(server.key, below("servers.*.", {.config = &config, .server = &server}));
    } else if (key.path == "recovery") {
      json::array& rules = all["recovery"].emplace_array();
      for (recovery::Rule& rule : config.recovery)
        rules.push_back(below("recovery.*.", {.config = &config, .rule = &rule}));
    } else if (key.path == "faults") {
      json::array& rules = all["faults"].emplace_array();
      for (FaultRule& rule : config.faults)
        rules.push_back(below("faults.*.", {.config = &config, .fault = &rule}));
    } else if (has_value(key) && !key.path.contains('*')) {
      Scope scope{.config = &config};
      put(all, key.path, shown_value(key, scope));
    }
  }
  return all;
}

std::string fingerprint(const json::object& shown) {
  const auto digest = sha256(json::serialize(shown));
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) text += fmt::format("{:02x}", std::to_integer<unsigned>(digest[i]));
  return text;
}

}  // namespace sallyport::config
