// How functions are reached, by clients and by each other: through the middleware, with their secrets and in
// their time; and what their failures are to whoever called.
#pragma once

#include "server/registry.hpp"
#include "server/running.hpp"

#include <memory>
#include <string>

namespace sallyport::server {

// What functions give, or their error as it may be told: what no author wrote himself is masked. These own
// what they use but for the registry, which outlives them: they may outlive the request they were begun for.

Task<ToolResult> invoke_tool(const Registry& registry, std::shared_ptr<Tool> tool, std::string arguments,
                             std::shared_ptr<Running> running);
// PROTO_009 where the function says that there is no such resource.
Task<ReadResult> invoke_resource(const Registry& registry, Registry::Reading reading, std::string uri,
                                 std::shared_ptr<Running> running);
Task<PromptResult> invoke_prompt(const Registry& registry, std::shared_ptr<Prompt> prompt,
                                 std::string arguments, std::shared_ptr<Running> running);

// A tool's call of another one, in the scope of whoever awaits it.
Task<ToolResult> call_from(std::shared_ptr<Running> caller, std::string name, Json arguments);

// Can this function ask something of the client, itself or by what stands around it?
template <class Body>
bool may_ask(const Registry& registry, const Body& body) {
  return body.async != nullptr || !registry.middleware.empty();
}

// PROTO_006 if the client lacks a capability that the tool needs.
Result<void> check_needs(const Tool& tool, std::string_view declared_capabilities);

// AUTH_003 if the token of whoever calls grants less than the tool needs; `grant` null: there is none.
Result<void> check_scopes(const Tool& tool, const pipeline::Grant* grant, std::string_view source);

Error suggesting(Code code, std::string_view name, const std::optional<std::string>& meant);
Error no_resource(std::string_view uri);

// Tells the log of tools that cannot be called: declared secrets are not there, or `http` brings nobody whose
// scopes are known.
void warn_of_useless_tools(const Registry& registry, bool http);

}  // namespace sallyport::server
