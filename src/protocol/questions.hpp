// What servers ask their clients back, as it crosses from one revision to another.
#pragma once

#include "errors/result.hpp"
#include "protocol/client_capabilities.hpp"
#include "protocol/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::protocol {

// sampling/createMessage, elicitation/create or roots/list. The views are into the text that it was read
// from.
struct Question {
  std::string_view key;  // raw, of an input_required: a string with its quotes
  Method method = Method::unknown;
  std::string_view params;  // the raw object; empty: none
};

// The result of a modern server that wants to know something first.
struct InputRequired {
  std::vector<Question> questions;  // none: it only wants to be asked again
  std::string_view state;           // raw, a string with its quotes; empty: none
};

// May a server answer this with questions?
constexpr bool may_ask(Method method) noexcept {
  return method == Method::tools_call || method == Method::prompts_get || method == Method::resources_read;
}

inline constexpr std::size_t max_questions = 32;            // of one result
inline constexpr std::size_t max_server_state = 64 * 1024;  // bytes of its requestState, as it stands

// Nothing: it is not what a result of this type has to be, or too much of it.
std::optional<InputRequired> read_input_required(const Message& response, std::string_view bytes);

// The pages that a server of 2025-11-25 names in its error -32042, as questions that ask to open them.
// Nothing: it is another error, or names none.
std::optional<InputRequired> read_pages_to_open(const Message& response, std::string_view bytes);

// What a request of a server asks, its id for the key. Nothing: no question that there is, or without params.
std::optional<Question> question_of(const Message& request, std::string_view bytes);

// Does the raw `result` have what an answer to this has to have?
bool is_answer(Method question, std::string_view result);

// What a client must be able to do to be asked this, with nothing else set.
ClientCapabilities needed(const Question& question);
bool covers(const ClientCapabilities& can, const ClientCapabilities& needed) noexcept;

// `elicitationId` of these params, as plain text: what a server will name when the page that it wants opened
// is done with. Empty: none, or none that is worth keeping.
inline constexpr std::size_t max_elicitation_id = 1024;
std::string elicitation_id(std::string_view params);

// The params for a client of this revision: without `_meta` and `task`; of a page to open with an
// elicitationId where the revision has one, a form without `mode` where it has none. PROTO_018 for what the
// revision cannot say. Empty for roots/list.
Result<std::string> question_params(const Question& question, Revision client);

}  // namespace sallyport::protocol
