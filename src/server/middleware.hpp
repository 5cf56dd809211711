// Functions around functions: what sees every call on its way to a tool, a resource or a prompt, and back.
#pragma once

#include "server/context.hpp"
#include "server/prompt.hpp"
#include "server/resource.hpp"
#include "server/tool.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

namespace sallyport {

// One call of a function of the server, before its arguments are checked.
struct Invocation {
  enum class Of : std::uint8_t { tool, resource, prompt };
  Of of;
  std::string name;  // of the tool or the prompt; of a resource the URI that is read
  // An object, as the client wrote it; of a resource the variables of its template. What stands here when
  // next() is called is what the function gets.
  Json arguments;
  int depth = 0;     // 0: a client's call; above it a tool's, of another tool
  Context& context;  // the function's own
};

// What a function gave: of a tool a ToolResult, of a resource a ReadResult, of a prompt a PromptResult.
using Outcome = std::variant<ToolResult, ReadResult, PromptResult>;

// Goes on to what is further in. May be called several times, or not at all; each time the arguments are
// checked anew. Fails as the function does: with its Error, what it threw included.
using Next = std::function<Task<Outcome>()>;

// A coroutine. It refuses with an Error of its own, or with what it throws, answers with an Outcome of its
// own, or gives what next() gave, changed or not. An Outcome of the wrong kind is SYS_001.
using Middleware = std::function<Task<Outcome>(Invocation& call, Next next)>;

}  // namespace sallyport
