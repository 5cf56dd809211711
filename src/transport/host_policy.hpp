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
  // `port`: of the listener. Names beyond loopback and IP addresses have to be listed.
  HostPolicy(std::uint16_t port, bool loopback_listener, std::vector<std::string> allowed_hosts,
             std::vector<std::string> allowed_origins);

  // PROTO_017 (403) if Host names another server than this one, or if a browser sends this for a page of
  // somebody else.
  std::optional<Error> check(const net::RequestHead& head) const;

  // The headers that let an allowed page read the answer; empty without an Origin.
  std::string cors_headers(const net::RequestHead& head) const;

 private:
  bool host_allowed(std::string_view host) const;
  bool origin_allowed(std::string_view origin) const;

  std::string port_;
  bool loopback_;
  std::vector<std::string> hosts_;
  std::vector<std::string> origins_;
};

}  // namespace sallyport::transport
