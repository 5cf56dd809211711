#include "commands.hpp"
#include "output.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

// CLI11's own, with the words that we use.
class HelpText final : public CLI::Formatter {
 public:
  HelpText() {
    label("OPTIONS", "options");
    label("SUBCOMMAND", "command");
    label("Subcommands", "Commands");
    label("REQUIRED", "");
    column_width(34);
  }
};

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent ? fmt::format("{} {}", full_name(*parent), command.get_name()) : command.get_name();
}

std::vector<std::string> command_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* each : command.get_subcommands({})) names.push_back(each->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// What was not understood at the outermost place, in our words; empty: everything was.
std::string explain_remaining(const CLI::App& command) {
  const std::vector<std::string> rest = command.remaining(false);
  if (rest.empty()) {
    const auto chosen = command.get_subcommands();
    return chosen.empty() ? "" : explain_remaining(*chosen.front());
  }
  const std::string& word = rest.front();
  if (word.starts_with('-') && word.size() > 1) {
    const std::string name = word.substr(0, word.find('='));
    return fmt::format("unknown option `{}`{}", name, suggestion(name, option_names(command)));
  }
  const std::vector<std::string> commands = command_names(command);
  if (commands.empty()) return fmt::format("`{}` is one word too many", word);
  return fmt::format("unknown command `{}`{}", word, suggestion(word, commands));
}

const CLI::App& innermost(const CLI::App& command) {
  const auto chosen = command.get_subcommands();
  return chosen.empty() ? command : innermost(*chosen.front());
}

int complain_of(const CLI::App& app, const CLI::ParseError& error) {
  const std::string remaining = explain_remaining(app);
  complain(remaining.empty() ? error.what() : remaining);
  print_error(fmt::format("`{} --help` says what there is\n", full_name(innermost(app))));
  return exit_wrong_input;
}

}  // namespace

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, description);
  std::string footer = "Example:\n  ";
  for (const char c : example) footer += c == '\n' ? "\n  " : std::string(1, c);
  command->footer(footer)->group("Commands")->require_subcommand(0, 1);
  return command;
}

int run_command_line(int argc, char** argv) {
  CLI::App app("A guarded gateway between AI agents and the MCP servers whose tools they call", "sallyport");
  app.formatter(std::make_shared<HelpText>());
  app.footer("Example:\n  sallyport serve -c sallyport.yaml\n\nEvery command has --help with an example.");
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", "sallyport " SALLYPORT_VERSION, "Prints the version");
  Action action;
  add_serve(app, action);
  add_install(app, action);
  add_check(app, action);
  add_tools(app, action);
  add_servers(app, action);
  add_doctor(app, action);
  add_audit(app, action);
  add_explain(app, action);
  add_classify(app, action);
  add_new(app, action);
  add_version(app, action);
  add_completion(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {
    return app.exit(wanted);
  } catch (const CLI::ParseError& error) {
    return complain_of(app, error);
  }
  if (action) return action();
  const CLI::App& asked = innermost(app);
  print_error(asked.help(asked.get_parent() ? full_name(*asked.get_parent()) : ""));
  return exit_wrong_input;
}

}  // namespace sallyport::cli
