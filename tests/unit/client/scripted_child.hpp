// MCP servers in a few lines of shell, for tests of what speaks with a child process.
#pragma once

#include "client/target.hpp"

#include <string>
#include <string_view>

namespace sallyport::testing {

// The rest of a script after the legacy handshake, in which `initialize` has the id 1.
inline std::string after_handshake(std::string_view script,
                                   std::string_view capabilities = R"({"tools":{}})") {
  return std::string(R"(IFS= read -r line
echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":)") +
         std::string(capabilities) + R"(,"serverInfo":{"name":"s","version":"1"}}}'
IFS= read -r line
)" + std::string(script);
}

// Reads the next request and answers it with this id.
inline std::string answers(int id, std::string_view outcome) {
  return "IFS= read -r l\necho '{\"jsonrpc\":\"2.0\",\"id\":" + std::to_string(id) + "," +
         std::string(outcome) + "}'\n";
}

inline void run_script(client::Target& target, std::string script) {
  target.command = "/bin/sh";
  target.args = {"-c", std::move(script)};
}

}  // namespace sallyport::testing
