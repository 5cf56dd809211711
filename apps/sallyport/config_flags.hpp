// The flags that say which configuration a command reads, and the reading.
#pragma once

#include "config/load.hpp"

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace sallyport::cli {

inline constexpr const char* default_config = "sallyport.yaml";

struct ConfigFlags {
  std::string file;      // -c, --config
  std::string mcp_json;  // --mcp-json
  bool allow_faults = false;

  bool given() const { return !file.empty() || !mcp_json.empty(); }
};

void add_config_flags(CLI::App& command, ConfigFlags& flags);

// standard_config() where no flag says otherwise; --mcp-json alone needs no file of ours.
config::Request request_for(const ConfigFlags& flags);

// Prints the mistakes on stderr; nothing: the exit code is 2.
std::optional<config::Loaded> load_or_complain(const config::Request& request);

}  // namespace sallyport::cli
