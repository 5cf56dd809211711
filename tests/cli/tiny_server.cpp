// A small MCP server on stdin and stdout, of the legacy era, whose tools do what the tests of the program
// need: `echo` gives its arguments back, `fail` fails, `hang` tells its pid to the FIFO $TINY_FIFO and never
// answers.
#include "protocol/message.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include <unistd.h>

namespace {

using sallyport::json::quote;
using sallyport::protocol::Field;
using sallyport::protocol::Method;

constexpr std::string_view tools =
    R"({"tools":[)"
    R"({"name":"echo","description":"Gives its arguments back.\nSecond line.",)"
    R"("inputSchema":{"type":"object","properties":{"say":{"type":"string"}}}},)"
    R"({"name":"fail","description":"Fails","inputSchema":{"type":"object"}},)"
    R"({"name":"hang","description":"Never answers","inputSchema":{"type":"object"}}]})";

constexpr std::string_view initialized =
    R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"tiny","version":"1"}})";

// Empty: no answer.
std::string call(std::string_view tool, std::string_view arguments) {
  if (tool == "hang") {
    std::ofstream(std::getenv("TINY_FIFO")) << getpid() << std::endl;
    return "";
  }
  const bool failed = tool == "fail";
  const std::string text = failed ? "the tool \x1b[31mfailed" : std::string(arguments);
  return R"({"content":[{"type":"text","text":)" + quote(text) + R"(}],"isError":)" +
         (failed ? "true}" : "false}");
}

std::string result_of(const sallyport::protocol::Message& message, const std::string& line) {
  std::string scratch;
  switch (message.method()) {
    case Method::initialize:
      return std::string(initialized);
    case Method::tools_list:
      return std::string(tools);
    case Method::tools_call:
      return call(message.text(Field::name, line, scratch).value_or(""), message.raw(Field::arguments, line));
    default:
      return "{}";
  }
}

}  // namespace

int main() {
  std::cerr << "tiny server starts" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const auto message = sallyport::protocol::parse_message(line);
    if (!message || !message->is_request()) continue;
    const std::string head = R"({"jsonrpc":"2.0","id":)" + std::string(message->id(line));
    if (message->method() == Method::server_discover) {
      std::cout << head << R"(,"error":{"code":-32601,"message":"unknown"}})" << std::endl;
      continue;
    }
    const std::string result = result_of(*message, line);
    if (!result.empty()) std::cout << head << R"(,"result":)" << result << '}' << std::endl;
  }
  return 0;
}
