// Where agents keep the list of their MCP servers, on this platform.
#pragma once

#include "file_swap.hpp"

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::cli {

inline constexpr std::string_view agent_names = "claude-desktop, claude-code, cursor, vscode";

struct AgentPlace {
  std::string client;                         // as --client names it
  std::string title;                          // as people name it
  std::filesystem::path file;                 // need not be there
  std::vector<std::string> keys;              // that lead to the map of servers
  std::optional<std::string> workspace = {};  // what servers there may call their folder, and run in
  bool writes_type = false;                   // its entries say `"type": "stdio"`
  std::string next_step;                      // until the agent sees what changed
};

// `scope`: user, project, local (Claude Code: this user's servers of this folder), or empty for user. `file`:
// another one than the standard, of the same form; or empty.
std::expected<AgentPlace, Complaint> find_agent(const std::string& client, const std::string& scope,
                                                const std::string& file);

// Other places where this agent has a file with servers, for a hint.
std::vector<AgentPlace> other_places(const AgentPlace& place);

}  // namespace sallyport::cli
