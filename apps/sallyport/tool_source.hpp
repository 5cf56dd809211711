// Where `tools` finds tools: at a URL, as any agent would, or in a gateway of its own that the configuration
// describes.
#pragma once

#include "config/config.hpp"
#include "mcp_url.hpp"
#include "pipeline/call.hpp"
#include "task/loop.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::cli {

// A server or a tool that agents cannot have, and the reason.
struct Missing {
  std::string what;
  std::string why;
};

struct Listing {
  struct Tool {
    std::string name;
    std::string server;      // empty: not known
    std::string definition;  // a scanned JSON object
  };
  std::vector<Tool> tools;
  std::vector<Missing> missing;

  const Tool* find(std::string_view name) const;
  std::vector<std::string> names() const;
};

// A JSON-RPC response, and what may be behind a failure.
struct Response {
  std::string bytes;
  protocol::Message message;
  std::vector<Missing> missing{};
};

class ToolSource {
 public:
  virtual ~ToolSource() = default;

  virtual Task<Listing> list() = 0;
  // `arguments`: a scanned JSON object. `events` hears of progress.
  virtual Task<Response> call(std::string_view name, std::string_view arguments,
                              pipeline::EventSink& events) = 0;
  virtual std::string waiting_for() = 0;  // for people
  virtual std::string name() const = 0;   // before what is said about it; may be empty

  // Must have ended before the source goes: nothing that was started is left then.
  virtual Task<void> close() = 0;
};

// Speaks to an MCP endpoint over Streamable HTTP, in the newest revision that both know.
std::unique_ptr<ToolSource> tools_at_url(task::Loop& loop, McpUrl url);

// Starts the servers of a configuration and sends calls through the gateway's whole stack.
std::unique_ptr<ToolSource> tools_of_config(task::Loop& loop, const config::Config& config);

}  // namespace sallyport::cli
