// Adds servers to the text of a configuration; what stands there already stays byte for byte.
#pragma once

#include "config/document.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::config {

// `text` with these servers behind its own. `origin` says in a comment where they come from. A text of
// nothing but comments becomes a whole configuration. Nothing: the report says why and what to do.
std::optional<std::string> add_servers(std::string_view text, std::span<const Member> servers,
                                       std::string_view origin, Report& report);

// The same value, whatever the order of the members of maps.
bool same_value(const Node& a, const Node& b);

}  // namespace sallyport::config
