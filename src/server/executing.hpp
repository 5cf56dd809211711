// Runs the functions behind tools, resources and prompts: from the arguments to the text of the result.
#pragma once

#include "server/registry.hpp"
#include "server/running.hpp"

#include <memory>
#include <string>

namespace sallyport::server {

// These own what they use but for the registry: they may outlive the request that they were begun for.

Task<std::string> tool_text(const Registry& registry, std::shared_ptr<Tool> tool, std::string arguments,
                            protocol::Revision revision, std::shared_ptr<Running> running);
Task<std::string> resource_text(const Registry& registry, Registry::Reading reading, std::string uri,
                                protocol::Revision revision, std::shared_ptr<Running> running);
Task<std::string> prompt_text(const Registry& registry, std::shared_ptr<Prompt> prompt, std::string arguments,
                              protocol::Revision revision, std::shared_ptr<Running> running);

}  // namespace sallyport::server
