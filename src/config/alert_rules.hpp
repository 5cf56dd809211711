// Who is told of alerts: receivers that could not be reached, or that others could listen to.
#pragma once

#include "config/places.hpp"

namespace sallyport::config {

void check_alerts(const Config& config, Places& places);

}  // namespace sallyport::config
