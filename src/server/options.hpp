// The command line that every server of the framework has.
#pragma once

#include "errors/result.hpp"
#include "net/tls_server.hpp"
#include "telemetry/log.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::server {

struct Endpoint {
  std::string host = "127.0.0.1";  // without brackets
  std::uint16_t port = 0;          // 0: a free one

  bool is_loopback() const;
  std::string text() const;
};

struct Options {
  std::optional<Endpoint> http;  // nothing: stdio
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> allowed_origins;
  bool anonymous = false;         // beyond loopback anybody may call
  bool behind_tls_proxy = false;  // beyond loopback tokens come in the clear, for something in front has TLS
  std::optional<net::TlsFiles> tls;
  std::string otlp;  // the collector's URL; empty: what the environment says (collector.hpp)
  bool otlp_developer_text = false;
  log::Level log_level = log::Level::info;
  bool help = false;
  bool version = false;
};

// CONFIG_001 whose developer text says what is wrong. `authenticates`: callers have to say who they are.
Result<Options> parse_options(std::span<const char* const> arguments, bool authenticates = false);
std::string usage(std::string_view program);

}  // namespace sallyport::server
