// An MCP server: what it offers, and the program that serves it.
//
//   int main(int argc, char** argv) {
//     sallyport::Server app("weather", "1.0");
//     app.tool("add", "Adds two numbers.", [](double a, double b) { return a + b; }, {{"a"}, {"b"}});
//     return app.run(argc, argv);
//   }
#pragma once

#include "classify/adapter.hpp"
#include "server/identity.hpp"
#include "server/middleware.hpp"
#include "server/prompt.hpp"
#include "server/resource.hpp"
#include "server/secrets.hpp"
#include "server/task_limits.hpp"
#include "server/tool.hpp"

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {

namespace server {
class Registry;
}

// Everything runs on one thread: functions need no locks, and one that blocks holds up all others. What is
// added or removed while the server runs is told to its clients.
class Server {
 public:
  Server(std::string_view name, std::string_view version);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Server& title(std::string_view text);
  Server& description(std::string_view text);
  Server& website(std::string_view url);
  Server& icon(const Icon& icon);
  // What a model is told about the whole of it.
  Server& instructions(std::string_view text);
  // Entries of one page of a list; 1000 unless set.
  Server& page_size(std::size_t entries);

  // How many tasks there may be, and for how long they are kept.
  Server& task_limits(const TaskLimits& limits);

  // Say what the exceptions of libraries are that a tool throws (classify/adapter.hpp), in this order, before
  // the classifier is asked. Throws ToolDefinitionError for one that is null or has no usable slug.
  Server& adapters(const std::vector<classify::AdapterPointer>& adapters);

  // Around every function of the server, the first that was registered outermost. Takes part in calls that
  // begin after it.
  Server& middleware(Middleware function);
  // Who calls on HTTP: a request without a bearer token, or with one that `function` refuses, gets 401 or 403
  // with a WWW-Authenticate that leads to the metadata of this resource. On stdio nobody is asked. Throws
  // ToolDefinitionError for URLs and scopes that could not stand in a header.
  Server& authenticate(Authenticate function, ResourceServer resource = {});
  // Where the values of declared secrets come from; secrets_from_environment() unless set.
  Server& secrets(SecretSource source);

  // `function`: of plain parameters (named by `params`, in their order), of one described struct, or of a
  // Json object; a Context& may stand anywhere among them. It returns nothing, a text, a value, Content, a
  // ToolResult, a Result or a Task of these. Throws ToolDefinitionError for a name that is taken or that no
  // client could use; so do the others.
  template <class F>
  Tool& tool(std::string_view name, std::string_view description, F function,
             std::initializer_list<Param> params = {}) {
    return add(Tool(name, description,
                    detail::make_tool_body(std::move(function), {params.begin(), params.size()})));
  }
  bool remove_tool(std::string_view name);

  // `function`: of nothing; gives a text, a Blob, Json, ResourceContents or several.
  template <class F>
  Resource& resource(std::string_view uri, std::string_view name, std::string_view description, F function) {
    return add(Resource(Resource::Kind::one, uri, name, description,
                        detail::make_resource_body(std::move(function), {})));
  }
  // The same for all URIs of a template ("notes://{year}/{+path}"): `function` has a std::string for each
  // variable, in their order, or takes them as one described struct or a std::map.
  template <class F>
  Resource& resource_template(std::string_view uri_template, std::string_view name,
                              std::string_view description, F function) {
    return add(Resource(Resource::Kind::many, uri_template, name, description,
                        detail::make_resource_body(std::move(function), uri_template)));
  }
  bool remove_resource(std::string_view uri);
  // The contents of a resource changed: who subscribed to it is told.
  void resource_updated(std::string_view uri);

  // `function`: of texts; gives a text, Content, a PromptMessage or several, or a PromptResult.
  template <class F>
  Prompt& prompt(std::string_view name, std::string_view description, F function,
                 std::initializer_list<Param> params = {}) {
    return add(Prompt(name, description,
                      detail::make_body<PromptResult>(std::move(function), {params.begin(), params.size()})));
  }
  bool remove_prompt(std::string_view name);

  // What was made elsewhere; the functions above make it here.
  Tool& add(Tool tool);
  Resource& add(Resource resource);
  Prompt& add(Prompt prompt);

  // Called before the first client is served, in the order in which they were given; one that throws is the
  // end. And after the last call has ended, in the reverse order.
  Server& on_start(std::function<void()> function);
  Server& on_stop(std::function<void()> function);

  // Serves stdin and stdout, or with --http HOST:PORT Streamable HTTP at /mcp, until the client goes or a
  // signal comes. Gives the exit code: 0 done, 1 it failed, 2 the command line is wrong.
  int run(int argc, const char* const* argv);

  // For tests, and for transports of one's own.
  server::Registry& registry() noexcept { return *registry_; }

 private:
  std::unique_ptr<server::Registry> registry_;
};

}  // namespace sallyport
