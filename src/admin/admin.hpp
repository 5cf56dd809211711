// The admin port: health, readiness, metrics, the dashboard, and the REST answers that it, operators and the
// command line read.
#pragma once

#include "admin/call_feed.hpp"
#include "admin/config_json.hpp"
#include "admin/control.hpp"
#include "admin/health.hpp"
#include "alerts/alerts.hpp"
#include "net/http_server.hpp"
#include "telemetry/metrics.hpp"
#include "transport/host_policy.hpp"
#include "upstream/fleet.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::admin {

// What the port shows.
struct Sources {
  task::Loop& loop;
  upstream::Fleet& fleet;
  telemetry::Registry& metrics;
  telemetry::CallHub& calls;
  const alerts::Alerts& alerts;
  Ready ready;
  std::vector<std::string> mcp_urls;  // where agents reach it, for those who set one up
  std::function<const config::Config&()> config;
  const LastReload& last_reload;
};

// docs/admin-api.md lists the paths. All are reads but those of Control.
class Admin final : public net::HttpHandler {
 public:
  Admin(Sources sources, transport::HostPolicy policy, Control control);

  std::optional<net::HttpReply> admit(const net::RequestHead& head, const net::Peer& peer) override;
  net::HttpReply refuse(const Error& error, const net::Peer& peer) override;
  Task<void> handle(net::Exchange& exchange) override;

  // A drain: live tails end, and those that are opened from now on end at once.
  void end_streams() noexcept { feed_.end_tails(); }

 private:
  net::HttpReply answer(const net::RequestHead& head) const;
  net::HttpReply api(std::string_view path, std::string_view target) const;
  Result<std::string> overview(std::string_view target) const;
  Result<std::string> calls(std::string_view target) const;
  Result<std::string> tools(std::string_view target) const;
  Result<std::string> catalogue(std::string_view target) const;
  Result<std::string> endpoint_of(std::string_view target) const;
  net::HttpReply logs(std::string_view key) const;
  Task<void> stream(net::Exchange& exchange);

  Sources sources_;
  transport::HostPolicy policy_;
  SystemTime started_;
  CallFeed feed_;
  Control control_;
};

}  // namespace sallyport::admin
