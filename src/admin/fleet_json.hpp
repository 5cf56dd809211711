// The servers behind the gateway, and the tools of an endpoint as an agent sees them, as JSON:
// docs/admin-api.md.
#pragma once

#include "upstream/fleet.hpp"

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace sallyport::admin {

boost::json::object server_json(const upstream::Status& status);
std::string servers_json(const upstream::Fleet& fleet);

// The definitions are those of the newest revision, in the order of the list. Starts no server.
std::string tools_json(upstream::Fleet& fleet, std::string_view endpoint);

}  // namespace sallyport::admin
