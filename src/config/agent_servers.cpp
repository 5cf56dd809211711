#include "config/agent_servers.hpp"

#include "base/strings.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <expected>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace sallyport::config {
namespace {

constexpr std::size_t max_name = 24;

std::string quote(std::string_view text) {
  return fmt::format("`{}`", clip(text, 64));
}

Node scalar(std::string text, Position at) {
  Node node(Node::Kind::scalar, at);
  node.text = std::move(text);
  node.quoted = true;
  return node;
}

std::string trimmed(std::string name) {
  while (name.ends_with('-')) name.pop_back();
  return name;
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

// What stands for `${inside}` of an editor in our own file, or why nothing does.
std::expected<std::string, Finding> translate(std::string_view inside, const AgentContext& context) {
  constexpr std::string_view env = "env:";
  if (inside.starts_with(env)) return fmt::format("${{{}}}", inside.substr(env.size()));
  if (inside == "userHome") return "${HOME}";
  if (inside == "/" || inside == "pathSeparator") return "/";
  if (inside.starts_with("input:")) {
    return std::unexpected(Finding{fmt::format("`${{{}}}` asks a person", clip(inside, 64)),
                                   "a gateway has nobody to ask",
                                   "write ${NAME} and set that variable, or ${file:/path}"});
  }
  if (context.workspace && inside == "workspaceFolder") return *context.workspace;
  if (context.workspace && inside == "workspaceFolderBasename") {
    return std::string(base_name(*context.workspace));
  }
  if (inside.starts_with("workspaceFolder") || inside.starts_with("command:") ||
      inside.starts_with("config:")) {
    return std::unexpected(
        Finding{fmt::format("`${{{}}}` means something inside an editor only", clip(inside, 64)),
                "the gateway runs outside any workspace", "write the path or the value itself"});
  }
  return fmt::format("${{{}}}", inside);  // ours as well
}

// One file on its way in.
class Translation {
 public:
  Translation(const AgentContext& context, Report& report) : context_(context), report_(report) {}

  std::vector<AgentServer> run(const Node& servers) {
    if (servers.kind != Node::Kind::map) {
      report_.error(servers.at, "",
                    {"the servers are not a map", "each one has a name", "write {\"name\": {…}}"});
      return {};
    }
    // Names that need no folding keep theirs, whatever stands before them.
    for (const Member& member : servers.members) {
      if (is_server_key(member.key.text)) reserved_.insert(member.key.text);
    }
    std::vector<AgentServer> all;
    for (const Member& member : servers.members) all.push_back(server(member));
    return all;
  }

 private:
  AgentServer server(const Member& member) {
    AgentServer result;
    result.original = member.key.text;
    const std::size_t errors = report_.errors();
    result.kind = kind_of(member);
    if (result.kind != AgentServerKind::translated) return result;
    const std::string name = claim_name(member);
    result.ours = Member{scalar(name, member.key.at), translate_server(member.value, name)};
    if (report_.errors() != errors) result.kind = AgentServerKind::refused;
    return result;
  }

  // Reports whatever is not translated.
  AgentServerKind kind_of(const Member& member) {
    const std::string original(clip(member.key.text, 64));
    if (member.value.kind != Node::Kind::map) {
      report_.error(member.key.at, original,
                    {fmt::format("{} is not a map", quote(original)), "a server has a `command` or a `url`",
                     "write {\"command\": …} or {\"url\": …}"});
      return AgentServerKind::refused;
    }
    const auto leave_out = [&](AgentServerKind kind, std::string_view why) {
      report_.note(member.key.at, original,
                   {fmt::format("{} is left out", quote(original)), std::string(why), ""});
      return kind;
    };
    if (is_disabled(member.value)) return leave_out(AgentServerKind::disabled, "it is disabled there");
    if (starts_sallyport(member.value)) {
      return leave_out(AgentServerKind::ours, "it starts sallyport, which never stands in front of itself");
    }
    if (context_.clashes && context_.clashes(fold_name(member.key.text))) {
      return leave_out(AgentServerKind::clashes, "the configuration has a server of that name, which wins");
    }
    return AgentServerKind::translated;
  }

  static bool is_disabled(const Node& server) {
    const Node* disabled = server.find("disabled");
    return disabled != nullptr && disabled->text == "true";
  }

  static bool starts_sallyport(const Node& server) {
    const auto is_sallyport = [](const Node& node) { return base_name(node.text) == "sallyport"; };
    const Node* command = server.find("command");
    const Node* args = server.find("args");
    return (command != nullptr && is_sallyport(*command)) ||
           (args != nullptr && std::ranges::any_of(args->items, is_sallyport));
  }

  static const Node* find_url(const Node& server) {
    for (const std::string_view name : {"url", "serverUrl", "httpUrl"}) {
      if (const Node* found = server.find(name)) return found;
    }
    return nullptr;
  }

  std::string claim_name(const Member& member) {
    const std::string& original = member.key.text;
    const std::string name = free_name(fold_name(original), [&](const std::string& candidate) {
      const bool another_keeps_it = candidate != original && reserved_.contains(candidate);
      return another_keeps_it || claimed_.contains(candidate) ||
             (context_.taken && context_.taken(candidate));
    });
    claimed_.insert(name);
    if (name != original) {
      report_.note(member.key.at, "servers." + name,
                   {fmt::format("{} is called `{}` here", quote(original), name),
                    "a name has 1 to 24 of a-z, 0-9 and -", ""});
    }
    return name;
  }

  // Our own keys with our own syntax of expansion, each at its place in the file.
  Node translate_server(const Node& server, const std::string& name) {
    static constexpr std::array<std::string_view, 6> same{"command", "args", "env", "cwd", "url", "headers"};
    Node ours(Node::Kind::map, server.at);
    const bool is_url = find_url(server) != nullptr;
    for (const Member& member : server.members) {
      const std::string& key = member.key.text;
      const bool url = key == "serverUrl" || key == "httpUrl";
      if (url || std::ranges::find(same, key) != same.end()) {
        if (is_empty_leftover(member, is_url)) continue;
        ours.members.push_back(
            {scalar(url ? "url" : key, member.key.at), translate_value(member.value, name)});
      } else {
        other_key(member, name);
      }
    }
    return ours;
  }

  // Editors write `"args": []` beside a URL, and null for what is not set.
  static bool is_empty_leftover(const Member& member, bool is_url) {
    if (member.value.kind == Node::Kind::null) return true;
    const bool empty =
        member.value.items.empty() && member.value.members.empty() && member.value.text.empty();
    return empty && (is_url || member.key.text != "command");
  }

  void other_key(const Member& member, const std::string& name) {
    const std::string& key = member.key.text;
    const std::string path = fmt::format("servers.{}.{}", name, clip(key, 64));
    if (key == "envFile") {
      report_.error(
          member.key.at, path,
          {"`envFile` is not read", "the gateway takes variables from `env` and its own environment only",
           "write the variables into `env`, as ${NAME} or ${file:/path}"});
    } else if (key == "type" || key == "transport" || key == "transportType") {
      check_type(member.value, path);
    } else if (key != "disabled") {
      report_.note(
          member.key.at, path,
          {fmt::format("{} is not used", quote(key)), "it is a setting of the agent, not of the server", ""});
    }
  }

  void check_type(const Node& type, const std::string& path) {
    static constexpr std::array<std::string_view, 5> known{"stdio", "http", "streamable-http",
                                                           "streamableHttp", "sse"};
    if (std::ranges::find(known, type.text) != known.end()) return;
    report_.error(type.at, path,
                  {fmt::format("a server of type {}", quote(type.text)), "known are stdio, http and sse",
                   "write \"stdio\", \"http\" or \"sse\""});
  }

  Node translate_value(const Node& value, const std::string& name) {
    Node ours = value;
    if (ours.kind == Node::Kind::scalar) ours.text = translate_text(value, name);
    for (Node& item : ours.items) item = translate_value(item, name);
    std::erase_if(ours.members, [](const Member& member) { return member.value.kind == Node::Kind::null; });
    for (Member& member : ours.members) member.value = translate_value(member.value, name);
    return ours;
  }

  // After a mistake the rest is kept free of `${`, so that it is not reported a second time.
  std::string translate_text(const Node& value, const std::string& name) {
    std::string text;
    for (std::size_t i = 0; i < value.text.size();) {
      const std::size_t start = value.text.find("${", i);
      text += value.text.substr(i, start - i);
      if (start == std::string::npos) break;
      const std::size_t end = value.text.find('}', start);
      if (end == std::string::npos) return text + value.text.substr(start);
      auto ours = translate(std::string_view(value.text).substr(start + 2, end - start - 2), context_);
      if (ours) {
        text += *ours;
      } else {
        report_.error(value.at, "servers." + name, std::move(ours.error()));
      }
      i = end + 1;
    }
    return text;
  }

  const AgentContext& context_;
  Report& report_;
  std::set<std::string, std::less<>> reserved_;
  std::set<std::string, std::less<>> claimed_;
};

}  // namespace

const Node* find_servers(const Node& root) {
  if (root.kind != Node::Kind::map) return nullptr;
  for (const std::string_view name : {"mcpServers", "servers"}) {
    if (const Node* found = root.find(name)) return found;
  }
  const Node* settings = root.find("mcp");  // settings.json of VS Code
  return settings == nullptr ? nullptr : settings->find("servers");
}

std::vector<AgentServer> translate_servers(const Node& servers, const AgentContext& context, Report& report) {
  return Translation(context, report).run(servers);
}

std::string free_name(const std::string& name, const std::function<bool(const std::string&)>& taken) {
  std::string free = name;
  for (int n = 2; taken(free); ++n) {
    const std::string suffix = fmt::format("-{}", n);
    free = trimmed(name.substr(0, max_name - suffix.size())) + suffix;
  }
  return free;
}

std::string fold_name(std::string_view name) {
  std::string folded;
  for (const char c : to_lower(name)) {
    const bool keeps = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (keeps) {
      folded += c;
    } else if (!folded.empty() && folded.back() != '-') {
      folded += '-';
    }
    if (folded.size() == max_name) break;
  }
  folded = trimmed(std::move(folded));
  return folded.empty() ? "server" : folded;
}

}  // namespace sallyport::config
