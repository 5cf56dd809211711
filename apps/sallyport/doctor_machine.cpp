#include "config/values.hpp"
#include "doctor.hpp"
#include "user_paths.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <openssl/x509.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<std::string> search_path() {
  const char* const value = std::getenv("PATH");
  std::vector<std::string> directories;
  std::string_view rest = value == nullptr ? "" : value;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    directories.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return directories;
}

void examine_path(Findings& findings) {
  const std::vector<std::string> directories = search_path();
  if (directories.empty()) {
    return findings.run(Health::problem, "machine.path", "PATH is not set",
                        "no server that is named without its path can start",
                        "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  }
  for (const std::string& directory : directories) {
    struct stat facts{};
    if (!directory.starts_with('/')) {
      findings.tell(Health::warning, "machine.path",
                    fmt::format("PATH has `{}`, which is not absolute", directory),
                    "which program starts depends on the directory that the gateway is started in",
                    "take it out of PATH where the gateway is started");
    } else if (::stat(directory.c_str(), &facts) == 0 && (facts.st_mode & S_IWOTH) != 0 &&
               (facts.st_mode & S_ISVTX) == 0) {
      findings.run(Health::problem, "machine.path",
                   fmt::format("everybody may write {}, which is in PATH", directory),
                   "anybody on this machine could put a program in the place of a server",
                   fmt::format("chmod o-w {}", shell_word(directory)));
    }
  }
}

// Where programs often are although PATH does not say so.
std::string found_elsewhere(const std::string& program) {
  const fs::path home = home_directory();
  for (const fs::path& directory :
       {home / ".local/bin", home / ".cargo/bin", home / ".bun/bin", home / ".deno/bin", home / ".volta/bin",
        fs::path("/usr/local/bin"), fs::path("/opt/homebrew/bin"), fs::path("/snap/bin")}) {
    if (is_program(directory / program)) return directory / program;
  }
  std::error_code ignored;
  std::string newest;
  for (const auto& version : fs::directory_iterator(home / ".nvm/versions/node", ignored)) {
    if (is_program(version.path() / "bin" / program))
      newest = std::max(newest, (version.path() / "bin" / program).string());
  }
  return newest;
}

void examine_programs(const config::Config& config, Findings& findings) {
  std::set<std::string> found;
  for (const config::Server& server : config.servers) {
    if (!server.is_stdio() || found.contains(server.command)) continue;
    if (const std::string path = find_program(server.command); !path.empty()) {
      found.insert(server.command);
      findings.ok("machine.programs",
                  path == server.command ? path : fmt::format("{} is {}", server.command, path));
      continue;
    }
    const std::string elsewhere = server.command.contains('/') ? "" : found_elsewhere(server.command);
    Finding finding{.health = Health::problem,
                    .id = "machine.programs",
                    .what = fmt::format("{} is not found", server.command),
                    .why = fmt::format("servers.{} cannot start", server.key)};
    if (elsewhere.empty()) {
      finding.next = how_to_get(server.command, finding.is_command);
    } else {
      finding.why += fmt::format("; it is {}, which is not in PATH", elsewhere);
      finding.next = fmt::format("write its full path in servers.{}: `command: {}`", server.key, elsewhere);
    }
    findings.add(std::move(finding));
  }
}

// A keeper and a child each with their pipes; connections of agents; what everything else needs.
void examine_limits(const config::Config* config, Findings& findings) {
  const std::size_t servers = config == nullptr ? 0 : config->servers.size();
  const std::uint64_t streams = config == nullptr ? 1000 : config->limits.streams;
  const std::uint64_t wanted = std::max<std::uint64_t>(1024, 2 * streams + 8 * servers + 64);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    // `serve` raises its own limit to the hard one.
    if (limit.rlim_max < wanted) {
      findings.tell(
          Health::warning, "machine.files", fmt::format("{} files may be open at once", limit.rlim_max),
          fmt::format("{} would carry limits.streams and every server; beyond, connections fail", wanted),
          fmt::format(
              "raise it in /etc/security/limits.conf (`* hard nofile {}`) and log in again; the systemd "
              "unit has LimitNOFILE",
              wanted));
    } else {
      findings.ok(
          "machine.files",
          fmt::format("{} files may be open at once",
                      limit.rlim_cur == RLIM_INFINITY ? "any number of" : std::to_string(limit.rlim_cur)));
    }
  }
  if (::getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      limit.rlim_cur < 64 + 16 * servers) {
    findings.run(Health::warning, "machine.processes",
                 fmt::format("this user may run {} processes", limit.rlim_cur),
                 "each server is two, and what it starts itself", "ulimit -u unlimited");
  }
}

std::uint64_t available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::uint64_t kib = 0;
  std::string unit;
  while (file >> name >> kib) {
    std::getline(file, unit);
    if (name == "MemAvailable:") return kib * 1024;
  }
  return 0;
}

