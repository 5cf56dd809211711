// `sallyport install`: puts the gateway between an agent and the servers that it has.
#include "agent_places.hpp"
#include "base/strings.hpp"
#include "commands.hpp"
#include "config/agent_file.hpp"
#include "config/diagnostic.hpp"
#include "config/document.hpp"
#include "install_plan.hpp"
#include "install_steps.hpp"
#include "json/scanner.hpp"
#include "output.hpp"
#include "table.hpp"
#include "text_diff.hpp"
#include "user_paths.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

struct InstallOptions {
  std::string client;
  std::string scope;
  std::string file;
  std::string config;
  std::vector<std::string> keep;
  bool dry_run = false;
  bool undo = false;
  bool json = false;
};

// What there is to say at the end.
struct Report {
  const InstallOptions& options;
  const InstallRequest& request;
  const InstallPlan& plan;
  fs::path backup;  // empty: nothing was written

  bool changes() const {
    return plan.changes_agent(request) || plan.config_text != request.config_text.value_or("");
  }
};

std::string command_line(const InstallOptions& options) {
  std::string line = fmt::format("sallyport install --client {}", options.client);
  if (!options.scope.empty()) line += " --scope " + options.scope;
  if (!options.file.empty()) line += " --file " + options.file;
  return line;
}

std::string report_json(const Report& report, const config::Diagnostics& diagnostics) {
  std::string servers;
  for (const PlannedServer& server : report.plan.servers) {
    servers +=
        fmt::format(R"({}{{"original":{},"name":{},"outcome":{},"why":{}}})", servers.empty() ? "" : ",",
                    json::quote(server.original), server.name.empty() ? "null" : json::quote(server.name),
                    json::quote(server.outcome), server.why.empty() ? "null" : json::quote(server.why));
  }
  std::string secrets;
  for (const SecretFile& secret : report.plan.secrets) {
    secrets += (secrets.empty() ? "" : ",") + json::quote(secret.path.string());
  }
  std::string out = fmt::format(
      R"({{"client":{},"file":{},"config":{},"dryRun":{},"changed":{},"servers":[{}],"secrets":[{}],"backup":{},"diagnostics":{})",
      json::quote(report.options.client), json::quote(report.request.place.file.string()),
      json::quote(report.request.config.string()), report.options.dry_run, report.changes(), servers, secrets,
      report.backup.empty() ? "null" : json::quote(report.backup.string()), config::render_json(diagnostics));
  if (report.options.dry_run) {
    out += fmt::format(R"(,"diff":{{"file":{},"config":{}}})",
                       json::quote(diff(report.plan.agent_before, report.plan.agent_after, false)),
                       json::quote(diff(report.plan.config_before, report.plan.config_after, false)));
  }
  return out + "}";
}

Style style_of(std::string_view outcome) {
  if (outcome == "moved") return Style::green;
  return outcome == "left" || outcome == "kept" ? Style::yellow : Style::plain;
}

std::string servers_table(const InstallPlan& plan, bool colours) {
  if (plan.servers.empty()) return "";
  Table table({"SERVER", "", "NAME HERE"});
  for (const PlannedServer& server : plan.servers) {
    table.add({{server.original, Style::bold},
               {server.outcome, style_of(server.outcome)},
               {server.name.empty() ? server.why : server.name}});
  }
  return table.render(0, colours) + "\n";
}

std::string line(std::string_view label, const fs::path& path, std::string_view remark = "") {
  return fmt::format("{:<10}{}{}\n", label, escape_terminal(tilde(path)), remark);
}

std::string files_text(const Report& report) {
  const InstallPlan& plan = report.plan;
  const bool writes_config = plan.config_text != report.request.config_text.value_or("");
  std::string out = line("agent", report.request.place.file, "  has one entry of ours, `sallyport`");
  if (writes_config) {
    out += line("config", report.request.config,
                report.request.config_text ? "  has the servers added" : "  is new");
  } else {
    out += line("config", report.request.config, "  has the servers already");
  }
  if (!plan.secrets.empty()) {
    out += line("secrets", plan.secrets.front().path.parent_path(),
                fmt::format("  {} file{}, for your eyes only (0600)", plan.secrets.size(),
                            plan.secrets.size() == 1 ? "" : "s"));
  }
  if (!report.backup.empty()) out += line("backup", report.backup, "  the agent's file as it was");
  return out;
}

