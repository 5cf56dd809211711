#include "protocol/uri_template.hpp"

#include <algorithm>

namespace sallyport::protocol {
namespace {

using Bytes = std::bitset<256>;

constexpr std::size_t index(char c) noexcept {
  return static_cast<unsigned char>(c);
}

Bytes all_but(std::string_view excluded) {
  Bytes bytes;
  bytes.set();
  for (const char c : excluded) bytes.reset(index(c));
  return bytes;
}

// Values are percent-encoded by the book, but clients leave much as it is: only what ends the part of a URI
// that the expression stands in ends its text.
const Bytes& segment() {
  static const Bytes bytes = all_but("/?#");
  return bytes;
}
const Bytes& path() {
  static const Bytes bytes = all_but("?#");
  return bytes;
}
const Bytes& query() {
  static const Bytes bytes = all_but("#");
  return bytes;
}
const Bytes& anything() {
  static const Bytes bytes = all_but("");
  return bytes;
}

bool is_variable(std::string_view text) {
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view length = text.substr(colon + 1);
    const bool digits = !length.empty() && length.size() <= 4 && length.front() != '0' &&
                        std::ranges::all_of(length, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return false;
    text = text.substr(0, colon);
  } else if (text.ends_with('*')) {
    text.remove_suffix(1);
  }
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '%' || c == '-';  // a hyphen is not in the RFC, and in many templates
  });
}

}  // namespace

std::optional<UriTemplate> UriTemplate::parse(std::string_view text) {
  if (text.empty() || text.size() > max_size) return std::nullopt;
  UriTemplate made;
  made.prefix_ = text.substr(0, text.find('{'));
  while (!text.empty()) {
    if (text.front() == '}') return std::nullopt;
    if (text.front() != '{') {
      made.steps_.push_back({.expression = false, .first = text.front(), .inside = nullptr});
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos || !made.add_expression(text.substr(1, end - 1))) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  return made;
}

bool UriTemplate::add_expression(std::string_view inside_braces) {
  if (inside_braces.empty()) return false;
  const char mark = inside_braces.front();
  Step step{.expression = true, .first = mark, .inside = &segment()};
  if (mark == '#' || mark == '+') step.inside = &anything();
  if (mark == '/') step.inside = &path();
  if (mark == '?' || mark == '&') step.inside = &query();
  const bool has_operator = std::string_view("+#./;?&").contains(mark);
  if (has_operator) inside_braces.remove_prefix(1);
  if (!has_operator || mark == '+') step.first = '\0';
  while (true) {
    const std::size_t comma = std::min(inside_braces.find(','), inside_braces.size());
    if (!is_variable(inside_braces.substr(0, comma))) return false;
    if (comma == inside_braces.size()) break;
    inside_braces.remove_prefix(comma + 1);
  }
  steps_.push_back(step);
  return true;
}

// To be before a step is to be behind it too, where it is an expression: that may have given nothing.
void UriTemplate::reach(Places& places, std::size_t step) const noexcept {
  while (!places.test(2 * step)) {
    places.set(2 * step);
    if (step == steps_.size() || !steps_[step].expression) return;
    ++step;
  }
}

bool UriTemplate::matches(std::string_view uri) const noexcept {
  if (uri.size() > max_uri || !uri.starts_with(prefix_)) return false;
  Places now;
  reach(now, 0);
  for (const char c : uri) {
    Places next;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      const Step& step = steps_[i];
      const bool before = now.test(2 * i);
      if (!step.expression) {
        if (before && step.first == c) reach(next, i + 1);
        continue;
      }
      const bool begins = before && (step.first == '\0' ? step.inside->test(index(c)) : step.first == c);
      const bool goes_on = now.test(2 * i + 1) && step.inside->test(index(c));
      if (!begins && !goes_on) continue;
      next.set(2 * i + 1);
      reach(next, i + 1);
    }
    if (next.none()) return false;
    now = next;
  }
  return now.test(2 * steps_.size());
}

}  // namespace sallyport::protocol
