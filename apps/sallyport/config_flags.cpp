#include "config_flags.hpp"

#include "output.hpp"
#include "user_paths.hpp"

#include <CLI/App.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {

void add_config_flags(CLI::App& command, ConfigFlags& flags) {
  command
      .add_option("-c,--config", flags.file, fmt::format("The configuration (default: {})", default_config))
      ->type_name("FILE");
  command.add_option("--mcp-json", flags.mcp_json, "An agent's own file: Claude Desktop, Cursor, VS Code")
      ->type_name("FILE");
  command.add_flag("--allow-faults", flags.allow_faults, "Lets the configuration inject failures (`faults`)");
}

config::Request request_for(const ConfigFlags& flags) {
  config::Request request;
  if (!flags.file.empty()) request.config = config::Source{flags.file};
  if (!flags.mcp_json.empty()) request.mcp_json = config::Source{flags.mcp_json};
  request.allow_faults = flags.allow_faults;
  if (!flags.given()) request.config = config::Source{standard_config()};
  return request;
}

std::optional<config::Loaded> load_or_complain(const config::Request& request) {
  config::Loaded loaded = config::load(request);
  if (loaded.config) return loaded;
  print_error(config::render_text(loaded.diagnostics, has_colours(STDERR_FILENO)));
  return std::nullopt;
}

}  // namespace sallyport::cli
