// Imports the servers of an agent's own file (`mcp.json` of Claude Desktop, Cursor, VS Code) into our
// configuration.
#pragma once

#include "config/decode.hpp"
#include "config/document.hpp"
#include "config/load.hpp"

namespace sallyport::config {

// Adds the servers of the tree to the draft. Names are folded to [a-z0-9-]{1,24}; what was folded, skipped or
// left out is a note, what cannot be translated an error at its place. Servers that the draft has already
// win.
void import_mcp_json(const Node& root, const Machine& machine, Draft& draft, Report& report);

// "My Server (new)" -> "my-server-new"; never empty.
std::string fold_name(std::string_view name);

}  // namespace sallyport::config
