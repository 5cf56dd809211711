// Who may speak to a listener at all: the Host and Origin checks against DNS rebinding.
#pragma once

#include "errors/error.hpp"
#include "net/http_head.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::transport {

class HostPolicy {
 public:
  // `ports`: of the listeners. Names beyond loopback and IP addresses have to be listed.
  HostPolicy(std::vector<std::uint16_t> ports, bool loopback_listeners,
             std::vector<std::string> allowed_hosts, std::vector<std::string> allowed_origins);
  HostPolicy(std::uint16_t port, bool loopback_listener, std::vector<std::string> allowed_hosts,
             std::vector<std::string> allowed_origins)
      : HostPolicy(std::vector<std::uint16_t>{port}, loopback_listener, std::move(allowed_hosts),
                   std::move(allowed_origins)) {}

  // PROTO_017 (403) if Host names another server than this one, or if a browser sends this for a page of
  // somebody else.
  // Over a Unix socket, where no page gets, any Host will do.
  std::optional<Error> check(const net::RequestHead& head, bool unix_socket = false) const;

  // The headers that let an allowed page read the answer; empty without an Origin.
  std::string cors_headers(const net::RequestHead& head) const;

 private:
  bool host_allowed(std::string_view host) const;
  bool origin_allowed(std::string_view origin) const;

  std::vector<std::string> ports_;
  bool loopback_;
  std::vector<std::string> hosts_;
  std::vector<std::string> origins_;
  mutable std::string allowed_;  // the Host that passed last: most requests name the one of those before
};

}  // namespace sallyport::transport
