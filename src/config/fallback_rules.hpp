// Which server may stand in for which.
#pragma once

#include "config/config.hpp"
#include "config/diagnostic.hpp"

#include <optional>

namespace sallyport::config {

// What is wrong with the `fallback` of this server; nothing: it has none, or a right one.
std::optional<Finding> fallback_mistake(const Config& config, const Server& server);

}  // namespace sallyport::config
