// One tool of one upstream, with what the operator says about it.
#pragma once

#include "protocol/entry.hpp"
#include "protocol/mcp_headers.hpp"
#include "schema/schema.hpp"
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
      false;               // errors.md section 5: the operator's word, or the annotations of a trusted server
  bool task_only = false;  // by its server's word, in the words of 2025-11-25
  bool listed = true;      // false: not in the server's list, but callable
  std::optional<std::chrono::milliseconds> timeout;
  Validation validate = Validation::shadow;

  // Compiled when it is first asked for: of thousands of tools few are called. Null: there is none.
  const schema::Schema* input_schema() const;
  std::shared_ptr<std::uint32_t>
      schema_room;  // for the schemas of one list together; null: for this one alone
  mutable std::optional<schema::Schema> compiled_schema;

  std::string canonical() const { return server + "/" + name; }
};

using ToolPointer = std::shared_ptr<const Tool>;

// A tool that its server lists. Null: its x-mcp-header annotations break the rules, which over modern HTTP
// (`http`) makes it unusable.
ToolPointer listed_tool(const Definition& definition, const Settings& settings, protocol::Entry entry,
                        bool http, std::shared_ptr<std::uint32_t> schema_room = nullptr);

// What the operator says of a tool, whatever its server lists.
ToolPointer ruled_tool(const Definition& definition, const Settings& settings, std::string_view name);

// A tool that its server does not list. Nothing if the rules do not allow it.
ToolPointer unlisted_tool(const Definition& definition, const Settings& settings, std::string_view name);

// Is it allowed by `tools.allow` and not denied by `tools.deny`?
bool allowed(const Definition& definition, std::string_view tool) noexcept;

}  // namespace sallyport::upstream
