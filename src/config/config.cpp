#include "config/config.hpp"

#include "config/values.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sallyport::config {

bool Address::is_loopback() const {
  return is_unix() || is_loopback_host(host);
}

std::string Address::text() const {
  if (is_unix()) return fmt::format("unix:{}", path);
  const bool brackets = host.find(':') != std::string::npos;
  return brackets ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

bool operator==(const FaultRule& a, const FaultRule& b) {
  const auto same_header = [](const Header& one, const Header& other) {
    return one.name == other.name && one.value.reveal() == other.value.reveal();
  };
  return a.rule == b.rule && std::ranges::equal(a.headers, b.headers, same_header);
}

const Server* Config::server(std::string_view key) const {
  const auto found = std::ranges::find(servers, key, &Server::key);
  return found == servers.end() ? nullptr : &*found;
}

}  // namespace sallyport::config
