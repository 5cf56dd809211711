// The requests that the load generators send, one template for all requests of a connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace sallyport::bench {

enum class Era { modern, legacy };

struct Target {
  std::uint16_t port = 0;
  std::string path;
  Era era = Era::modern;
  std::string method = "tools/call";
  std::string tool = "echo";

  bool calls() const { return method == "tools/call"; }
};

/// A request whose id is overwritten for every use: ids have ten digits always.
class RequestTemplate {
 public:
  static constexpr std::uint64_t first_id = 1'000'000'000;

  RequestTemplate() = default;
  explicit RequestTemplate(std::string bytes)
      : bytes_(std::move(bytes)), id_at_(bytes_.rfind(std::to_string(first_id))) {}
  RequestTemplate(std::string head, const std::string& body)
      : RequestTemplate(std::move(head) + fmt::format("Content-Length: {}\r\n\r\n", body.size()) + body) {}

  std::string_view with_id(std::uint64_t id) {
    if (id_at_ != bytes_.npos) fmt::format_to_n(bytes_.begin() + static_cast<long>(id_at_), 10, "{:010}", id);
    return bytes_;
  }
  /// The id as written in the bytes last returned.
  std::string_view id() const { return std::string_view(bytes_).substr(id_at_, 10); }

 private:
  std::string bytes_;
  std::size_t id_at_ = std::string::npos;
};

inline std::string post_head(const Target& target, std::string_view more) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n"
      "Accept: application/json, text/event-stream\r\n{}",
      target.path, target.port, more);
}

inline std::string legacy_head(const Target& target, std::string_view session) {
  return post_head(target,
                   fmt::format("MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: {}\r\n", session));
}

inline RequestTemplate initialize_request(const Target& target) {
  return {post_head(target, ""), fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"initialize","params":)"
                                             R"({{"protocolVersion":"2025-11-25","capabilities":{{}},)"
                                             R"("clientInfo":{{"name":"bench-load","version":"1"}}}}}})",
                                             RequestTemplate::first_id)};
}

inline RequestTemplate initialized_notification(const Target& target, std::string_view session) {
  return {legacy_head(target, session), R"({"jsonrpc":"2.0","method":"notifications/initialized"})"};
}

inline std::string call_params(const Target& target) {
  if (!target.calls()) return {};
  return fmt::format(R"("name":"{}","arguments":{{"text":"hello"}})", target.tool);
}

inline std::string modern_body(const Target& target) {
  const std::string params = call_params(target);
  return fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{{{}{})"
                     R"("_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
                     R"("io.modelcontextprotocol/clientInfo":{{"name":"bench-load","version":"1"}},)"
                     R"("io.modelcontextprotocol/clientCapabilities":{{}}}}}}}})",
                     RequestTemplate::first_id, target.method, params, params.empty() ? "" : ",");
}

/// What is measured. `session` is that of a legacy connection.
inline RequestTemplate measured_request(const Target& target, std::string_view session) {
  if (target.era == Era::legacy) {
    return {legacy_head(target, session),
            fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{{{}}}}})",
                        RequestTemplate::first_id, target.method, call_params(target))};
  }
  const std::string name = target.calls() ? fmt::format("Mcp-Name: {}\r\n", target.tool) : "";
  return {post_head(target, fmt::format("MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: {}\r\n{}",
                                        target.method, name)),
          modern_body(target)};
}

}  // namespace sallyport::bench
