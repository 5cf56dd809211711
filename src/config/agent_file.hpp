// An agent's own file with its bytes: the servers at one place in it, and the file with an entry of ours in
// their stead.
#pragma once

#include "config/agent_servers.hpp"
#include "config/jsonc.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::config {

inline constexpr std::size_t max_agent_file_bytes = std::size_t{64}
                                                    << 20;  // Claude Code keeps more than servers

class AgentFile {
 public:
  // `path`: the keys that lead to the map of servers, which may be missing while what is around it is there.
  // Nothing: the report says what is wrong, and where.
  static std::optional<AgentFile> read(std::string text, std::vector<std::string> path, Report& report);

  // The map; empty if the file has none.
  const Node& servers() const noexcept { return servers_; }

  // The file with these servers (by index) taken out and one put in.
  std::string replace(const std::vector<bool>& removed, const std::string& key,
                      const JsonObject& value) const;

  // The file for people's eyes: of the servers what is no secret, of the rest the structure only.
  std::string masked() const;

 private:
  AgentFile() = default;

  std::string text_;
  std::string strict_;
  std::vector<std::string> path_;
  json::Span parent_;  // the object that has the map, or would
  std::optional<json::Span> map_;
  Node servers_;
};

// May this value of a variable, a header or an argument be a credential?
bool may_be_secret(std::string_view name, std::string_view value);

}  // namespace sallyport::config
