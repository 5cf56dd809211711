#include "server/executing.hpp"

#include "server/invoke.hpp"
#include "server/results.hpp"

namespace sallyport::server {

Task<std::string> tool_text(const Registry& registry, std::shared_ptr<Tool> tool, std::string arguments,
                            protocol::Revision revision, std::shared_ptr<Running> running) {
  co_return call_result(
      CO_TRY(co_await invoke_tool(registry, std::move(tool), std::move(arguments), std::move(running))),
      revision);
}

Task<std::string> resource_text(const Registry& registry, Registry::Reading reading, std::string uri,
                                protocol::Revision revision, std::shared_ptr<Running> running) {
  const ReadResult result = CO_TRY(co_await invoke_resource(registry, reading, uri, std::move(running)));
  co_return read_result(result, *reading.resource, uri, revision);
}

Task<std::string> prompt_text(const Registry& registry, std::shared_ptr<Prompt> prompt, std::string arguments,
                              protocol::Revision revision, std::shared_ptr<Running> running) {
  co_return prompt_result(
      CO_TRY(co_await invoke_prompt(registry, std::move(prompt), std::move(arguments), std::move(running))),
      revision);
}

}  // namespace sallyport::server
