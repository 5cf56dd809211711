#include "config/decode_value.hpp"

#include "base/durations.hpp"
#include "base/sealer.hpp"
#include "base/strings.hpp"
#include "config/text_checks.hpp"
#include "config/value_reader.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sallyport::config {
namespace {

constexpr std::size_t max_list = 10'000;

std::string quote(std::string_view text) {
  return fmt::format("`{}`", clip(text, 64));
}

// One key of the file on its way into its slot.
class Value : private ValueReader {
 public:
  using ValueReader::ValueReader;

  void into(Scope& scope) {
    if (node_.kind == Node::Kind::null) {
      wrong_kind(node_, path_);
    } else if (key_.slot == nullptr) {
      choose();
    } else {
      std::visit([this](auto slot) { put(slot); }, key_.slot(scope));
    }
    finish();
  }

 private:
  void put(std::monostate) {}

  void put(bool* slot) {
    const auto parse = [](std::string_view text) -> std::optional<bool> {
      if (text == "true") return true;
      if (text == "false") return false;
      return std::nullopt;
    };
    if (const auto value = parsed<bool>(parse)) *slot = *value;
  }

  void put(std::int32_t* slot) {
    const auto value = parsed<std::int32_t>([](std::string_view t) { return parse_int<std::int32_t>(t); });
    if (value) *slot = *value;
  }

  void put(std::uint32_t* slot) {
    const auto value = parsed<std::uint64_t>([](std::string_view t) { return parse_int<std::uint64_t>(t); });
    if (value && count_in_range(*value)) *slot = static_cast<std::uint32_t>(*value);
  }

  void put(std::uint64_t* slot) {
    const auto value = parsed<std::uint64_t>(parse_size);
    if (value && size_in_range(*value)) *slot = *value;
  }

  void put(Milliseconds* slot) {
    const auto value = parsed<Milliseconds>(parse_duration);
    if (value && duration_in_range(node_, path_, *value)) *slot = *value;
  }

  void put(std::optional<Milliseconds>* slot) {
    Milliseconds value{};
    put(&value);
    if (value.count() > 0) *slot = value;
  }

  void put(double* slot) {
    const auto parse = [](std::string_view text) -> std::optional<double> {
      double value = 0;
      const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (failed != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 1))
        return std::nullopt;
      return value;
    };
    if (const auto value = parsed<double>(parse)) *slot = *value;
  }

  void put(Rate* slot) {
    const auto value = parsed<Rate>(parse_rate);
    if (value && count_in_range(value->count)) *slot = *value;
  }

  void put(std::optional<Rate>* slot) {
    Rate rate;
    put(&rate);
    if (rate.count > 0) *slot = rate;
  }

  void put(Address* slot) {
    const bool sent_to = key_.type == Type::receiver;
    const auto fitting = [sent_to](std::string_view written) {
      auto address = parse_address(written);
      const bool fits = address && (sent_to ? address->is_unix() || address->port != 0 : !address->is_unix());
      return fits ? std::move(address) : std::nullopt;
    };
    if (auto value = parsed<Address>(fitting)) *slot = std::move(*value);
  }

  void put(std::optional<Address>* slot) {
    Address address;
    put(&address);
    if (address != Address{}) *slot = std::move(address);
  }

  void put(std::vector<Address>* slot) {
    if (node_.kind != Node::Kind::sequence) {
      if (auto value = parsed<Address>(parse_address)) *slot = {std::move(*value)};
      return;
    }
    slot->clear();
    for_items([&](const Node& node, const std::string& path, const Expanded& item) {
      auto address = parse_address(item.text);
      if (!address) {
        mistake(node, path, fmt::format("`{}` is {}, not an address", path, found(node, item.foreign)),
                std::string(describe(key_.type).form),
                fmt::format("write `{}: [127.0.0.1:8080, unix:/run/sallyport/mcp.sock]`", key_.name()));
      } else if ((address->is_unix() || address->port != 0) &&
                 std::ranges::find(*slot, *address) != slot->end()) {
        mistake(node, path, fmt::format("`{}` is {} a second time", path, address->text()),
                "an address can be listened on once", "remove one of the two");
      } else {
        slot->push_back(std::move(*address));
      }
    });
    if (node_.items.empty())
      mistake(node_, path_, fmt::format("`{}` is an empty list", path_), "nobody could connect", example());
  }

  void put(LimitBy* slot) { put_enumerator(slot); }
  void put(Isolation* slot) { put_enumerator(slot); }
  void put(Validation* slot) { put_enumerator(slot); }
  void put(LogLevel* slot) { put_enumerator(slot); }
  void put(LogFormat* slot) { put_enumerator(slot); }
  void put(OnFailure* slot) { put_enumerator(slot); }
  void put(std::vector<recovery::Rule>*) {}  // lists of sections
  void put(std::vector<FaultRule>*) {}

  void put(Strategy* slot) {
    if (const auto index = choose()) *slot = static_cast<Strategy>(*index + 1);  // the first is `none`
  }
  template <class Enum>
    requires std::is_enum_v<Enum>
  void put(std::optional<Enum>* slot) {
    if (const auto index = choose()) *slot = static_cast<Enum>(*index);
  }

