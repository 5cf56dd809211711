#include "user_paths.hpp"

#include "config_flags.hpp"

#include <cstdlib>

#include <pwd.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

// A base directory of the XDG specification, which ignores relative ones.
fs::path base_directory(const char* variable, const char* standard) {
  const char* const value = std::getenv(variable);
  if (value != nullptr && *value == '/') return value;
  return home_directory() / standard;
}

}  // namespace

fs::path home_directory() {
  if (const char* const home = std::getenv("HOME"); home != nullptr && *home == '/') return home;
  const passwd* const entry = ::getpwuid(::getuid());
  return entry == nullptr ? "/" : entry->pw_dir;
}

fs::path config_directory() {
  return base_directory("XDG_CONFIG_HOME", ".config") / "sallyport";
}

fs::path state_directory() {
  return base_directory("XDG_STATE_HOME", ".local/state") / "sallyport";
}

fs::path admin_token_file() {
  return state_directory() / "admin-token";
}

fs::path seal_key_file() {
  return state_directory() / "seal-key";
}

fs::path program_path() {
  std::error_code error;
  fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::path("/usr/bin/sallyport") : path;
}

fs::path standard_config() {
  std::error_code ignored;
  if (fs::exists(default_config, ignored)) return default_config;
  fs::path users = config_directory() / default_config;
  return fs::exists(users, ignored) ? users : fs::path(default_config);
}

std::string tilde(const fs::path& path) {
  const fs::path home = home_directory();
  const fs::path below = path.lexically_relative(home);
  if (home == "/" || below.empty() || *below.begin() == "..") return path.string();
  return below == "." ? "~" : "~/" + below.string();
}

}  // namespace sallyport::cli
