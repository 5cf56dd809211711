// `sallyport doctor`: what is wrong with this machine, the configuration, the gateway here and each server,
// and the exact next step.
#include "doctor.hpp"

#include "commands.hpp"
#include "config_flags.hpp"
#include "output.hpp"
#include "run.hpp"
#include "telemetry/log.hpp"
#include "user_paths.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

struct DoctorOptions {
  ConfigFlags config;
  bool offline = false;
  bool json = false;
};

int exit_code(const Findings& findings, bool config_is_wrong) {
  if (config_is_wrong) return exit_wrong_input;
  return findings.count(Health::problem) > 0 ? exit_failed : exit_done;
}

std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string summary(const Findings& findings) {
  const std::size_t problems = findings.count(Health::problem);
  const std::size_t warnings = findings.count(Health::warning);
  if (problems + warnings == 0) return "\nEverything is well.\n";
  return fmt::format("\n{}, {}.\n", counted(problems, "problem"), counted(warnings, "warning"));
}

int report(const Findings& findings, bool config_is_wrong, const DoctorOptions& options) {
  const int code = exit_code(findings, config_is_wrong);
  const int printed = options.json
                          ? print_json(fmt::format(R"({{"ok":{},"problems":{},"warnings":{},"findings":{}}})",
                                                   code == exit_done, findings.count(Health::problem),
                                                   findings.count(Health::warning), findings.json()))
                          : print(findings.text(has_colours(STDOUT_FILENO)) + summary(findings));
  return std::max(code, printed);
}

int doctor(const DoctorOptions& options) {
  log::configure({.level = log::Level::off});
  Findings findings;
  const config::Request request = request_for(options.config);
  const fs::path file = request.config ? request.config->name : request.mcp_json->name;
  std::error_code ignored;
  const bool has_file = options.config.given() || fs::exists(file, ignored);
  if (!has_file) {
    examine_machine(nullptr, findings);
    findings.run(
        Health::warning, "config.file", "there is no configuration yet",
        fmt::format("neither ./sallyport.yaml nor {} is there", tilde(config_directory() / default_config)),
        "sallyport install --client cursor --dry-run");
    return report(findings, false, options);
  }
  const config::Loaded loaded = config::load(request);
  examine_machine(loaded.config ? &*loaded.config : nullptr, findings);
  examine_config(loaded, file, findings);
  if (!loaded.config) return report(findings, true, options);
  const int ended = run_to_end([&](task::Loop& loop) -> Task<int> {
    CO_TRY(co_await examine_gateway(loop, *loaded.config, findings));
    if (!options.offline) CO_TRY(co_await examine_servers(loop, *loaded.config, file, findings));
    co_return exit_done;
  });
  if (ended != exit_done) return ended;
  return report(findings, false, options);
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  const auto options = std::make_shared<DoctorOptions>();
  CLI::App* command =
      add_command(app, "doctor", "Says what is wrong here and with each server, and what to do",
                  "sallyport doctor -c sallyport.yaml\n"
                  "sallyport doctor --offline --json");
  add_config_flags(*command, options->config);
  command->add_flag("--offline", options->offline, "Starts no server and connects to none");
  command->add_flag("--json", options->json, "Prints JSON");
  command->callback([=, &action] { action = [=] { return doctor(*options); }; });
}

}  // namespace sallyport::cli
