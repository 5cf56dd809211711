#include "admin_port.hpp"

#include "base/strings.hpp"
#include "config/values.hpp"
#include "file_swap.hpp"
#include "output.hpp"
#include "user_paths.hpp"

#include <cstdlib>

#include <CLI/App.hpp>
#include <fmt/format.h>

namespace sallyport::cli {
namespace {

constexpr const char* token_variable = "SALLYPORT_ADMIN_TOKEN";
constexpr std::size_t max_token_file = 4096;

std::optional<Secret> checked(std::string text, std::string_view where) {
  if (text.ends_with('\n')) text.pop_back();
  if (config::is_token(text)) return Secret(std::move(text));
  complain(fmt::format("{} is not an admin token: one has 16 to 512 letters and digits", where));
  return std::nullopt;
}

std::optional<Secret> token_in(const std::filesystem::path& path, std::string_view if_absent) {
  const auto file = read_file(path, max_token_file);
  if (file && *file) return checked((*file)->bytes, path.string());
  complain(file ? fmt::format("there is no {}{}", path.string(), if_absent) : file.error());
  return std::nullopt;
}

}  // namespace

void add_admin_flags(CLI::App& command, AdminFlags& flags) {
  add_config_flags(command, flags.config);
  command.add_option("--admin", flags.admin, "The gateway's admin port (default: as configured)")
      ->type_name("URL");
}

void add_token_flag(CLI::App& command, AdminFlags& flags) {
  command
      .add_option("--token-file", flags.token_file,
                  fmt::format("The file of the admin token (default: ${}, else where the gateway put it)",
                              token_variable))
      ->type_name("FILE");
}

std::string AdminPort::url() const {
  return fmt::format("{}://{}", endpoint.tls ? "https" : "http", endpoint.authority());
}

std::optional<AdminPort> find_admin_port(const AdminFlags& flags) {
  config::Config config;
  const bool named = !flags.admin.empty() && !flags.config.given();
  if (!named && (flags.config.given() || std::filesystem::exists(standard_config()))) {
    auto loaded = load_or_complain(request_for(flags.config));
    if (!loaded) return std::nullopt;
    config = std::move(*loaded->config);
  }
  std::string url = flags.admin.empty() ? config.admin.http.text() : flags.admin;
  if (url.starts_with("unix:")) {
    complain(
        fmt::format("--admin: `{}` is a Unix socket, and the admin port is on TCP only, write the address "
                    "of `admin.http`, for example 127.0.0.1:8081",
                    clip(url, 200)));
    return std::nullopt;
  }
  if (url.find("://") == std::string::npos) url = "http://" + url;
  if (auto endpoint = net::parse_endpoint(url)) return AdminPort{std::move(*endpoint), config.admin.token};
  complain(fmt::format("--admin: `{}` is not an http URL, write for example http://127.0.0.1:8081",
                       clip(url, 200)));
  return std::nullopt;
}

std::optional<Secret> admin_token(const AdminFlags& flags, const AdminPort& port) {
  const bool here = config::is_loopback_host(port.endpoint.host);
  if (!here && !port.endpoint.tls) {
    complain(
        fmt::format("the admin token is not sent to {} in the clear: put TLS in front of it and write "
                    "https, or go through a tunnel (ssh -L)",
                    port.url()));
    return std::nullopt;
  }
  if (!flags.token_file.empty()) return token_in(flags.token_file, "");
  if (const char* const text = std::getenv(token_variable); text != nullptr && *text != '\0')
    return checked(text, token_variable);
  if (!here) {
    complain(fmt::format("which token does {} take? Name its file with --token-file, or set {}", port.url(),
                         token_variable));
    return std::nullopt;
  }
  if (!port.token.empty()) return port.token;
  return token_in(
      admin_token_file(),
      fmt::format(": does the gateway run as another user? Name the file with --token-file, or set {}",
                  token_variable));
}

}  // namespace sallyport::cli
