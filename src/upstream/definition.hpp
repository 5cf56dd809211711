// One server behind the gateway, as the operator defined it, and the limits that hold for all of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "json/scanner.hpp"
#include "protocol/revision.hpp"

namespace sallyport::upstream {

struct Definition {
  std::string key;
  std::size_t order = 0;

  // A child process…
  std::string command;
  std::vector<std::string> args;
  std::map<std::string, std::string> env;
  std::string cwd;
  // … or an HTTP endpoint.
  std::string url;
  std::vector<std::pair<std::string, Secret>> headers;
  std::string ca;

  std::optional<protocol::Revision> protocol;  // absent: probed
  std::string prefix;                          // of exposed names; may be empty
  std::vector<int> refuses_with;
  bool trusted = false;

  std::vector<std::string> allow{"*"};
  std::vector<std::string> deny;
  std::vector<std::string> idempotent;
  std::vector<std::string> read_only;
  std::map<std::string, std::chrono::milliseconds, std::less<>> timeout;
  std::map<std::string, std::string, std::less<>> rename;
  std::map<std::string, std::string, std::less<>> describe;

  bool is_stdio() const noexcept { return !command.empty(); }
};

struct Settings {
  std::chrono::milliseconds start{120000};
  std::chrono::milliseconds first_list{10000};
  std::chrono::milliseconds discovery{20000};
  std::chrono::milliseconds connect{5000};
  std::chrono::milliseconds tool{55000};
  std::chrono::milliseconds tool_max{600000};
  std::uint64_t response = 64u << 20;
  std::uint64_t stdio_line = 64u << 20;
  std::uint64_t request = 4u << 20;
  std::uint32_t depth = 64;
  std::uint32_t keys = 10000;
  std::uint32_t concurrency = 64;
  std::uint32_t children = 64;
  std::uint32_t max_name = 48;
  std::chrono::milliseconds keep_listed{3600000};
};

// What an upstream may send in one message. `keys` bounds a client's message; a list of many tools has more.
inline json::Limits answer_limits(const Settings& settings, std::uint64_t bytes) {
  return {.max_depth = settings.depth, .max_keys = settings.keys * 20, .max_string = bytes, .max_bytes = bytes};
}

}  // namespace sallyport::upstream
