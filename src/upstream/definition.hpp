// One server behind the gateway, as the operator defined it: how it is reached, which is its identity, and
// the rules under which its tools are shown; and the settings that hold for all servers.
#pragma once

#include "client/target.hpp"
#include "recovery/policy.hpp"
#include "upstream/breaker.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::upstream {

// What is done about arguments that do not fit the input schema of a tool.
enum class Validation : std::uint8_t { enforce, shadow, off };

// What a reload may change without touching the server itself.
struct Rules {
  std::string prefix;    // of exposed names; may be empty
  bool trusted = false;  // its own annotations are believed
  std::string fallback;  // the key of the server that stands in for it; may be empty
  bool roots = false;    // it may ask callers for their roots
  Validation validate = Validation::shadow;

  std::vector<std::string> allow{"*"};
  std::vector<std::string> deny;
  std::vector<std::string> idempotent;
  std::vector<std::string> read_only;
  std::map<std::string, std::chrono::milliseconds, std::less<>> timeout;
  std::map<std::string, std::string, std::less<>> rename;
  std::map<std::string, std::string, std::less<>> describe;

  bool operator==(const Rules&) const = default;
};

// Who shares one process or connection of a server: all callers, those of one principal, or nobody; or nobody
// while the server speaks a revision that has sessions, else all.
enum class Isolation : std::uint8_t { shared, principal, session, legacy_session };

struct Definition : client::Target, Rules {
  Isolation isolation = Isolation::shared;
};

struct Settings : client::Settings {
  std::chrono::milliseconds start{120000};
  std::chrono::milliseconds first_list{10000};
  std::chrono::milliseconds tool{55000};
  std::chrono::milliseconds tool_max{600000};
  std::chrono::milliseconds keep_listed{3600000};
  std::uint32_t concurrency = 64;
  bool adaptive_concurrency = false;
  std::uint32_t children = 64;
  std::uint32_t instances = 1000;           // of isolated servers, that one principal has
  std::chrono::milliseconds idle{1800000};  // how long an instance that nobody uses is kept
  std::uint32_t max_name = 48;
  recovery::Policy recovery;  // of what the gateway itself asks a server
  BreakerRule breaker;

  bool operator==(const Settings&) const = default;
};

}  // namespace sallyport::upstream
