// What a completion/complete asks about.
#pragma once

#include "errors/result.hpp"
#include "protocol/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::protocol {

struct Completion {
  enum class Of : std::uint8_t { prompt, resource };
  Of of = Of::prompt;
  std::string ref;             // the prompt's name, the URI or URI template
  std::string_view argument;   // raw: name and value of what is being typed
  std::string_view context{};  // raw: what was typed before; empty: nothing
};

// PROTO_004 names the member that is wrong.
Result<Completion> read_completion(const Message& request, std::string_view bytes);

// The members of params, without braces, for the server that calls it `ref`.
std::string completion_params(const Completion& completion, std::string_view ref);

}  // namespace sallyport::protocol
