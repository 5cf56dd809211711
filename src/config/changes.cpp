#include "config/changes.hpp"

#include "base/durations.hpp"
#include "config/keys.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sallyport::config {
namespace {

// What a reload puts in force. A key that is not named here waits for a restart, and the log says so.
constexpr std::array<std::string_view, 26> live = {
    "admin.token",        "expose.separator",   "expose.max_name",    "expose.keep_listed",
    "timeouts.tool",      "timeouts.tool_max",  "timeouts.start",     "timeouts.first_list",
    "timeouts.discovery", "timeouts.connect",   "timeouts.shutdown",  "limits.rate",
    "limits.per",         "limits.source",      "limits.concurrency", "limits.buffered",
    "limits.response",    "limits.children",    "limits.stdio_line",  "limits.instances",
    "recovery",           "retry_budget.share", "retry_budget.floor", "breaker.failures",
    "breaker.window",     "breaker.open"};

template <class T>
std::string text(const T& value, const Key& key) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, double>) {
    return fmt::format("{}", value);
  } else if constexpr (std::is_integral_v<T>) {
    return key.type == Type::size ? format_size(value) : std::to_string(value);
  } else if constexpr (std::is_enum_v<T>) {
    const auto names = split_choices(key.choices);
    const auto index = static_cast<std::size_t>(value);
    return index < names.size() ? names[index] : std::to_string(index);
  } else if constexpr (std::is_same_v<T, Milliseconds>) {
    return format_duration(value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return value;
  } else if constexpr (std::is_same_v<T, Address>) {
    return value.text();
  } else if constexpr (std::is_same_v<T, Rate>) {
    return format_rate(value);
  } else if constexpr (requires {
                         typename T::value_type;
                         value.data();
                       }) {
    std::string list = "[";
    for (const auto& each : value) list += (list.size() > 1 ? ", " : "") + text(each, key);
    return list + "]";
  } else if constexpr (requires { value.has_value(); }) {
    return value ? text(*value, key) : "none";
  } else {
    return "[secret]";
  }
}

// A table as a whole: which line of it changed, its file shows.
std::string text(const std::vector<recovery::Rule>& rules, const Key&) {
  return std::to_string(rules.size()) + (rules.size() == 1 ? " rule" : " rules");
}

std::string text_of(const Key& key, Scope& scope) {
  return std::visit(
      [&](auto slot) -> std::string {
        if constexpr (std::is_same_v<decltype(slot), std::monostate>) {
          return "";
        } else {
          return text(*slot, key);
        }
      },
      key.slot(scope));
}

}  // namespace

std::vector<Change> changes(Config before, Config after) {
  std::vector<Change> all;
  Scope old{&before, nullptr};
  Scope fresh{&after, nullptr};
  for (const Key& key : keys()) {
    if (!key.enforced() || !key.slot || key.path.find('*') != std::string_view::npos) continue;
    Change change{std::string(key.path), text_of(key, old), text_of(key, fresh)};
    if (key.type == Type::token) {
      const auto value = [&](Scope& scope) { return std::get<Secret*>(key.slot(scope))->reveal(); };
      if (value(old) == value(fresh)) continue;
    } else if (change.before == change.after &&
               (key.type != Type::rules || before.recovery == after.recovery)) {
      continue;
    }
    change.restart = std::ranges::find(live, key.path) == live.end();
    all.push_back(std::move(change));
  }
  return all;
}

}  // namespace sallyport::config
