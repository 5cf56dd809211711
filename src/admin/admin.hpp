// The admin port: health, readiness, metrics, and the REST answers that operators and the command line read.
#pragma once

#include "net/http_server.hpp"
#include "telemetry/metrics.hpp"
#include "transport/host_policy.hpp"
#include "upstream/fleet.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace sallyport::admin {

// GET /healthz, /readyz, /metrics, /api/servers and /api/servers/{name}/logs. Reads only: nothing here
// changes anything.
class Admin final : public net::HttpHandler {
 public:
  // `ready`: is this gateway to be sent requests? False in a drain, never for a dead upstream.
  Admin(upstream::Fleet& fleet, telemetry::Registry& metrics, transport::HostPolicy policy,
        std::function<bool()> ready);

  std::optional<net::HttpReply> admit(const net::RequestHead& head, const net::Peer& peer) override;
  net::HttpReply refuse(const Error& error) override;
  Task<void> handle(net::Exchange& exchange) override;

 private:
  net::HttpReply answer(std::string_view path) const;
  std::string servers_json() const;

  upstream::Fleet* fleet_;
  telemetry::Registry* metrics_;
  transport::HostPolicy policy_;
  std::function<bool()> ready_;
};

}  // namespace sallyport::admin
