// From what the operator wrote to what the parts of the gateway take.
#pragma once

#include "alerts/alerts.hpp"
#include "config/config.hpp"
#include "upstream/definition.hpp"

#include <vector>

namespace sallyport::gateway {

std::vector<upstream::Definition> definitions(const config::Config& config);
upstream::Settings upstream_settings(const config::Config& config);
alerts::Settings alert_settings(const config::Config& config);

}  // namespace sallyport::gateway
