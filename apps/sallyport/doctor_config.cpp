#include "doctor.hpp"
#include "user_paths.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

std::string place(const config::Diagnostic& diagnostic) {
  if (diagnostic.at.line == 0) return diagnostic.file;
  return fmt::format("{}:{}:{}", diagnostic.file, diagnostic.at.line, diagnostic.at.column);
}

// Who may write the file decides which programs start.
void examine_file(const fs::path& file, Findings& findings) {
  struct stat facts{};
  if (::stat(file.c_str(), &facts) != 0) return;
  if ((facts.st_mode & S_IWOTH) != 0) {
    findings.run(Health::problem, "config.file", fmt::format("everybody may write {}", file.string()),
                 "who writes it decides which programs the gateway starts",
                 fmt::format("chmod o-w {}", shell_word(file.string())));
  }
}

// The commands that messages of `check` carry between backquotes, as a command to paste.
std::string command_in(const std::string& instead) {
  constexpr std::string_view run = "run `";
  if (!instead.starts_with(run) || !instead.ends_with('`')) return "";
  return instead.substr(run.size(), instead.size() - run.size() - 1);
}

}  // namespace

void examine_config(const config::Loaded& loaded, const fs::path& file, Findings& findings) {
  examine_file(file, findings);
  for (const config::Diagnostic& each : loaded.diagnostics) {
    if (each.severity == config::Severity::note) continue;
    // examine_machine() has said so, and what to install.
    if (each.path.ends_with(".command") && each.what.ends_with("is not found")) continue;
    const Health health = each.severity == config::Severity::error ? Health::problem : Health::warning;
    const std::string command = command_in(each.instead);
    findings.add({.health = health,
                  .id = "config.check",
                  .what = fmt::format("{}: {}", place(each), each.what),
                  .why = each.why,
                  .next = command.empty() ? each.instead : command,
                  .is_command = !command.empty()});
  }
  if (!loaded.config) return;
  const std::size_t servers = loaded.config->servers.size();
  findings.ok("config.check",
              fmt::format("{} can be served: {} server{}", tilde(file), servers, servers == 1 ? "" : "s"));
}

}  // namespace sallyport::cli