  template <class Enum>
  void put_enumerator(Enum* slot) {
    if (const auto index = choose()) *slot = static_cast<Enum>(*index);
  }

  // The index among the key's choices.
  std::optional<std::size_t> choose() {
    const auto expanded = text(node_, path_);
    if (!expanded) return std::nullopt;
    const std::vector<std::string> choices = split_choices(key_.choices);
    const auto match = std::ranges::find(choices, expanded->text);
    if (match != choices.end()) return static_cast<std::size_t>(match - choices.begin());
    const std::vector<std::string> later = split_choices(key_.later);
    const std::string what = fmt::format("`{}` is {}", path_, found(node_, expanded->foreign));
    if (std::ranges::find(later, expanded->text) != later.end()) {
      mistake(node_, path_, what,
              "this build does not enforce it, and nothing in Sallyport parses and does nothing",
              fmt::format("write `{}: {}`, or remove the key", key_.name(), choices.front()));
      return std::nullopt;
    }
    const auto begins = [&](const std::string& choice) { return expanded->text.starts_with(choice); };
    const auto prefix = std::ranges::find_if(choices, begins);
    const auto meant = did_you_mean(expanded->text, choices);
    const std::string_view standard = key_.standard.empty() ? choices.front() : key_.standard;
    const std::string_view instead = meant ? *meant : prefix != choices.end() ? *prefix : standard;
    mistake(node_, path_, what, fmt::format("it is one of {}", fmt::join(choices, ", ")),
            fmt::format("write `{}: {}`", key_.name(), instead));
    return std::nullopt;
  }

  void put(std::string* slot) {
    if (key_.type == Type::choice) {
      if (const auto index = choose()) *slot = split_choices(key_.choices)[*index];
      return;
    }
    auto expanded = text(node_, path_);
    if (!expanded) return;
    if (key_.type == Type::url && !may_stand(node_, path_, url_mistake(path_, expanded->text))) return;
    const bool control = expanded->text.find_first_of("\n\r") != std::string::npos;
    const bool separator = expanded->text.size() <= 8 && is_made_of_name_characters(expanded->text);
    if (expanded->text.empty() || control || (key_.type == Type::separator && !separator)) {
      wrong_kind(node_, path_, expanded->foreign);
      return;
    }
    *slot = std::move(expanded->text);
  }

  void put(std::optional<std::string>* slot) {
    auto expanded = text(node_, path_);
    if (!expanded) return;
    if (!expanded->text.empty()) {
      mistake(node_, path_, fmt::format("`{}` is {}", path_, found(node_, expanded->foreign)),
              std::string(describe(key_.type).form), "write `prefix: \"\"`, or rename the server");
      return;
    }
    *slot = std::string();
  }

  // Calls `each(node, path, text)` for the texts of a list.
  template <class Each>
  void for_items(Each each) {
    if (node_.kind != Node::Kind::sequence) {
      wrong_kind(node_, path_);
      return;
    }
    if (node_.items.size() > max_list) {
      mistake(node_, path_, fmt::format("`{}` has {} entries", path_, node_.items.size()),
              fmt::format("at most {} are read", max_list), "shorten the list");
      return;
    }
    for (std::size_t i = 0; i < node_.items.size(); ++i) {
      const std::string path = fmt::format("{}[{}]", path_, i);
      if (auto expanded = text(node_.items[i], path)) each(node_.items[i], path, std::move(*expanded));
    }
  }

  // Calls `each(member, path, text)` for the texts of a map.
  template <class Each>
  void for_members(Each each) {
    if (node_.kind != Node::Kind::map) {
      wrong_kind(node_, path_);
      return;
    }
    for (const Member& member : node_.members) {
      const std::string path = fmt::format("{}.{}", path_, clip(member.key.text, max_tool_name));
      if (auto expanded = text(member.value, path)) each(member, path, std::move(*expanded));
    }
  }

  void put(Secret* slot) {
    auto expanded = text(node_, path_);
    if (!expanded) return;
    if (key_.type == Type::secret_url) {
      auto found = url_mistake(path_, expanded->text);
      if (found)
        found->instead = "write `webhook: https://host.example/hooks/…`, with nothing before the host";
      if (!may_stand(node_, path_, std::move(found))) return;
    } else if (!is_token(expanded->text))
      return wrong_kind(node_, path_, expanded->foreign);
    *slot = Secret(std::move(expanded->text));
  }

  void put(std::vector<Secret>* slot) {
    slot->clear();
    if (key_.type == Type::seal_keys) return put_keys(*slot);
    for_items(
        [&](const Node&, const std::string&, Expanded item) { slot->emplace_back(std::move(item.text)); });
  }

