// Runs the functions behind tools, resources and prompts: from the arguments to the text of the result.
#pragma once

#include "classify/adapter.hpp"
#include "server/prompt.hpp"
#include "server/resource.hpp"
#include "server/running.hpp"
#include "server/tool.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace sallyport::server {

using Adapters = std::shared_ptr<const classify::AdapterChain>;

// These own what they use: they may outlive the request that they were begun for.

Task<std::string> tool_text(std::shared_ptr<Tool> tool, Adapters adapters, std::string arguments,
                            protocol::Revision revision, std::shared_ptr<Running> running);
Task<std::string> resource_text(std::shared_ptr<Resource> resource, std::string uri, std::string arguments,
                                protocol::Revision revision, std::shared_ptr<Running> running);
Task<std::string> prompt_text(std::shared_ptr<Prompt> prompt, std::string arguments,
                              protocol::Revision revision, std::shared_ptr<Running> running);

Error no_resource(std::string_view uri);

}  // namespace sallyport::server
