// Who listens to finished calls: made from the configuration, begun with the gateway and ended after its last
// call.
#pragma once

#include "config/config.hpp"
#include "task/loop.hpp"
#include "telemetry/access_log.hpp"
#include "telemetry/call_record.hpp"
#include "telemetry/metrics.hpp"

#include <optional>

namespace sallyport::gateway {

class Observability {
 public:
  Observability(task::Loop& loop, telemetry::Registry& metrics);

  // Begins to listen at `hub`, which outlives this.
  void open(const config::Config& config, telemetry::CallHub& hub);
  // Writes what is held back.
  void close();

 private:
  task::Loop* loop_;
  telemetry::Registry* metrics_;
  telemetry::CallHub* hub_ = nullptr;
  std::optional<telemetry::AccessLog> access_log_;
};

}  // namespace sallyport::gateway