std::string next_steps(const Report& report) {
  return fmt::format(
      "\nNext: {}.\nWhat it will see:   sallyport tools list -c {}\nTo take it back:    {} --undo\n",
      report.request.place.next_step, escape_terminal(report.request.config.string()),
      escape_terminal(command_line(report.options)));
}

std::string dry_run_text(const Report& report, bool colours) {
  const InstallPlan& plan = report.plan;
  std::string out;
  const auto file = [&](const fs::path& path, const std::string& before, const std::string& after,
                        bool is_new) {
    const std::string changes = diff(before, after, colours);
    if (changes.empty()) return;
    out += paint(Style::bold, escape_terminal(tilde(path)) + (is_new ? "  (new)" : ""), colours) + "\n" +
           changes + "\n";
  };
  file(report.request.place.file, plan.agent_before, plan.agent_after, false);
  file(report.request.config, plan.config_before, plan.config_after, !report.request.config_text);
  for (const SecretFile& secret : plan.secrets) out += line("secret", secret.path, "  (new, 0600)");
  return out + "Nothing was written. The same command without --dry-run does it.\n";
}

std::string report_text(const Report& report) {
  const bool colours = has_colours(STDOUT_FILENO);
  const InstallPlan& plan = report.plan;
  std::string out = servers_table(plan, colours);
  if (!report.changes()) {
    return out + fmt::format("{} uses the gateway already: nothing to do.\n", report.request.place.title);
  }
  if (report.options.dry_run) return out + dry_run_text(report, colours);
  return out + files_text(report) + next_steps(report);
}

int complain_with_one(std::string_view sentence) {
  complain(sentence);
  return exit_failed;
}

// Where else this agent has servers, so that nobody has to search.
void hint_at_others(const AgentPlace& place) {
  for (const AgentPlace& other : other_places(place)) {
    const auto text = read_file(other.file, config::max_agent_file_bytes);
    if (!text || !*text) continue;
    config::Diagnostics ignored;
    config::Report silent("", ignored);
    const auto file = config::AgentFile::read((*text)->bytes, other.keys, silent);
    if (!file || file->servers().members.empty()) continue;
    const std::string scope = other.keys.size() > 2 ? "local" : other.workspace ? "project" : "user";
    print_error(fmt::format("note: {} has {} more here: {} (--scope {})\n", other.title,
                            file->servers().members.size(), escape_terminal(tilde(other.file)), scope));
  }
}

fs::path config_path(const InstallOptions& options) {
  if (!options.config.empty()) return fs::absolute(options.config).lexically_normal();
  std::error_code ignored;
  const fs::path standard = standard_config();
  return fs::exists(standard, ignored) ? fs::absolute(standard) : config_directory() / "sallyport.yaml";
}

void show(const config::Diagnostics& diagnostics) {
  config::Diagnostics shown;
  for (const config::Diagnostic& each : diagnostics) {
    if (each.severity != config::Severity::note) shown.push_back(each);  // the table has them
  }
  print_error(config::render_text(shown, has_colours(STDERR_FILENO)));
}

// Exit code 2: what is wrong stands in a file.
int refuse(const InstallOptions& options, const config::Diagnostics& diagnostics) {
  if (options.json) {
    (void)print_json(fmt::format(R"({{"ok":false,"diagnostics":{}}})", config::render_json(diagnostics)));
  } else {
    show(diagnostics);
    print_error("nothing was changed; correct these, or leave a server with the agent: --keep NAME\n");
  }
  return exit_wrong_input;
}

