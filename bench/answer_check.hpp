// Decides whether an answer is the right one: the id of its request, no error, the whole result.
#pragma once

#include "json_view.hpp"

#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace sallyport::bench {

/// The text of a tool result of that many bytes; both ends of the benchmark make it, so that every byte is
/// checked.
inline std::string result_text(std::size_t bytes) {
  constexpr std::string_view words = "the quick brown fox jumps over the lazy dog, 0123456789 times; ";
  std::string text;
  text.reserve(bytes);
  while (text.size() < bytes) text += words.substr(0, bytes - text.size());
  return text;
}

struct Expected {
  std::string text = {};  // of a tools/call
  std::size_t tools = 0;  // in a tools/list; 0 when the answers are those of tools/call
};

class AnswerCheck {
 public:
  explicit AnswerCheck(const Expected& expected) : text_('"' + expected.text + '"'), tools_(expected.tools) {}

  /// What is wrong with the body as the answer to `id` (as written); empty when it is right.
  std::string check(std::string_view body, std::string_view id) {
    if (same_as_before(body, id)) return {};
    auto wrong = examine(body, id);
    if (wrong.empty()) remember(body);
    return wrong;
  }

 private:
  /// Answers mostly differ in their id alone: a comparison with the last one that was examined costs the
  /// least.
  bool same_as_before(std::string_view body, std::string_view id) const {
    return !head_.empty() && body.size() == head_.size() + id.size() + tail_.size() &&
           body.starts_with(head_) && body.substr(head_.size(), id.size()) == id && body.ends_with(tail_);
  }

  void remember(std::string_view body) {
    const auto id = member(body, "id");
    const auto at = static_cast<std::size_t>(id.data() - body.data());
    head_ = body.substr(0, at);
    tail_ = body.substr(at + id.size());
  }

  std::string examine(std::string_view body, std::string_view id) const {
    if (member(body, "id") != id) return fmt::format("the id is {}, not {}", member(body, "id"), id);
    if (!member(body, "error").empty())
      return fmt::format("an error: {}", member(body, "error").substr(0, 300));
    const auto result = member(body, "result");
    if (tools_ > 0) {
      const auto count = count_elements(member(result, "tools"));
      return count == tools_ ? std::string() : fmt::format("{} tools, not {}", count, tools_);
    }
    if (member(result, "isError") == "true") return fmt::format("isError: {}", result.substr(0, 300));
    JsonWalk content(member(result, "content"));
    if (!content.next() || member(content.value(), "text") != text_) return "the text is not what was sent";
    return {};
  }

  std::string text_;
  std::size_t tools_;
  std::string head_;
  std::string tail_;
};

}  // namespace sallyport::bench
