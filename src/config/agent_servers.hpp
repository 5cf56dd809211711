// The servers in an agent's own file (`mcp.json` of Claude Desktop, Claude Code, Cursor, VS Code), in the
// words of our configuration, before anything in them is expanded.
#pragma once

#include "config/document.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::config {

enum class AgentServerKind : std::uint8_t {
  translated,
  disabled,  // in the agent
  ours,      // it starts sallyport, which never stands in front of itself
  clashes,   // AgentContext::clashes said so
  refused,   // the report says why
};

struct AgentServer {
  AgentServerKind kind = AgentServerKind::translated;
  std::string original;  // its name there
  Member ours;           // of one that is translated: the folded name, and our own keys at their places there
};

struct AgentContext {
  std::optional<std::string> workspace;                     // what `${workspaceFolder}` is, if it is anything
  std::function<bool(const std::string& name)> clashes;     // leave this one out: its name has an owner
  std::function<bool(const std::string& name)> taken = {};  // do not give this name to a folded one
};

// The map of servers of such a file; null: it has none.
const Node* find_servers(const Node& root);

// In the order of the file. Names are folded to [a-z0-9-]{1,24}; what was folded, skipped or left out is a
// note, what cannot be translated an error at its place.
std::vector<AgentServer> translate_servers(const Node& servers, const AgentContext& context, Report& report);

// "My Server (new)" -> "my-server-new"; never empty.
std::string fold_name(std::string_view name);

// `name`, or with -2, -3 … at its end the first that is not taken; never longer than 24.
std::string free_name(const std::string& name, const std::function<bool(const std::string&)>& taken);

}  // namespace sallyport::config
