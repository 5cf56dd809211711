// The command tree: each command registers itself, and what was asked for is run after the whole line was
// understood.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/App.hpp>
#include <CLI/Option.hpp>

namespace sallyport::cli {

// Runs the chosen command and returns the exit code.
using Action = std::function<int()>;

// A command with its help: `example` is one or more whole command lines.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& description,
                      const std::string& example);

void add_serve(CLI::App& app, Action& action);
void add_install(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_tools(CLI::App& app, Action& action);
void add_servers(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);
void add_audit(CLI::App& app, Action& action);
void add_explain(CLI::App& app, Action& action);
void add_classify(CLI::App& app, Action& action);
void add_new(CLI::App& app, Action& action);
void add_version(CLI::App& app, Action& action);
void add_completion(CLI::App& app, Action& action);  // the last: it describes the others

// What `explain` takes: codes, then kinds. Completion offers them.
std::vector<std::string> explained_names();

// Parses the command line and runs what it asks for. Mistakes in it are explained on stderr: exit code 2.
int run_command_line(int argc, char** argv);

}  // namespace sallyport::cli
