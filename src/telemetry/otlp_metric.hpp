// The metrics registry as OTLP JSON: cumulative sums, gauges and histograms under their Prometheus names.
#pragma once

#include "base/clock.hpp"
#include "telemetry/metrics.hpp"

#include <string>
#include <vector>

namespace sallyport::telemetry {

// One record for each metric that has a series. `since`: when counting began.
std::vector<std::string> otlp_metrics(const Registry& registry, SystemTime since, SystemTime now);

}  // namespace sallyport::telemetry
