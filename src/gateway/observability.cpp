#include "gateway/observability.hpp"

#include "telemetry/log.hpp"
#include "telemetry/metrics_names.hpp"

namespace sallyport::gateway {

Observability::Observability(task::Loop& loop, telemetry::Registry& metrics)
    : loop_(&loop), metrics_(&metrics) {
  metrics.sampled(telemetry::metrics::log_lines_dropped,
                  [] { return static_cast<double>(log::dropped_lines()); });
}

void Observability::open(const config::Config&, telemetry::CallHub& hub) {
  hub_ = &hub;
  if (log::enabled(log::Level::info)) hub.add(access_log_.emplace(loop_->timers(), *metrics_));
}

void Observability::close() {
  if (access_log_) {
    hub_->remove(*access_log_);
    access_log_.reset();
  }
}

}  // namespace sallyport::gateway
