// Whether this process lives and is to be sent requests: /healthz and /readyz, on the admin port and on a
// listener of their own.
#pragma once

#include "net/http_server.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace sallyport::admin {

// Is this gateway to be sent requests? False in a drain, never for a dead upstream.
using Ready = std::function<bool()>;

// The answer at `path`; nothing if it is neither of the two.
std::optional<net::HttpReply> health_reply(std::string_view path, const Ready& ready);

// A listener for probes: these two paths and nothing else. Any Host is taken: a prober names the machine by
// an address of its choice, and a page that came here under a name of its own would learn no more than
// whoever connects.
class Health final : public net::HttpHandler {
 public:
  explicit Health(Ready ready) : ready_(std::move(ready)) {}

  std::optional<net::HttpReply> admit(const net::RequestHead& head, const net::Peer& peer) override;
  net::HttpReply refuse(const Error& error, const net::Peer& peer) override;
  Task<void> handle(net::Exchange& exchange) override;

 private:
  Ready ready_;
};

}  // namespace sallyport::admin
