#include "mcp_url.hpp"

#include "base/strings.hpp"
#include "net/connect.hpp"

#include <filesystem>
#include <optional>
#include <system_error>

#include <fmt/format.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view unix_scheme = "unix:";
constexpr std::string_view standard_endpoint = "/mcp";

// Host and port alone mean the gateway's endpoint.
std::string with_endpoint(std::string_view url) {
  std::string whole(url.contains("://") ? "" : "http://");
  whole += url;
  const std::size_t path = whole.find('/', whole.find("://") + 3);
  if (path == std::string::npos) return whole.append(standard_endpoint);
  return path + 1 == whole.size() ? whole.append(standard_endpoint.substr(1)) : whole;
}

// The socket that is named as if it were a directory with the endpoint in it, and the rest of the path.
std::optional<std::string> endpoint_in_path(std::string_view path) {
  std::error_code ignored;
  for (std::size_t slash = path.find('/', 1); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    const std::string_view socket = path.substr(0, slash);
    if (fs::is_socket(fs::path(socket), ignored))
      return fmt::format("unix:{}:{}", socket, path.substr(slash));
  }
  return std::nullopt;
}

// Why nobody can connect to the path, whoever listens; nothing: perhaps they can.
std::optional<std::string> fault_of_socket(std::string_view path) {
  if (path.find('\0') != std::string_view::npos || !path.starts_with('/'))
    return "names no absolute path, write for example unix:/run/sallyport/mcp.sock, or with an endpoint "
           "unix:/run/sallyport/mcp.sock:/mcp/files";
  if (path.size() > net::max_socket_path)
    return fmt::format("has a path of {} bytes, and that of a socket has at most {}, choose a shorter one",
                       path.size(), net::max_socket_path);
  if (const auto meant = endpoint_in_path(path))
    return fmt::format("has the endpoint in the socket's path, write {}", clip(*meant, 200));
  std::error_code ignored;
  const fs::file_status there = fs::status(fs::path(path), ignored);
  if (fs::exists(there) && !fs::is_socket(there))
    return "names a file that is no socket, write what `listen.http` of the gateway says";
  return std::nullopt;
}

std::unexpected<std::string> wrong(std::string_view written, std::string_view why) {
  return std::unexpected(fmt::format("`{}` {}", clip(written, 200), why));
}

std::expected<McpUrl, std::string> behind_socket(std::string_view written) {
  const std::string_view rest = written.substr(unix_scheme.size());
  const std::size_t end = rest.find(":/");
  const std::string_view socket = rest.substr(0, end);
  if (const auto fault = fault_of_socket(socket)) return wrong(written, *fault);
  const std::string_view target = end == std::string_view::npos ? "" : rest.substr(end + 1);
  McpUrl found{.text = std::string(written),
               .url = with_endpoint(fmt::format("http://localhost{}", target)),
               .socket = std::string(socket)};
  if (!net::parse_endpoint(found.url))
    return wrong(written,
                 fmt::format("has no endpoint of HTTP after the socket, write for example unix:{}:{}", socket,
                             standard_endpoint));
  return found;
}

}  // namespace

std::expected<McpUrl, std::string> parse_mcp_url(std::string_view written) {
  if (written.starts_with(unix_scheme)) return behind_socket(written);
  std::string url = with_endpoint(written);
  if (!net::parse_endpoint(url))
    return wrong(written,
                 "is not an http or https URL, write for example http://127.0.0.1:8080/mcp, or "
                 "unix:/run/sallyport/mcp.sock for a Unix socket");
  return McpUrl{.text = url, .url = url, .socket = ""};
}

}  // namespace sallyport::cli
