// One tool of one upstream, with what the operator says about it; a catalogue is what a server listed last.
#pragma once

#include "errors/result.hpp"
#include "protocol/mcp_headers.hpp"
#include "upstream/definition.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::upstream {

struct Tool {
  std::string server;      // the key of its server
  std::string name;        // what the server calls it; policy, limits and metrics speak of server/name
  std::string own_name;    // on /mcp/{server}
  std::string exposed;     // on /mcp
  std::string definition;  // the JSON text, name and description as on /mcp/{server}
  std::vector<protocol::ParamHeader> param_headers;
  bool idempotent =
      false;           // errors.md section 5: the operator's word, or the annotations of a trusted server
  bool listed = true;  // false: not in the server's list, but callable
  std::optional<std::chrono::milliseconds> timeout;

  std::string canonical() const { return server + "/" + name; }
};

using ToolPointer = std::shared_ptr<const Tool>;

struct Catalogue {
  std::vector<ToolPointer> tools;    // in the server's order, without what is denied
  std::vector<ToolPointer> denied;   // what it lists and the operator does not allow: never shown
  std::vector<std::string> dropped;  // one line each: what was left out, and why
};

// Adds the tools of one page, the text of a `tools` array inside `bytes`. What is no tool, or a name twice,
// is dropped and noted; `http`: a tool whose x-mcp-header annotations break the rules is dropped too.
void add_tools(const Definition& definition, const Settings& settings, std::string_view bytes,
               json::Span tools, bool http, Catalogue& catalogue);

// A tool that its server does not list. Nothing if the rules do not allow it.
ToolPointer unlisted_tool(const Definition& definition, const Settings& settings, std::string_view name);

// Is it allowed by `tools.allow` and not denied by `tools.deny`?
bool allowed(const Definition& definition, std::string_view tool) noexcept;

// The definition for a list: the name as it is exposed there, and without what the revision does not know.
std::string render_tool(const Tool& tool, std::string_view name, protocol::Revision revision);

inline constexpr std::size_t max_tools = 10000;  // of one server

}  // namespace sallyport::upstream
