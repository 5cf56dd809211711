// Imports the servers of an agent's own file (`mcp.json` of Claude Desktop, Cursor, VS Code) into our
// configuration.
#pragma once

#include "config/decode.hpp"
#include "config/document.hpp"
#include "config/load.hpp"

namespace sallyport::config {

// Adds the servers of the tree, as translate_servers() has them, to the draft. Those that the draft has
// already win.
void import_mcp_json(const Node& root, const Machine& machine, Draft& draft, Report& report);

}  // namespace sallyport::config
