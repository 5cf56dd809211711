// The table of recovery: what it must never open, and rules that could do nothing.
#pragma once

#include "config/config.hpp"
#include "config/places.hpp"

namespace sallyport::config {

void check_recovery(const Config& config, Places& places);

}  // namespace sallyport::config
