// What `--url` may name: an MCP endpoint at an HTTP URL, or behind a Unix socket.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace sallyport::cli {

struct McpUrl {
  std::string text;    // as people know it
  std::string url;     // http or https
  std::string socket;  // the path of the Unix socket that leads there; empty: the URL's own host does
};

// `http://host/path`, `host:port`, `unix:/path/of.sock`, `unix:/path/of.sock:/mcp/files`: the socket's path
// ends at the first `:/`. Without an endpoint it is /mcp. Else a sentence: what is wrong, and what to write.
std::expected<McpUrl, std::string> parse_mcp_url(std::string_view written);

}  // namespace sallyport::cli
