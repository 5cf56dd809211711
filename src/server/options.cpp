#include "server/options.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>

namespace sallyport::server {
namespace {

std::unexpected<Error> wrong(const std::string& why) {
  return fail(Error(Code::config_invalid).with_developer_message(why));
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("--http wants HOST:PORT");
  std::string_view host = text.substr(0, colon);
  const auto port = parse_int<std::uint16_t>(text.substr(colon + 1));
  if (!port) return wrong("--http wants HOST:PORT with a port from 0 to 65535");
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return Endpoint{host.empty() ? "127.0.0.1" : std::string(host), *port};
}

// One option that has a value.
Result<void> take(std::string_view name, std::string_view value, Options& options, net::TlsFiles& tls) {
  if (name == "--http") {
    options.http = TRY(parse_endpoint(value));
  } else if (name == "--allow-host") {
    options.allowed_hosts.emplace_back(value);
  } else if (name == "--allow-origin") {
    options.allowed_origins.emplace_back(value);
  } else if (name == "--tls-cert") {
    tls.cert = value;
  } else if (name == "--tls-key") {
    tls.key = value;
  } else if (name == "--tls-client-ca") {
    tls.client_ca = value;
  } else if (name == "--otlp") {
    if (value.empty()) return wrong("--otlp wants the URL of a collector, as http://127.0.0.1:4318");
    options.otlp = value;
  } else if (name == "--log-level") {
    const auto level = log::parse_level(value);
    if (!level) return wrong("--log-level wants trace, debug, info, warn, error or off");
    options.log_level = *level;
  }
  return {};
}

constexpr std::array<std::string_view, 8> with_value = {"--http",      "--allow-host",   "--allow-origin",
                                                        "--log-level", "--otlp",         "--tls-cert",
                                                        "--tls-key",   "--tls-client-ca"};

Result<void> check(const Options& options, bool authenticates) {
  if (options.tls && (options.tls->cert.empty() || options.tls->key.empty()))
    return wrong("TLS wants --tls-cert and --tls-key");
  if (options.tls && !options.http) return wrong("TLS is for --http");
  if (authenticates && options.anonymous)
    return wrong("this server asks callers who they are: --anonymous has no place here");
  if (!options.http || options.http->is_loopback()) return {};
  if (!authenticates && !options.anonymous)
    return wrong("anybody who reaches " + options.http->text() +
                 " could call every tool; say --anonymous if that is meant");
  if (authenticates && !options.tls && !options.behind_tls_proxy)
    return wrong(
        "tokens would come to " + options.http->text() +
        " in the clear; give --tls-cert and --tls-key, or say --behind-tls-proxy if something in front "
        "has TLS");
  return {};
}

}  // namespace

bool Endpoint::is_loopback() const {
  return iequals(host, "localhost") || host == "::1" || host.starts_with("127.");
}

std::string Endpoint::text() const {
  return (host.contains(':') ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Options> parse_options(std::span<const char* const> arguments, bool authenticates) {
  Options options;
  net::TlsFiles tls;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--help" || name == "-h") {
      options.help = true;
    } else if (name == "--version") {
      options.version = true;
    } else if (name == "--stdio") {
      options.http.reset();
    } else if (name == "--anonymous") {
      options.anonymous = true;
    } else if (name == "--otlp-developer-text") {
      options.otlp_developer_text = true;
    } else if (name == "--behind-tls-proxy") {
      options.behind_tls_proxy = true;
    } else if (std::ranges::find(with_value, name) != with_value.end()) {
      if (++i == arguments.size()) return wrong(std::string(name) + " wants a value");
      TRY(take(name, arguments[i], options, tls));
    } else {
      return wrong("there is no option " + std::string(name));
    }
  }
  if (tls != net::TlsFiles()) options.tls = std::move(tls);
  if (!options.help && !options.version) TRY(check(options, authenticates));
  return options;
}

std::string usage(std::string_view program) {
  return std::string(program) +
         " [OPTIONS]\n\n"
         "An MCP server on stdin and stdout, or on HTTP.\n\n"
         "  --http HOST:PORT      Streamable HTTP at http://HOST:PORT/mcp; port 0 takes a free one\n"
         "  --allow-host NAME     a Host beside loopback names and addresses; repeatable\n"
         "  --allow-origin URL    a web page that may call; repeatable\n"
         "  --tls-cert FILE       HTTPS with this certificate and those between it and the root (PEM)\n"
         "  --tls-key FILE        its private key; both are read again when they change, and on SIGHUP\n"
         "  --tls-client-ca FILE  clients have to show a certificate that one of these signed\n"
         "  --behind-tls-proxy    take tokens in the clear beyond loopback: something in front has TLS\n"
         "  --anonymous           serve addresses beyond loopback, though nobody has to say who he is\n"
         "  --otlp URL            traces, metrics and logs to this collector (OTLP over HTTP, JSON); else "
         "to\n"
         "                        that of OTEL_EXPORTER_OTLP_ENDPOINT, if there is one\n"
         "  --otlp-developer-text what failures say to developers goes there too\n"
         "  --log-level LEVEL     trace, debug, info (default), warn, error, off; logs go to stderr\n"
         "  --version, --help\n";
}

}  // namespace sallyport::server
