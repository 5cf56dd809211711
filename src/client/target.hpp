// Where an MCP server is, how to reach it, and what it may send us.
#pragma once

#include "base/secret.hpp"
#include "client/faults.hpp"
#include "json/scanner.hpp"
#include "protocol/revision.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::client {

struct Target {
  std::string key;  // what we call it

  // A child process…
  std::string command;
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
  std::string cwd;
  // … or an HTTP endpoint.
  std::string url;
  std::string socket;  // the path of a Unix socket that leads to it, instead of the host in `url`
  std::vector<std::pair<std::string, Secret>> headers;
  std::string ca;

  std::optional<protocol::Revision> protocol;  // absent: probed
  std::vector<int> refuses_with;               // HTTP statuses by which it says that it did not run a request
  std::shared_ptr<Faults> faults;              // null: none may be injected

  bool is_stdio() const noexcept { return !command.empty(); }
};

// Would a connection to the one do for the other? `refuses_with` and `faults` are no part of a connection,
// but that faults may be injected is.
bool same_server(const Target& a, const Target& b);

struct Settings {
  std::chrono::milliseconds connect{5000};
  std::chrono::milliseconds discovery{20000};
  std::uint64_t request = 4u << 20;
  std::uint64_t response = 64u << 20;
  std::uint64_t stdio_line = 64u << 20;
  std::uint32_t depth = 64;
  std::uint32_t keys = 10000;

  bool operator==(const Settings&) const = default;
};

// What a server may send in one message. `keys` bounds a client's message; a list of many tools has more.
inline json::Limits answer_limits(const Settings& settings, std::uint64_t bytes) {
  return {
      .max_depth = settings.depth, .max_keys = settings.keys * 20, .max_string = bytes, .max_bytes = bytes};
}

}  // namespace sallyport::client
