// Any text as an agent's mcp.json: it loads or says what is wrong, and what it says
// shows nothing of the environment.
#include "config/load.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport::config;
  constexpr std::string_view secret = "q7Zx-a-value-of-the-environment-q7Zx";
  const std::string input(reinterpret_cast<const char*>(data), size);
  // libFuzzer learns from comparisons, and writes the secret itself sooner or later.
  if (input.find(secret) != std::string::npos) return 0;
  Request request;
  request.mcp_json = Source{"mcp.json", input};
  request.machine = {[&](const std::string& name) -> std::optional<std::string> {
    if (name == "TOKEN") return std::string(secret);
    return std::nullopt;
  }};
  const Loaded loaded = load(request);
  const std::string text = render_text(loaded.diagnostics, false);
  if (loaded.config.has_value() == has_errors(loaded.diagnostics)) std::abort();
  if (text.find(secret) != std::string::npos || text.find('\x1b') != std::string::npos) std::abort();
  if (render_json(loaded.diagnostics).find(secret) != std::string::npos) std::abort();
  return 0;
}
