#include "config/decode.hpp"

#include "base/strings.hpp"
#include "config/decode_value.hpp"
#include "config/keys.hpp"
#include "config/values.hpp"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sallyport::config {
namespace {

std::string quote(std::string_view text) {
  return fmt::format("`{}`", clip(text, 64));
}

constexpr std::size_t max_rules = 1000;

// `limits.rate` is `rate` below `limits`.
std::string below(std::string_view parent, std::string_view name) {
  return parent.empty() ? std::string(name) : fmt::format("{}.{}", parent, name);
}

// Walks the sections of the table.
class Walk {
 public:
  Walk(const Machine& machine, Draft& draft, Report& report)
      : machine_(machine), draft_(draft), report_(report) {}

  // `pattern` is the section's path in the table, `path` in the file.
  void section(const Node& node, std::string_view pattern, const std::string& path, Scope scope) {
    if (node.kind == Node::Kind::null) return;  // `limits:` with every line below it commented out
    if (node.kind != Node::Kind::map) {
      report_.error(node.at, path,
                    {path.empty() ? "the file is not a map" : fmt::format("`{}` is not a map", path),
                     "its keys stand below it, each with a value",
                     fmt::format("write for example `{}: …`", example_below(pattern))});
      draft_.written[path].valid = false;
      return;
    }
    for (const Member& member : node.members) one(member, pattern, path, scope);
  }

  void server(const Member& member) {
    const std::string path = below("servers", member.key.text);
    if (!is_server_key(member.key.text)) {
      report_.error(member.key.at, path,
                    {fmt::format("{} cannot name a server", quote(member.key.text)),
                     "a name has 1 to 24 of a-z, 0-9 and -: it becomes part of tool names and URLs",
                     "choose a shorter or simpler name"});
    }
    draft_.written.insert_or_assign(path, Written{report_.file(), member.key.at});
    Server made;
    made.key = member.key.text;
    made.order = draft_.config.servers.size();
    section(member.value, "servers.*", path, {&draft_.config, &made, nullptr});
    draft_.config.servers.push_back(std::move(made));
  }

 private:
  static std::string example_below(std::string_view pattern) {
    const std::vector<std::string> names = names_below(pattern);
    return names.empty() ? "name" : names.front();
  }

  void one(const Member& member, std::string_view pattern, const std::string& path, Scope& scope) {
    const std::string here = below(path, clip(member.key.text, 64));
    const Key* key = find_key(below(pattern, member.key.text));
    if (key == nullptr) return unknown(member, pattern, here);
    if (!key->enforced()) {
      report_.error(member.key.at, here,
                    {fmt::format("`{}` is not enforced by this build", here),
                     "nothing in Sallyport parses and does nothing", "remove it"});
      return;
    }
    if (key->type == Type::section || key->type == Type::servers || key->type == Type::rules) {
      draft_.written.insert_or_assign(here, Written{report_.file(), member.key.at});
    }
    if (!key->bare.empty() && member.value.kind == Node::Kind::scalar) {
      const Key* meant = find_key(below(key->path, key->bare));
      return decode_value(*meant, member.value, below(here, key->bare), scope, machine_, draft_, report_);
    }
    if (key->type == Type::section) return section(member.value, key->path, here, scope);
    if (key->type == Type::servers) return servers(member.value);
    if (key->type == Type::rules) return rules(member.value, *key, here);
    decode_value(*key, member.value, here, scope, machine_, draft_, report_);
  }

  void servers(const Node& node) {
    if (node.kind == Node::Kind::null) return;
    if (node.kind != Node::Kind::map) {
      report_.error(node.at, "servers",
                    {"`servers` is not a map", std::string(describe(Type::servers).form),
                     "write `servers: {files: {command: …}}`"});
      draft_.written["servers"].valid = false;
      return;
    }
    for (const Member& member : node.members) server(member);
  }

  void rules(const Node& node, const Key& key, const std::string& path) {
    if (node.kind == Node::Kind::null) return;
    if (node.kind != Node::Kind::sequence) {
      report_.error(node.at, path,
                    {fmt::format("`{}` is not a list", path), std::string(describe(key.type).form),
                     fmt::format("write `{}: [{{…}}]`, or a line that begins with `-` for each", path)});
      draft_.written[path].valid = false;
      return;
    }
    if (node.items.size() > max_rules) {
      report_.error(node.at, path,
                    {fmt::format("`{}` has {} entries", path, node.items.size()),
                     fmt::format("each failure goes through all of them; at most {} are read", max_rules),
                     "say more with patterns"});
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::string here = fmt::format("{}[{}]", path, i);
      draft_.written.insert_or_assign(here, Written{report_.file(), node.items[i].at});
      Scope scope{&draft_.config};
      if (key.path == "faults") {
        scope.fault = &draft_.config.faults.emplace_back();
      } else {
        scope.rule = &draft_.config.recovery.emplace_back();
      }
      section(node.items[i], below(key.path, "*"), here, scope);
    }
  }

  void unknown(const Member& member, std::string_view pattern, const std::string& path) {
    const std::vector<std::string> names = names_below(pattern);
    std::string instead;
    if (const auto meant = did_you_mean(member.key.text, names)) {
      instead = fmt::format("did you mean `{}`?", *meant);
    } else if (const std::string elsewhere = place_of(member.key.text); !elsewhere.empty()) {
      instead = fmt::format("`{}` stands at `{}`", clip(member.key.text, 64), elsewhere);
    } else {
      instead = fmt::format("remove it, or write one of {}", fmt::join(names, ", "));
    }
    report_.error(member.key.at, path,
                  {fmt::format("unknown key `{}`", path), "nothing in Sallyport parses and does nothing",
                   std::move(instead)});
  }

  // The one place in the table where a key of this name is known; the shape of other programs' files too.
  static std::string place_of(std::string_view name) {
    if (name == "mcpServers") return "servers";
    std::string place;
    for (const Key& key : keys()) {
      if (!key.enforced() || key.name() != name) continue;
      if (!place.empty()) return "";
      place = key.path;
      if (const std::size_t star = place.find('*'); star != std::string::npos) place.replace(star, 1, "NAME");
    }
    return place;
  }

  const Machine& machine_;
  Draft& draft_;
  Report& report_;
};

}  // namespace

void decode(const Node& root, const Machine& machine, Draft& draft, Report& report) {
  Walk(machine, draft, report).section(root, "", "", {&draft.config, nullptr, nullptr});
}

void decode_server(const Member& member, const Machine& machine, Draft& draft, Report& report) {
  Walk(machine, draft, report).server(member);
}

}  // namespace sallyport::config
