// `sallyport check`: every mistake of a configuration at once, and what a sound one would serve.
#include "commands.hpp"
#include "config/schema.hpp"
#include "config_flags.hpp"
#include "json/scanner.hpp"
#include "output.hpp"
#include "table.hpp"
#include "upstream/names.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

struct CheckOptions {
  ConfigFlags config;
  bool json = false;
  bool schema = false;
};

std::string endpoint_of(const config::Config& config) {
  const config::Address& first = config.listen.http.front();
  if (first.is_unix()) return first.text();
  return fmt::format("{}://{}/mcp", config.listen.tls.enabled() ? "https" : "http", first.text());
}

std::string prefix_of(const config::Server& server, const config::Config& config) {
  return server.prefix.value_or(server.key + config.expose.separator);
}

// Names that agents will see otherwise than they are written.
config::Diagnostics folded_names(const config::Config& config) {
  config::Diagnostics notes;
  for (const config::Server& server : config.servers) {
    const std::string prefix = prefix_of(server, config);
    for (const auto& [tool, name] : server.tools.rename) {
      const std::string shown = upstream::exposed_name(server.key, prefix, name, config.expose.max_name);
      if (shown == prefix + name) continue;
      const std::string path = fmt::format("servers.{}.tools.rename.{}", server.key, tool);
      notes.push_back({config::Severity::note,
                       "sallyport",
                       {},
                       path,
                       fmt::format("agents see `{}{}` as `{}`", prefix, name, shown),
                       fmt::format("a name has at most {} of A-Z a-z 0-9 _ and -", config.expose.max_name),
                       ""});
    }
  }
  return notes;
}

std::string server_json(const config::Server& server, const config::Config& config) {
  return fmt::format(R"({{"name":{},"transport":"{}","prefix":{},"endpoint":{}}})", json::quote(server.key),
                     server.is_stdio() ? "stdio" : "http", json::quote(prefix_of(server, config)),
                     json::quote(endpoint_of(config) + "/" + server.key));
}

std::string report_json(const config::Loaded& loaded) {
  std::string out = fmt::format(R"({{"ok":{},"diagnostics":{})", loaded.config.has_value(),
                                config::render_json(loaded.diagnostics));
  if (loaded.config) {
    const config::Config& config = *loaded.config;
    out += fmt::format(
        R"(,"endpoint":{},"admin":{},"servers":[)", json::quote(endpoint_of(config)),
        json::quote(config.admin.http.is_unix() ? config.admin.http.text()
                                                : fmt::format("http://{}", config.admin.http.text())));
    for (const config::Server& server : config.servers) {
      if (&server != &config.servers.front()) out += ',';
      out += server_json(server, config);
    }
    out += ']';
  }
  return out + '}';
}

std::string summary(const config::Config& config, bool colours) {
  std::string out =
      fmt::format("{}  {} would serve\n\n", paint(Style::green, "ok", colours), endpoint_of(config));
  Table table({"SERVER", "TRANSPORT", "TOOLS ARE SHOWN AS"});
  for (const config::Server& server : config.servers) {
    table.add({{server.key, Style::bold},
               {server.is_stdio() ? "stdio" : "http"},
               {prefix_of(server, config) + "*"}});
  }
  return out + table.render(0, colours);
}

std::string count_mistakes(const config::Diagnostics& diagnostics) {
  const auto errors = std::ranges::count(diagnostics, config::Severity::error, &config::Diagnostic::severity);
  return fmt::format("{} mistake{}\n", errors, errors == 1 ? "" : "s");
}

int check(const CheckOptions& options) {
  if (options.schema) return print(config::json_schema());
  config::Loaded loaded = config::load(request_for(options.config));
  if (loaded.config) {
    std::ranges::move(folded_names(*loaded.config), std::back_inserter(loaded.diagnostics));
  }
  const int code = loaded.config ? exit_done : exit_wrong_input;
  if (options.json) return std::max(code, print_json(report_json(loaded)));
  const bool colours = has_colours(STDOUT_FILENO);
  std::string text = config::render_text(loaded.diagnostics, colours);
  if (loaded.config) text += summary(*loaded.config, colours);
  const int printed = print(text);
  if (!loaded.config) print_error(count_mistakes(loaded.diagnostics));
  return std::max(code, printed);
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App* command =
      add_command(app, "check", "Says everything that is wrong with a configuration, starts nothing",
                  "sallyport check -c sallyport.yaml");
  add_config_flags(*command, options->config);
  command->add_flag("--json", options->json, "Prints JSON");
  command->add_flag("--schema", options->schema, "Prints the JSON Schema of the configuration, for editors");
  command->callback([=, &action] { action = [=] { return check(*options); }; });
}

}  // namespace sallyport::cli
