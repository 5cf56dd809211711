// How the gateway does, in one answer: calls per second, latency, failures, who is up. docs/admin-api.md.
#pragma once

#include "admin/call_feed.hpp"
#include "admin/config_json.hpp"
#include "alerts/alerts.hpp"
#include "base/clock.hpp"
#include "upstream/fleet.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace sallyport::admin {

struct Running {
  std::string run;
  SystemTime started{};
  SystemTime now{};
  bool draining = false;
  std::vector<std::string> mcp_urls;  // where agents reach it
  LastReload reload;
};

std::string overview_json(const Running& running, const upstream::Fleet& fleet, const alerts::Alerts& alerts,
                          const CallStats& stats, SteadyTime now, std::chrono::seconds window);

}  // namespace sallyport::admin
