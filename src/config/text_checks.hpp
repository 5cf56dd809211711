// What is wrong with a text of the file where only some texts make sense, in the words of a diagnostic.
#pragma once

#include "config/diagnostic.hpp"
#include "config/keys.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::config {

inline constexpr std::size_t max_tool_name = 128;

// `path`: the key that the text was written for. Nothing: the text may stand.
std::optional<Finding> url_mistake(std::string_view path, std::string_view text);
std::optional<Finding> pattern_mistake(std::string_view path, std::string_view pattern);
std::optional<Finding> pattern_doubt(std::string_view pattern);  // worth a warning

// `name` in lower case; a mistake in it, else one in the value.
std::optional<Finding> header_name_mistake(std::string_view name);
std::optional<Finding> header_value_mistake(std::string_view path, std::string_view value);

// Entries of the lists of `key`. `what`: how the diagnostic calls what stands there.
std::optional<Finding> proxy_mistake(const Key& key, std::string what, std::string_view text);
std::optional<Finding> browser_mistake(const Key& key, std::string what, std::string_view text);

}  // namespace sallyport::config
