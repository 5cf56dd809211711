#include "transport/host_policy.hpp"

#include "base/strings.hpp"

#include <algorithm>

#include <arpa/inet.h>

namespace sallyport::transport {
namespace {

struct HostPort {
  std::string_view host;  // without brackets
  std::string_view port;  // digits
};

// What is not `host` or `host:digits` stays whole and so is no name that anybody has: behind the last colon
// of `localhost:80@elsewhere` stands no port.
HostPort split(std::string_view authority) {
  const bool bracketed = authority.starts_with('[');
  const std::size_t host_end = bracketed ? authority.find(']') : authority.rfind(':');
  if (host_end == std::string_view::npos) return {authority, {}};
  std::string_view rest = authority.substr(host_end + (bracketed ? 1 : 0));
  const std::string_view host = authority.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
  if (rest.empty()) return {host, {}};
  if (!rest.starts_with(':')) return {authority, {}};
  rest.remove_prefix(1);
  if (rest.find_first_not_of("0123456789") != std::string_view::npos) return {authority, {}};
  return {host, rest};
}

bool is_address(std::string_view host) {
  const std::string text(host);
  unsigned char buffer[16];
  return ::inet_pton(AF_INET, text.c_str(), buffer) == 1 || ::inet_pton(AF_INET6, text.c_str(), buffer) == 1;
}

bool is_loopback(std::string_view host) {
  return iequals(host, "localhost") || host == "127.0.0.1" || host == "::1";
}

}  // namespace

HostPolicy::HostPolicy(std::vector<std::uint16_t> ports, bool loopback_listeners,
                       std::vector<std::string> allowed_hosts, std::vector<std::string> allowed_origins)
    : loopback_(loopback_listeners), hosts_(std::move(allowed_hosts)), origins_(std::move(allowed_origins)) {
  for (const std::uint16_t port : ports) ports_.push_back(std::to_string(port));
}

bool HostPolicy::host_allowed(std::string_view host) const {
  const auto [name, port] = split(host);
  const bool listed = std::ranges::any_of(
      hosts_, [&](const std::string& allowed) { return iequals(allowed, host) || iequals(allowed, name); });
  if (listed) return true;
  if (!port.empty() && std::ranges::find(ports_, port) == ports_.end()) return false;
  // A page that rebinds its own name to us sends that name; it cannot send an address.
  return is_loopback(name) || (!loopback_ && is_address(name));
}

bool HostPolicy::origin_allowed(std::string_view origin) const {
  if (std::ranges::any_of(origins_, [&](const std::string& allowed) { return iequals(allowed, origin); }))
    return true;
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;
  return is_loopback(split(origin.substr(scheme + 3)).host);
}

std::optional<Error> HostPolicy::check(const net::RequestHead& head, bool unix_socket) const {
  const auto forbidden = [](std::string_view header) {
    return Error(Code::proto_origin_forbidden).with_executed(Executed::no).with_slot(Slot::pointer, header);
  };
  const auto host = head.fields.find("host");
  if (host && !unix_socket && *host != allowed_) {
    if (!host_allowed(*host)) return forbidden("Host");
    allowed_ = *host;
  }
  const auto origin = head.fields.find("origin");
  if (origin && !origin_allowed(*origin)) return forbidden("Origin");
  return std::nullopt;
}

std::string HostPolicy::cors_headers(const net::RequestHead& head) const {
  const auto origin = head.fields.find("origin");
  if (!origin || !origin_allowed(*origin)) return {};
  return "Access-Control-Allow-Origin: " + std::string(*origin) +
         "\r\nVary: Origin\r\nAccess-Control-Expose-Headers: Mcp-Session-Id, WWW-Authenticate, Retry-After, "
         "X-Correlation-Id\r\n";
}

}  // namespace sallyport::transport
