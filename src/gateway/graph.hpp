// What a configuration makes of a call, never changed once it is in force: a call keeps the graph that it
// began with, whatever is reloaded meanwhile.
#pragma once

#include "config/config.hpp"
#include "pipeline/call.hpp"
#include "telemetry/audit_log.hpp"
#include "upstream/roster.hpp"

#include <memory>

namespace sallyport::gateway {

struct Graph {
  config::Config config;
  std::shared_ptr<upstream::Roster> roster;    // its servers are the fleet's, and outlive it
  std::shared_ptr<telemetry::AuditLog> audit;  // null: its calls are not recorded
  std::unique_ptr<pipeline::Service> stack;
};

}  // namespace sallyport::gateway
