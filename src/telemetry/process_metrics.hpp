// What the operating system says about the gateway's own process, as metrics.
#pragma once

#include "base/clock.hpp"
#include "telemetry/metrics.hpp"

#include <string_view>

namespace sallyport::telemetry {

// Build, resident memory, open descriptors, start time; read when the metrics are rendered.
void register_process_metrics(Registry& registry, std::string_view version, SystemTime started);

}  // namespace sallyport::telemetry
