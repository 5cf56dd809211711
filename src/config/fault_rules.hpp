// Checks `faults`: whether failures may be injected at all, and what no rule could do.
#pragma once

#include "config/config.hpp"
#include "config/places.hpp"

namespace sallyport::config {

void check_faults(const Config& config, Places& places);

}  // namespace sallyport::config
