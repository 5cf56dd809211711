// What a server says that it can do, in `initialize` and in `server/discover`, in both directions.
#pragma once

#include "protocol/lists.hpp"
#include "protocol/message.hpp"
#include "protocol/revision.hpp"

#include <string>
#include <string_view>

namespace sallyport::protocol {

struct ServerCapabilities {
  bool tools = false;
  bool resources = false;
  bool subscribe = false;  // to updates of single resources
  bool prompts = false;
  bool completions = false;
  bool logging = false;
  bool tasks = false;            // tools/call as a task, as 2025-11-25 has it in its core
  bool tasks_extension = false;  // as the extension of 2026-07-28 has it

  // Of a server that nothing is known of yet: whatever it lacks can be answered, but for tasks.
  static constexpr ServerCapabilities all() { return {true, true, true, true, true, true, false, false}; }

  bool has(Topic topic) const noexcept {
    return topic == Topic::tools ? tools : topic == Topic::resources ? resources : prompts;
  }
  // Together with those of another server.
  ServerCapabilities& operator|=(const ServerCapabilities& other) noexcept;
  bool operator==(const ServerCapabilities&) const = default;
};

// Of a result of initialize or server/discover in `spoken`. What is no object is not announced. 2024-11-05
// has completion and no word for it: a server of it that has something to complete may do so.
ServerCapabilities read_capabilities(const Message& result, std::string_view bytes, Revision spoken);

// The object for a client of `revision`. Whatever has lists announces `listChanged`: we hear of changes and
// pass them on.
void append_capabilities(std::string& out, const ServerCapabilities& capabilities, Revision revision);

}  // namespace sallyport::protocol
