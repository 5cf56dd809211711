// The prompts, resources and resource templates of an endpoint as an agent sees them, as JSON:
// docs/admin-api.md.
#pragma once

#include "upstream/fleet.hpp"

#include <string>
#include <string_view>

namespace sallyport::admin {

inline constexpr std::size_t most_entries = 1000;  // of each list; how many there are is said

// The definitions are those of the newest revision, in the order of the list. Starts no server.
std::string catalogue_json(upstream::Fleet& fleet, std::string_view endpoint);

}  // namespace sallyport::admin
