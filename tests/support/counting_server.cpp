// A legacy MCP server on stdin and stdout that writes down what it executes: `act` and `look` append the
// number in their argument `n`, in four bytes, to the file $EXECUTED before they answer.
#include "protocol/message.hpp"

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include <fcntl.h>
#include <unistd.h>

using sallyport::protocol::Field;
using sallyport::protocol::Method;

namespace {

std::string result_of(const sallyport::protocol::Message& message, const std::string& line, int executed) {
  switch (message.method()) {
    case Method::initialize:
      return R"({"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"c","version":"1"}})";
    case Method::tools_list:
      return R"({"tools":[{"name":"act","inputSchema":{"type":"object"}},)"
             R"({"name":"look","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}]})";
    case Method::tools_call: {
      const std::string_view arguments = message.raw(Field::arguments, line);
      const std::uint32_t n =
          static_cast<std::uint32_t>(std::strtoul(arguments.data() + arguments.find(':') + 1, nullptr, 10));
      if (::write(executed, &n, sizeof n) != sizeof n) std::abort();
      return R"({"content":[{"type":"text","text":"done"}]})";
    }
    default:
      return "{}";
  }
}

}  // namespace

int main() {
  const int executed = ::open(std::getenv("EXECUTED"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (executed < 0) return 1;
  for (std::string line; std::getline(std::cin, line);) {
    const auto message = sallyport::protocol::parse_message(line);
    if (!message || !message->is_request()) continue;
    const std::string head = R"({"jsonrpc":"2.0","id":)" + std::string(message->id(line));
    if (message->method() == Method::server_discover) {
      std::cout << head << R"(,"error":{"code":-32601,"message":"unknown"}})" << std::endl;
    } else {
      std::cout << head << R"(,"result":)" << result_of(*message, line, executed) << '}' << std::endl;
    }
  }
  return 0;
}
