// What `tools` prints: lists, definitions and answers, for people and as JSON.
#pragma once

#include "tool_source.hpp"

#include <string>
#include <string_view>

namespace sallyport::cli {

// Each returns the exit code.
int print_listing(const Listing& listing, bool json);
int print_tool(const Listing::Tool& tool, bool json);
int print_response(const Response& response, bool json);

// "3 of 10: copying" out of a notifications/progress; nothing for other messages.
std::string progress_text(std::string_view notification);

}  // namespace sallyport::cli
