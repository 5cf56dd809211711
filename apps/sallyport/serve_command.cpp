// `sallyport serve`: the command line of the gateway; serve.cpp runs it.
#include "commands.hpp"
#include "config_flags.hpp"
#include "output.hpp"
#include "serve.hpp"

namespace sallyport::cli {
namespace {

struct ServeFlags {
  ConfigFlags config;
  std::vector<std::string> listen;
  std::optional<std::string> admin;
  bool stdio = false;
  bool check_upstreams = false;
};

int serve(const ServeFlags& flags) {
  config::Request request = request_for(flags.config);
  request.listen = flags.listen;
  request.admin = flags.admin;
  request.stdio = flags.stdio;
  auto loaded = load_or_complain(request);
  if (!loaded) return exit_wrong_input;
  return run_serve({.config = std::move(*loaded->config),
                    .stdio = flags.stdio,
                    .open_listener = !flags.stdio || !flags.listen.empty(),
                    .open_admin = !flags.stdio || flags.admin,
                    .open_health = !flags.stdio,
                    .check_upstreams = flags.check_upstreams,
                    .request = std::move(request),
                    .files = std::move(loaded->files),
                    .notes = std::move(loaded->diagnostics)});
}

}  // namespace

void add_serve(CLI::App& app, Action& action) {
  const auto flags = std::make_shared<ServeFlags>();
  CLI::App* command = add_command(app, "serve", "Runs the gateway",
                                  "sallyport serve -c sallyport.yaml\n"
                                  "sallyport serve --mcp-json ~/.cursor/mcp.json --listen 127.0.0.1:8080");
  add_config_flags(*command, flags->config);
  command->add_flag("--stdio", flags->stdio, "Is itself an MCP server on stdin and stdout");
  command
      ->add_option("--listen", flags->listen,
                   "Where agents connect, HOST:PORT or unix:/path (default: 127.0.0.1:8080); may be repeated")
      ->type_name("ADDRESS");
  command->add_option("--admin", flags->admin, "Where operators ask (default: 127.0.0.1:8081)")
      ->type_name("HOST:PORT");
  command->add_flag("--check-upstreams", flags->check_upstreams,
                    "Starts only when every server answered; says which did not");
  command->callback([=, &action] { action = [=] { return serve(*flags); }; });
}

}  // namespace sallyport::cli
