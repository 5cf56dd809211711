#include "agent_places.hpp"

#include "output.hpp"
#include "user_paths.hpp"

#include <array>
#include <cstdlib>

#include <fmt/format.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

#ifdef __APPLE__
constexpr bool is_mac = true;
#else
constexpr bool is_mac = false;
#endif

// Where programs with a window keep their settings.
fs::path settings_directory() {
  if (is_mac) return home_directory() / "Library/Application Support";
  return config_directory().parent_path();
}

fs::path claude_code_directory() {
  const char* const moved = std::getenv("CLAUDE_CONFIG_DIR");
  return moved != nullptr && *moved == '/' ? fs::path(moved) : home_directory();
}

// The first that is there, else the first.
fs::path vscode_user_file() {
  const fs::path first = settings_directory() / "Code/User/mcp.json";
  for (const char* const product : {"Code", "Code - Insiders", "VSCodium"}) {
    fs::path file = settings_directory() / product / "User/mcp.json";
    std::error_code ignored;
    if (fs::exists(file, ignored)) return file;
  }
  return first;
}

struct Agent {
  std::string_view client;
  std::string_view title;
  std::string_view key;
  std::string_view project_file;  // empty: it has none
  bool writes_type;
  std::string_view next_step;
};

constexpr std::array<Agent, 4> agents{
    Agent{"claude-desktop", "Claude Desktop", "mcpServers", "", false,
          "quit Claude Desktop and start it again"},
    Agent{"claude-code", "Claude Code", "mcpServers", ".mcp.json", true,
          "start a new session of Claude Code; /mcp shows its servers"},
    Agent{"cursor", "Cursor", "mcpServers", ".cursor/mcp.json", false,
          "look at Settings > MCP in Cursor; reload its window if `sallyport` is not there"},
    Agent{"vscode", "VS Code", "servers", ".vscode/mcp.json", true,
          "run `MCP: List Servers` in VS Code and start `sallyport`"}};

const Agent* agent(std::string_view client) {
  for (const Agent& each : agents) {
    if (each.client == client) return &each;
  }
  return nullptr;
}

fs::path user_file(std::string_view client) {
  if (client == "claude-desktop") return settings_directory() / "Claude/claude_desktop_config.json";
  if (client == "claude-code") return claude_code_directory() / ".claude.json";
  if (client == "cursor") return home_directory() / ".cursor/mcp.json";
  return vscode_user_file();
}

// The folder that a project's file is about; nothing for a file of the user.
std::optional<std::string> workspace_of(const fs::path& file) {
  const fs::path directory = file.parent_path();
  if (directory.filename() == ".vscode" ||
      (directory.filename() == ".cursor" && directory.parent_path() != home_directory())) {
    return directory.parent_path().string();
  }
  if (file.filename() == ".mcp.json") return directory.string();
  return std::nullopt;
}

AgentPlace place_of(const Agent& agent, fs::path file) {
  AgentPlace place{.client = std::string(agent.client),
                   .title = std::string(agent.title),
                   .file = std::move(file),
                   .keys = {std::string(agent.key)},
                   .writes_type = agent.writes_type,
                   .next_step = std::string(agent.next_step)};
  place.workspace = workspace_of(place.file);
  if (place.file.filename() == "settings.json")
    place.keys = {"mcp", "servers"};  // of VS Code, in its old place
  return place;
}

// The folder that we are in, as agents write it.
fs::path current_folder() {
  std::error_code ignored;
  return fs::current_path(ignored);
}

}  // namespace

std::expected<AgentPlace, Complaint> find_agent(const std::string& client, const std::string& scope,
                                                const std::string& file) {
  const Agent* const found = agent(client);
  if (found == nullptr) {
    std::vector<std::string> names;
    for (const Agent& each : agents) names.emplace_back(each.client);
    return std::unexpected(
        fmt::format("`--client {}` is none of {}{}", client, agent_names, suggestion(client, names)));
  }
  const bool project = scope == "project";
  const bool local = scope == "local";
  if (!scope.empty() && scope != "user" && !project && !local) {
    return std::unexpected(fmt::format("`--scope {}` is none of user, project, local", scope));
  }
  if (local && client != "claude-code") {
    return std::unexpected(fmt::format("{} has no scope `local`, write user or project", found->title));
  }
  if (project && found->project_file.empty()) {
    return std::unexpected(fmt::format("{} has servers of the user only", found->title));
  }
  fs::path path = project ? current_folder() / found->project_file : user_file(client);
  if (!file.empty()) path = fs::absolute(file).lexically_normal();
  AgentPlace place = place_of(*found, std::move(path));
  if (local) {
    place.workspace = current_folder().string();
    place.keys = {"projects", *place.workspace, "mcpServers"};
  }
  return place;
}

std::vector<AgentPlace> other_places(const AgentPlace& place) {
  std::vector<AgentPlace> others;
  for (const char* const scope : {"user", "local", "project"}) {
    auto other = find_agent(place.client, scope, "");
    if (other && (other->file != place.file || other->keys != place.keys))
      others.push_back(std::move(*other));
  }
  return others;
}

}  // namespace sallyport::cli
