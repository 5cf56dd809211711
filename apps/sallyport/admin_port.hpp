// Where a running gateway's admin port is, and the token that writes to it need.
#pragma once

#include "base/secret.hpp"
#include "config_flags.hpp"
#include "http_get.hpp"

#include <optional>
#include <string>

namespace sallyport::cli {

struct AdminFlags {
  ConfigFlags config;
  std::string admin;       // --admin
  std::string token_file;  // --token-file
};

void add_admin_flags(CLI::App& command, AdminFlags& flags);
void add_token_flag(CLI::App& command, AdminFlags& flags);

struct AdminPort {
  net::Endpoint endpoint;
  Secret token;  // that of the configuration which names it

  std::string url() const;
};

// --admin, else the configuration's, else 127.0.0.1:8081. Nothing: the exit code is 2.
std::optional<AdminPort> find_admin_port(const AdminFlags& flags);

// --token-file, else SALLYPORT_ADMIN_TOKEN, else, for a port of this machine, `admin.token` of the
// configuration or the file where the gateway put the one that it made. Never sent in the clear to another
// machine. Nothing: the exit code is 2.
std::optional<Secret> admin_token(const AdminFlags& flags, const AdminPort& port);

}  // namespace sallyport::cli
