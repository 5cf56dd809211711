// Opens a connection to an upstream: resolve, connect, TLS, each with its own phase in the error.
#pragma once

#include "net/stream.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::net {

// Where an HTTP upstream is.
struct Endpoint {
  bool tls = false;
  std::string host;  // without brackets
  std::uint16_t port = 0;
  std::string target = "/";  // path and query
  std::string socket{};      // the path of a Unix socket that leads there, instead of host and port

  std::string authority() const;  // for Host; without the port where it is the scheme's own
};

// From an http or https URL without user-info and fragment. CONFIG_001.
Result<Endpoint> parse_endpoint(std::string_view url);

// The path and query of a URL or reference that a peer at `base` named; nothing if it leads to another
// origin.
std::optional<std::string> resolve_within(const Endpoint& base, std::string_view reference);

// What an upstream's certificate is checked against. Loaded once, shared by all connections of a server.
class TlsTrust {
 public:
  // The system's trust store, or the PEM file `ca` instead. CONFIG_001 if it cannot be read.
  static Result<std::shared_ptr<TlsTrust>> load(const std::string& ca);
  ~TlsTrust();

  struct Impl;
  Impl& impl() noexcept { return *impl_; }

 private:
  explicit TlsTrust(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The longest path of a Unix socket, without the NUL after it.
inline constexpr std::size_t max_socket_path = 107;

// Resolves on a worker, tries the addresses in turn. `trust` is needed for TLS only. The caller sets the
// deadline.
Task<std::unique_ptr<Stream>> connect(task::Loop& loop, const Endpoint& endpoint,
                                      std::shared_ptr<TlsTrust> trust);

}  // namespace sallyport::net
