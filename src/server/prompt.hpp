// A prompt: what clients are told of it, and the function that makes its messages.
#pragma once

#include "server/completer.hpp"
#include "server/content.hpp"
#include "server/function.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {

struct PromptResult {
  std::vector<PromptMessage> messages = {};
  std::string description = {};
};

// Its arguments are texts: std::string, or std::optional<std::string> for one that may be left out.
class Prompt {
 public:
  Prompt(std::string_view name, std::string_view description, detail::Body<PromptResult> body);

  // What clients are told of it; complete() proposes values of an argument while somebody types.
  Prompt& title(std::string_view title);
  Prompt& icon(const Icon& icon);
  Prompt& meta(std::string_view key, const Json& value);
  Prompt& complete(std::string_view argument, Completer completer);

  // What was said of it, for the server.
  const std::string& name() const noexcept { return name_; }
  const Completers& completers() const noexcept { return completers_; }
  const detail::Body<PromptResult>& body() const noexcept { return body_; }
  std::string definition() const;

 private:
  std::string name_;
  detail::Body<PromptResult> body_;
  Completers completers_;
  Json definition_;
};

namespace detail {

template <>
struct Giving<PromptResult> {
  static PromptResult made(PromptResult result) { return result; }
  static PromptResult made(std::vector<PromptMessage> messages) { return {std::move(messages), {}}; }
  static PromptResult made(PromptMessage message) { return {{std::move(message)}, {}}; }
  static PromptResult made(Content content) { return made(PromptMessage(std::move(content))); }
  static PromptResult made(std::string_view text) { return made(Content::text(text)); }
  static PromptResult made(const std::string& text) { return made(std::string_view(text)); }
  static PromptResult made(const char* text) { return made(std::string_view(text)); }
};

}  // namespace detail
}  // namespace sallyport
