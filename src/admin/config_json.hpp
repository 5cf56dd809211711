// The configuration in force, without anything secret, and how it was read last. docs/admin-api.md.
#pragma once

#include "base/clock.hpp"
#include "config/config.hpp"
#include "config/diagnostic.hpp"

#include <string>

#include <boost/json/object.hpp>

namespace sallyport::admin {

struct LastReload {
  SystemTime at{};               // the start of the gateway counts as the first
  SystemTime in_force_since{};   // when what is in force was read
  config::Diagnostics mistakes;  // none: it was right
};

std::string config_json(const config::Config& config, const LastReload& last);

// In short, with the first mistake.
boost::json::object reload_json(const LastReload& last);

}  // namespace sallyport::admin
