// An MCP server: what it offers, and the program that serves it.
//
//   int main(int argc, char** argv) {
//     sallyport::Server app("weather", "1.0");
//     app.tool("add", "Adds two numbers.", [](double a, double b) { return a + b; }, {{"a"}, {"b"}});
//     return app.run(argc, argv);
//   }
#pragma once

#include "server/tool.hpp"

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

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

  // `function`: of plain parameters (named by `params`, in their order), of one described struct, or of a
  // Json object; a Context& may stand anywhere among them. It returns nothing, a text, a value, Content, a
  // ToolResult, a Result or a Task of these. Throws ToolDefinitionError for a name that is taken or that no
  // client could use.
  template <class F>
  Tool& tool(std::string_view name, std::string_view description, F function,
             std::initializer_list<Param> params = {}) {
    return add(Tool(name, description, detail::make_body(std::move(function), params)));
  }
  Tool& add(Tool tool);
  bool remove_tool(std::string_view name);

  // Serves stdin and stdout, or with --http HOST:PORT Streamable HTTP at /mcp, until the client goes or a
  // signal comes. Gives the exit code: 0 done, 1 it failed, 2 the command line is wrong.
  int run(int argc, const char* const* argv);

  server::Registry& registry() noexcept { return *registry_; }

 private:
  std::unique_ptr<server::Registry> registry_;
};

}  // namespace sallyport
