#include "config/mcp_json.hpp"

#include "config/agent_servers.hpp"

namespace sallyport::config {

void import_mcp_json(const Node& root, const Machine& machine, Draft& draft, Report& report) {
  const Node* servers = find_servers(root);
  if (servers == nullptr) {
    report.error(root.at, "",
                 {"no `mcpServers` and no `servers`", "the servers stand in a map of that name",
                  "name the file in which an agent keeps its servers"});
    draft.written.insert_or_assign("servers", Written{report.file(), root.at, false});
    return;
  }
  const WrittenKeys before = draft.written;
  AgentContext context;
  context.clashes = [&](const std::string& name) { return before.contains("servers." + name); };
  context.taken = context.clashes;
  for (const AgentServer& server : translate_servers(*servers, context, report)) {
    if (server.ours.value.kind == Node::Kind::map) decode_server(server.ours, machine, draft, report);
  }
}

}  // namespace sallyport::config