  void put_keys(std::vector<Secret>& keys) {
    for_items([&](const Node& node, const std::string& path, Expanded item) {
      const auto key = SealKey::parse(item.text);
      const auto same = [&](const Secret& other) {
        return SealKey::parse(other.reveal())->id() == key->id();
      };
      if (!key) {
        mistake(node, path, fmt::format("`{}` is {}, not a key", path, found(node, item.foreign)),
                std::string(describe(key_.type).form), "make one with `openssl rand -hex 32`");
      } else if (std::ranges::any_of(keys, same)) {
        mistake(node, path, fmt::format("`{}` is the same key again", path),
                "the second one is for the time in which keys are exchanged", "remove one of the two");
      } else {
        keys.emplace_back(std::move(item.text));
      }
    });
    if (node_.items.size() > 2)
      mistake(node_, path_, fmt::format("`{}` has {} entries", path_, node_.items.size()),
              "the first seals and both open: a third is never needed",
              "keep the new key and the one before it");
  }

  void put(std::vector<std::string>* slot) {
    slot->clear();
    for_items([&](const Node& node, const std::string& path, Expanded item) {
      if (may_stand(node, path, item_mistake(node, path, item))) slot->push_back(std::move(item.text));
    });
  }

  std::optional<Finding> item_mistake(const Node& node, const std::string& path, const Expanded& item) {
    if (key_.type == Type::patterns) {
      auto mistake = pattern_mistake(path, item.text);
      const auto doubt = pattern_doubt(item.text);
      if (!mistake && doubt) report_.warning(node.at, path, *doubt);
      return mistake;
    }
    std::string what = fmt::format("`{}` is {}", path, found(node, item.foreign));
    return key_.type == Type::proxies ? proxy_mistake(key_, std::move(what), item.text)
                                      : browser_mistake(key_, std::move(what), item.text);
  }

  void put(std::vector<std::uint16_t>* slot) {
    slot->clear();
    for_items([&](const Node& node, const std::string& path, const Expanded& item) {
      const auto status = parse_int<std::uint16_t>(item.text);
      if (status && *status >= key_.min && *status <= key_.max) {
        slot->push_back(*status);
      } else {
        mistake(node, path, fmt::format("`{}` is {}", path, found(node, item.foreign)),
                std::string(describe(key_.type).form), "write `refuses_with: [503]`");
      }
    });
  }

  void put(std::vector<EnvironmentEntry>* slot) {
    slot->clear();
    for_members([&](const Member& member, const std::string& path, Expanded value) {
      if (!is_variable_name(member.key.text)) {
        mistake(member.key, path, fmt::format("{} is not the name of a variable", quote(member.key.text)),
                "a name is made of letters, digits and _", "rename it");
        return;
      }
      slot->push_back({member.key.text, Secret(std::move(value.text))});
    });
  }

  void put(std::vector<Header>* slot) {
    slot->clear();
    for_members([&](const Member& member, const std::string& path, Expanded value) {
      std::string name = to_lower(member.key.text);
      if (!may_stand(member.key, path, header_name_mistake(name)) ||
          !may_stand(member.value, path, header_value_mistake(path, value.text)))
        return;
      if (std::ranges::find(*slot, name, &Header::name) != slot->end()) {
        mistake(member.key, path, fmt::format("a second header field {}", quote(name)),
                "the names are the same but for upper and lower case", "remove one of the two");
        return;
      }
      remember(fmt::format("{}.{}", path_, name), member.value.at, value.foreign);
      slot->push_back({std::move(name), Secret(std::move(value.text))});
    });
  }

  bool check_tool(const Member& member, const std::string& path) {
    if (!member.key.text.empty() && member.key.text.size() <= max_tool_name) return true;
    mistake(member.key, path, "not the name of a tool",
            fmt::format("a name has 1 to {} characters", max_tool_name),
            "write the tool's name as the server names it");
    return false;
  }

  void put(std::map<std::string, Milliseconds, std::less<>>* slot) {
    slot->clear();
    for_members([&](const Member& member, const std::string& path, const Expanded& value) {
      const auto duration = parse_duration(value.text);
      if (!duration) {
        mistake(member.value, path,
                fmt::format("`{}` is {}, not a duration", path, found(member.value, value.foreign)),
                std::string(describe(Type::duration).form),
                fmt::format("write `{}: 5m`", clip(member.key.text, 64)));
      } else if (check_tool(member, path) && duration_in_range(member.value, path, *duration)) {
        slot->emplace(member.key.text, *duration);
      }
    });
  }

  void put(std::map<std::string, std::string, std::less<>>* slot) {
    slot->clear();
    for_members([&](const Member& member, const std::string& path, Expanded value) {
      if (!check_tool(member, path)) return;
      if (key_.type == Type::tool_names && !is_shown_name(value.text)) {
        mistake(member.value, path, fmt::format("`{}` is {}", path, found(member.value, value.foreign)),
                "a shown name has 1 to 64 of A-Z a-z 0-9 _ and -", "choose another name");
        return;
      }
      slot->emplace(member.key.text, std::move(value.text));
    });
  }
};

}  // namespace

void decode_value(const Key& key, const Node& node, std::string path, Scope& scope, const Machine& machine,
                  Draft& draft, Report& report) {
  Value(key, node, std::move(path), machine, draft, report).into(scope);
}

}  // namespace sallyport::config
