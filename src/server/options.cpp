#include "server/options.hpp"

#include "base/strings.hpp"

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

}  // namespace

bool Endpoint::is_loopback() const {
  return iequals(host, "localhost") || host == "::1" || host.starts_with("127.");
}

std::string Endpoint::text() const {
  return (host.contains(':') ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Options> parse_options(std::span<const char* const> arguments) {
  Options options;
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
    } else if (name == "--http" || name == "--allow-host" || name == "--allow-origin" ||
               name == "--log-level") {
      if (++i == arguments.size()) return wrong(std::string(name) + " wants a value");
      const std::string_view value = arguments[i];
      if (name == "--http") {
        options.http = TRY(parse_endpoint(value));
      } else if (name == "--allow-host") {
        options.allowed_hosts.emplace_back(value);
      } else if (name == "--allow-origin") {
        options.allowed_origins.emplace_back(value);
      } else if (const auto level = log::parse_level(value)) {
        options.log_level = *level;
      } else {
        return wrong("--log-level wants trace, debug, info, warn, error or off");
      }
    } else {
      return wrong("there is no option " + std::string(name));
    }
  }
  if (options.http && !options.http->is_loopback() && !options.anonymous)
    return wrong("anybody who reaches " + options.http->text() +
                 " could call every tool; say --anonymous if that is meant");
  return options;
}

std::string usage(std::string_view program) {
  return std::string(program) +
         " [OPTIONS]\n\n"
         "An MCP server on stdin and stdout, or on HTTP.\n\n"
         "  --http HOST:PORT      Streamable HTTP at http://HOST:PORT/mcp; port 0 takes a free one\n"
         "  --allow-host NAME     a Host beside loopback names and addresses; repeatable\n"
         "  --allow-origin URL    a web page that may call; repeatable\n"
         "  --anonymous           serve addresses beyond loopback, though nobody has to say who he is\n"
         "  --log-level LEVEL     trace, debug, info (default), warn, error, off; logs go to stderr\n"
         "  --version, --help\n";
}

}  // namespace sallyport::server