int do_install(const InstallOptions& options, const AgentPlace& place) {
  const auto agent = read_file(place.file, config::max_agent_file_bytes);
  if (!agent) return complain_with_one(agent.error());
  if (!*agent) {
    complain(fmt::format("there is no {}: is {} installed, and has it servers? --file names another file",
                         place.file.string(), place.title));
    hint_at_others(place);
    return exit_wrong_input;
  }
  const fs::path config_file = config_path(options);
  auto config = read_file(config_file, config::max_file_bytes);
  if (!config) return complain_with_one(config.error());
  InstallRequest request{.place = place,
                         .agent_text = (*agent)->bytes,
                         .config = *config ? (*config)->path : config_file,
                         .config_text = {},
                         .program = program_path(),
                         .keep = options.keep};
  if (*config) request.config_text = (*config)->bytes;
  config::Diagnostics diagnostics;
  const auto plan = plan_install(request, diagnostics);
  config::sort_by_place(diagnostics);
  if (!plan) return refuse(options, diagnostics);
  if (!plan->has_servers) {
    complain(fmt::format("{} has no servers to put behind the gateway, and {} has none either",
                         place.file.string(), request.config.string()));
    hint_at_others(place);
    return exit_wrong_input;
  }
  Report report{options, request, *plan, {}};
  if (report.changes() && !options.dry_run) {
    auto written = write_install(request, *plan, {**agent, std::move(*config)});
    if (!written) return complain_with_one(written.error());
    report.backup = *written;
  }
  if (options.json) return print_json(report_json(report, diagnostics));
  show(diagnostics);
  const int code = print(report_text(report));
  hint_at_others(place);
  return code;
}

int do_undo(const InstallOptions& options, const AgentPlace& place) {
  auto plan = plan_undo(place.file);
  if (!plan) return complain_with_one(plan.error());
  const InstallStep step = plan->record.steps.back();
  const bool restores_config = plan->restores_config;
  std::vector<std::string> left;
  if (!options.dry_run) {
    auto done = write_undo(std::move(*plan));
    if (!done) return complain_with_one(done.error());
    left = std::move(*done);
  }
  if (options.json) {
    return print_json(
        fmt::format(R"({{"client":{},"file":{},"restored":{},"config":{},"configRestored":{},"dryRun":{}}})",
                    json::quote(options.client), json::quote(place.file.string()), !options.dry_run,
                    json::quote(step.config.string()), restores_config && left.empty(), options.dry_run));
  }
  for (const std::string& sentence : left) print_error(fmt::format("note: {}\n", printable(sentence)));
  std::string out =
      line("agent", place.file, options.dry_run ? "  would be what it was" : "  is what it was");
  if (restores_config) {
    out +=
        line("config", step.config,
             step.config_backup.empty() ? (options.dry_run ? "  would be removed" : "  is removed")
                                        : (options.dry_run ? "  would be what it was" : "  is what it was"));
  }
  return print(out + (options.dry_run ? "" : fmt::format("\nNext: {}.\n", place.next_step)));
}

int install(const InstallOptions& options) {
  const auto place = find_agent(options.client, options.scope, options.file);
  if (!place) {
    complain(place.error());
    return exit_wrong_input;
  }
  if (options.dry_run) return options.undo ? do_undo(options, *place) : do_install(options, *place);
  const auto directory = install_directory();
  if (!directory) return complain_with_one(directory.error());
  const auto lock = FileLock::take(*directory / "lock");
  if (!lock) return complain_with_one(lock.error());
  return options.undo ? do_undo(options, *place) : do_install(options, *place);
}

}  // namespace

void add_install(CLI::App& app, Action& action) {
  const auto options = std::make_shared<InstallOptions>();
  CLI::App* command = add_command(app, "install", "Puts the gateway between an agent and its servers",
                                  "sallyport install --client cursor --dry-run\n"
                                  "sallyport install --client claude-code --scope project\n"
                                  "sallyport install --client claude-desktop --undo");
  command->add_option("--client", options->client, fmt::format("The agent: {}", agent_names))
      ->required()
      ->type_name("NAME");
  command
      ->add_option("--scope", options->scope, "Whose servers: user (default), project, local (Claude Code)")
      ->type_name("SCOPE");
  command->add_option("--file", options->file, "The agent's file (default: where it keeps it)")
      ->type_name("FILE");
  command->add_option("-c,--config", options->config, "The configuration that gets the servers")
      ->type_name("FILE");
  command->add_option("--keep", options->keep, "A server that stays with the agent; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command->add_flag("--dry-run", options->dry_run, "Shows what would change, with secrets masked");
  command->add_flag("--undo", options->undo, "Gives the agent its file back as it was");
  command->add_flag("--json", options->json, "Prints JSON");
  command->callback([=, &action] { action = [=] { return install(*options); }; });
}

}  // namespace sallyport::cli
