// What functions gave, as the result of their request for a client of any revision.
#pragma once

#include "protocol/revision.hpp"
#include "server/content.hpp"
#include "server/prompt.hpp"
#include "server/resource.hpp"

#include <string>
#include <string_view>

namespace sallyport::server {

// The members of a result, without braces, as a whole result: the modern era adds resultType and who we are.
// `meta`: members of ours in _meta, or null.
std::string result(std::string_view members, const Json& meta, protocol::Revision revision);

// The block, or what a revision that does not know its kind gets in its place.
std::string block(const Content& content, protocol::Revision revision);

std::string read_result(const ReadResult& result, const Resource& resource, std::string_view uri,
                        protocol::Revision revision);
std::string prompt_result(const PromptResult& result, protocol::Revision revision);
// Of the proposals the first hundred.
std::string completion_result(const std::vector<std::string>& values, protocol::Revision revision);
std::string call_result(const ToolResult& result, protocol::Revision revision);

// Does the text of a tool's result say `isError`?
bool says_error(const std::string& result);

}  // namespace sallyport::server
