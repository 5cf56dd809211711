#include "install_plan.hpp"

#include "config/agent_file.hpp"
#include "config/load.hpp"
#include "config/values.hpp"
#include "config/yaml_edit.hpp"
#include "user_paths.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include <fmt/format.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;
using config::AgentServer;
using config::AgentServerKind;
using config::Member;
using config::Node;

constexpr std::string_view entry_name = "sallyport";

Node text_node(std::string text) {
  Node node(Node::Kind::scalar, {});
  node.text = std::move(text);
  node.quoted = true;
  return node;
}

std::optional<std::string> bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class Planner {
 public:
  Planner(const InstallRequest& request, config::Diagnostics& out)
      : request_(request), out_(out), report_(request.place.file.string(), out) {}

  std::optional<InstallPlan> run() {
    const auto file = config::AgentFile::read(request_.agent_text, request_.place.keys, report_);
    if (!file || !read_config()) return std::nullopt;
    take_servers(file->servers());
    if (config::has_errors(out_) || !merge()) return std::nullopt;
    write_agent(*file);
    plan_.has_servers = existing_.kind == Node::Kind::map && (!existing_.members.empty() || !added_.empty());
    return std::move(plan_);
  }

 private:
  bool read_config() {
    existing_ = Node(Node::Kind::map, {});
    if (!request_.config_text || request_.config_text->find_first_not_of(" \t\r\n") == std::string::npos)
      return true;
    config::Diagnostics found;
    config::Report report(request_.config.string(), found);
    const auto root = config::parse_yaml(*request_.config_text, report);
    if (root && root->kind == Node::Kind::map) {
      const Node* servers = root->find("servers");
      if (servers != nullptr && servers->kind == Node::Kind::map) existing_ = *servers;
    }
    // A file of nothing but comments has no document, and becomes a whole configuration.
    return true;
  }

  bool is_kept(const std::string& original) {
    return std::ranges::find(request_.keep, original) != request_.keep.end();
  }

  void take_servers(const Node& servers) {
    Node moving = servers;
    std::erase_if(moving.members, [&](const Member& member) { return is_kept(member.key.text); });
    config::AgentContext context;
    context.workspace = request_.place.workspace;
    const auto translated = config::translate_servers(moving, context, report_);
    std::size_t next = 0;
    for (const Member& member : servers.members) {
      removed_.push_back(false);
      if (is_kept(member.key.text)) {
        plan_.servers.push_back({member.key.text, "", "kept", "as --keep says"});
      } else if (next < translated.size()) {
        take(translated[next++]);
      }
    }
    unknown_keeps(servers);
  }

  void unknown_keeps(const Node& servers) {
    for (const std::string& name : request_.keep) {
      if (servers.find(name) == nullptr) {
        report_.error({}, "",
                      {fmt::format("--keep: the agent has no server `{}`", name), "nothing would be kept",
                       "write its name as the agent's file has it"});
      } else if (name == entry_name) {
        report_.error({}, "",
                      {"--keep: `sallyport` is the name of our own entry", "two entries cannot have it",
                       "rename the server in the agent's file"});
      }
    }
  }

  void take(const AgentServer& server) {
    switch (server.kind) {
      case AgentServerKind::disabled:
        plan_.servers.push_back({server.original, "", "left", "it is disabled there"});
        return;
      case AgentServerKind::ours:
        // The entry of our name gives way to the one that is written now.
        if (server.original == entry_name) removed_.back() = true;
        if (server.original != entry_name) another_entry_ = true;
        plan_.servers.push_back({server.original, "", "left", "it starts sallyport"});
        return;
      case AgentServerKind::translated:
        return move(server);
      case AgentServerKind::clashes:
      case AgentServerKind::refused:
        return;
    }
  }

  void move(const AgentServer& server) {
    removed_.back() = true;
    ++moved_;
    Node value = server.ours.value;
    run_in_workspace(value);
    std::string name = server.ours.key.text;
    const auto there = [&](const std::string& candidate) { return is_there(candidate, value); };
    const auto taken = [&](const std::string& candidate) {
      return !there(candidate) && (existing_.find(candidate) != nullptr || claimed_.contains(candidate));
    };
    name = config::free_name(name, taken);
    claimed_.insert(name);
    if (there(name)) {
      plan_.servers.push_back({server.original, name, "there already", ""});
      return;
    }
    plan_.servers.push_back({server.original, name, "moved", ""});
    std::vector<SecretFile> secrets;
    added_.push_back({text_node(name), with_secrets(name, value, &secrets)});
    std::ranges::move(secrets, std::back_inserter(plan_.secrets));
    literal_.push_back({text_node(name), value});
    masked_.push_back({text_node(name), masked_value(added_.back().value)});
  }

  // A server of a project expects to start in its folder.
  void run_in_workspace(Node& value) const {
    if (!request_.place.workspace || value.find("command") == nullptr || value.find("cwd") != nullptr) return;
    value.members.push_back({text_node("cwd"), text_node(*request_.place.workspace)});
  }

  // The configuration has this very server: what the operator added to it does not count.
  bool is_there(const std::string& name, const Node& value) {
    const Node* there = existing_.find(name);
    if (there == nullptr || there->kind != Node::Kind::map) return false;
    std::vector<SecretFile> secrets;
    const Node ours = with_secrets(name, value, &secrets);
    const bool same = std::ranges::all_of(ours.members, [&](const Member& member) {
      const Node* other = there->find(member.key.text);
      return other != nullptr && config::same_value(*other, member.value);
    });
    return same && std::ranges::all_of(secrets, [](const SecretFile& secret) {
             return bytes_of(secret.path) == secret.bytes;
           });
  }

  fs::path secret_path(const std::string& server, const std::string& what) const {
    return request_.config.parent_path() / "secrets" / fmt::format("{}.{}", server, what);
  }

  // A file for the secret, and what stands for it in the configuration.
  Node moved_secret(const std::string& server, std::string what, const Node& value,
                    std::vector<SecretFile>* secrets) const {
    for (char& c : what) {
      const bool plain =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
      if (!plain) c = '_';
    }
    const std::string bytes = value.text + "\n";  // one is dropped when it is read
    fs::path path = secret_path(server, what);
    for (int n = 2; bytes_of(path).value_or(bytes) != bytes; ++n) {
      path = secret_path(server, fmt::format("{}-{}", what, n));
    }
    secrets->push_back({path, bytes});
    Node reference = text_node(fmt::format("${{file:{}}}", path.string()));
    return reference;
  }

  static bool is_literal(const Node& value) {
    return value.kind == Node::Kind::scalar && value.text.find("${") == std::string::npos;
  }

  Node with_secrets(const std::string& server, Node value, std::vector<SecretFile>* secrets) const {
    for (Member& member : value.members) {
      const std::string& key = member.key.text;
      if (key == "env" || key == "headers") {
        for (Member& each : member.value.members) {
          if (is_literal(each.value) && config::may_be_secret(each.key.text, each.value.text)) {
            each.value = moved_secret(server, each.key.text, each.value, secrets);
          }
        }
      } else if (key == "args") {
        for (std::size_t i = 0; i < member.value.items.size(); ++i) {
          Node& item = member.value.items[i];
          const bool announced = i > 0 && config::announces_secret(member.value.items[i - 1].text);
          if (is_literal(item) && (announced || config::may_be_secret("", item.text))) {
            item = moved_secret(server, fmt::format("arg-{}", i), item, secrets);
          }
        }
      } else if (key == "url" && is_literal(member.value) && config::may_be_secret("", member.value.text)) {
        member.value = moved_secret(server, "url", member.value, secrets);
      }
    }
    return value;
  }

  // For eyes: variables and headers with their names only.
  static Node masked_value(Node value) {
    for (Member& member : value.members) {
      if (member.key.text != "env" && member.key.text != "headers") continue;
      for (Member& each : member.value.members) {
        if (is_literal(each.value)) each.value = text_node("***");
      }
    }
    return value;
  }

  std::string origin() const {
    return fmt::format("{}: {}", request_.place.title, tilde(request_.place.file));
  }

  // The configuration with the servers, checked as `check` would.
  bool merge() {
    plan_.config_text = plan_.config_before = plan_.config_after = request_.config_text.value_or("");
    if (added_.empty()) return true;
    config::Report report(request_.config.string(), out_);
    const auto add = [&](const std::vector<Member>& servers) {
      return config::add_servers(request_.config_text.value_or(""), servers, origin(), report);
    };
    auto literal = add(literal_);
    if (!literal) return false;
    auto text = add(added_);
    auto masked = add(masked_);
    if (!text || !masked) return false;
    plan_.config_text = std::move(*text);
    plan_.config_after = std::move(*masked);
    return is_sound(std::move(*literal));
  }

  // With the secrets in it, which are not in files yet; its lines are those of the real one. What is not set
  // here may be set for the agent.
  bool is_sound(std::string text) {
    config::Request request;
    request.config = config::Source{request_.config.string(), std::move(text)};
    const config::Machine here = config::this_machine();
    std::set<std::string> unset;
    request.machine = {[&](const std::string& name) -> std::optional<std::string> {
      auto value = here.variable(name);
      if (!value) unset.insert(name);
      return value ? value : std::optional<std::string>("x");
    }};
    config::Loaded loaded = config::load(request);
    for (const std::string& name : unset) {
      config::Report(request_.config.string(), loaded.diagnostics)
          .warning({}, "",
                   {fmt::format("the variable {} is not set here", name),
                    "the agent that starts the gateway has to have it",
                    "set it where the agent is started, or write ${file:/path}"});
    }
    for (config::Diagnostic& diagnostic : loaded.diagnostics) {
      if (!loaded.config || is_about_added(diagnostic.path)) out_.push_back(std::move(diagnostic));
    }
    return loaded.config.has_value();
  }

  bool is_about_added(std::string_view path) const {
    return path.empty() || std::ranges::any_of(added_, [&](const Member& server) {
             return path.starts_with("servers." + server.key.text);
           });
  }

  config::JsonObject entry() const {
    config::JsonObject object;
    if (request_.place.writes_type) object.members.emplace_back("type", "\"stdio\"");
    object.members.emplace_back("command", json::quote(request_.program.string()));
    object.members.emplace_back(
        "args", fmt::format(R"(["serve", "--stdio", "-c", {}])", json::quote(request_.config.string())));
    return object;
  }

  bool has_entry(const Node& servers) const {
    return std::ranges::any_of(servers.members, [&](const Member& member) {
      const Node* args = member.value.find("args");
      const Node* command = member.value.find("command");
      return args != nullptr && command != nullptr && command->text == request_.program.string() &&
             args->items.size() == 4 && args->items[0].text == "serve" && args->items[1].text == "--stdio" &&
             args->items[2].text == "-c" && args->items[3].text == request_.config.string();
    });
  }

  void write_agent(const config::AgentFile& file) {
    plan_.agent_text = request_.agent_text;
    plan_.agent_before = plan_.agent_after = file.masked();
    const bool served = !existing_.members.empty() || !added_.empty();
    const bool has_one =
        has_entry(file.servers()) || (another_entry_ && file.servers().find(entry_name) == nullptr);
    if (!served || (moved_ == 0 && has_one)) return;
    plan_.agent_text = file.replace(removed_, std::string(entry_name), entry());
    config::Diagnostics ignored;
    config::Report silent("", ignored);
    if (const auto after = config::AgentFile::read(plan_.agent_text, request_.place.keys, silent)) {
      plan_.agent_after = after->masked();
    }
  }

  const InstallRequest& request_;
  config::Diagnostics& out_;
  config::Report report_;
  InstallPlan plan_;
  Node existing_;
  std::vector<bool> removed_;
  std::size_t moved_ = 0;
  bool another_entry_ = false;  // something under another name starts sallyport
  std::set<std::string> claimed_;
  std::vector<Member> added_;    // as they will be written
  std::vector<Member> literal_;  // with the secrets in them
  std::vector<Member> masked_;   // for eyes
};

}  // namespace

std::optional<InstallPlan> plan_install(const InstallRequest& request, config::Diagnostics& diagnostics) {
  return Planner(request, diagnostics).run();
}

}  // namespace sallyport::cli