void examine_memory(const config::Config& config, Findings& findings) {
  const std::uint64_t available = available_memory();
  if (available == 0 || available >= config.limits.buffered) return;
  findings.tell(Health::warning, "machine.memory",
                fmt::format("{} MiB of memory are free, and limits.buffered is {} MiB", available >> 20U,
                            config.limits.buffered >> 20U),
                "under load the kernel may end the gateway before its own limit holds",
                fmt::format("write `limits: {{buffered: {}MiB}}`, or free memory",
                            std::max<std::uint64_t>(available >> 21U, 16)));
}

void examine_authorities(const config::Config& config, Findings& findings) {
  const bool needed = std::ranges::any_of(config.servers, [](const config::Server& server) {
    return server.url.starts_with("https") && server.ca.empty();
  });
  if (!needed) return;
  const auto place = [](const char* variable, const char* standard) {
    const char* const value = std::getenv(variable);
    return fs::path(value != nullptr && *value != '\0' ? value : standard);
  };
  const fs::path file = place(X509_get_default_cert_file_env(), X509_get_default_cert_file());
  const fs::path directory = place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  std::error_code ignored;
  if (fs::exists(file, ignored) ||
      (fs::is_directory(directory, ignored) && !fs::is_empty(directory, ignored))) {
    return findings.ok("machine.certificates",
                       fmt::format("certificate authorities are in {}", directory.string()));
  }
  findings.run(Health::problem, "machine.certificates", "no certificate authorities are on this machine",
               "no https server can be verified, so none is called",
               "sudo apt-get install -y ca-certificates");
}

void examine_state(Findings& findings) {
  const fs::path state = state_directory();
  struct stat facts{};
  if (::stat(state.c_str(), &facts) != 0) {
    fs::path parent = state;
    std::error_code ignored;
    while (!fs::exists(parent, ignored) && parent != parent.parent_path()) parent = parent.parent_path();
    if (::access(parent.c_str(), W_OK) == 0) return;
    return findings.run(
        Health::problem, "machine.state", fmt::format("{} cannot be made", state.string()),
        fmt::format("this user may not write {}", parent.string()),
        fmt::format("export XDG_STATE_HOME=$(mktemp -d)   # or: sudo install -d -o {} -m 700 {}", ::getuid(),
                    shell_word(state.string())));
  }
  if (!S_ISDIR(facts.st_mode)) {
    return findings.run(Health::problem, "machine.state",
                        fmt::format("{} is not a directory", state.string()), "state cannot be kept",
                        fmt::format("mv {0} {0}.old", shell_word(state.string())));
  }
  if (::access(state.c_str(), W_OK | X_OK) != 0) {
    return findings.run(Health::problem, "machine.state", fmt::format("{} cannot be written", state.string()),
                        "state cannot be kept",
                        fmt::format("sudo chown {} {}", ::getuid(), shell_word(state.string())));
  }
  if ((facts.st_mode & 077U) != 0) {
    return findings.run(Health::warning, "machine.state",
                        fmt::format("others may look into {}", state.string()),
                        "tokens and records of calls are kept there",
                        fmt::format("chmod 700 {}", shell_word(state.string())));
  }
  findings.ok("machine.state", fmt::format("{} is yours alone", state.string()));
}

}  // namespace

std::string find_program(const std::string& program) {
  if (program.contains('/')) return is_program(program) ? program : "";
  for (const std::string& directory : search_path()) {
    const fs::path path = fs::path(directory.empty() ? "." : directory) / program;
    if (is_program(path)) return path;
  }
  return "";
}

std::string how_to_get(std::string_view program, bool& is_command) {
  struct Package {
    std::string_view program;
    std::string_view command;
  };
  static constexpr std::array<Package, 12> packages{
      Package{"npx", "sudo apt-get install -y npm"},
      Package{"npm", "sudo apt-get install -y npm"},
      Package{"node", "sudo apt-get install -y nodejs"},
      Package{"uvx", "sudo apt-get install -y pipx && pipx install uv && pipx ensurepath"},
      Package{"uv", "sudo apt-get install -y pipx && pipx install uv && pipx ensurepath"},
      Package{"pipx", "sudo apt-get install -y pipx"},
      Package{"python", "sudo apt-get install -y python-is-python3"},
      Package{"python3", "sudo apt-get install -y python3"},
      Package{"docker", "sudo apt-get install -y docker.io"},
      Package{"deno", "sudo apt-get install -y npm && sudo npm install -g deno"},
      Package{"bunx", "sudo apt-get install -y npm && sudo npm install -g bun"},
      Package{"bun", "sudo apt-get install -y npm && sudo npm install -g bun"}};
  const auto found = std::ranges::find(packages, program, &Package::program);
  is_command = found != packages.end();
  if (is_command) return std::string(found->command);
  return "install it, or write the full path of the program in `command`";
}

void examine_machine(const config::Config* config, Findings& findings) {
  examine_path(findings);
  if (config != nullptr) examine_programs(*config, findings);
  examine_limits(config, findings);
  if (config != nullptr) {
    examine_memory(*config, findings);
    examine_authorities(*config, findings);
  }
  examine_state(findings);
}

}  // namespace sallyport::cli
