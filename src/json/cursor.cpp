#include "json/bytes.hpp"
#include "json/scanner.hpp"
#include "json/type.hpp"

#include <algorithm>

namespace sallyport::json {
namespace {

std::uint32_t narrow(std::size_t offset) {
  return static_cast<std::uint32_t>(offset);
}

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && detail::is_space(text[at])) ++at;
  return at;
}

// From the opening quote to behind the closing one.
std::size_t skip_string(std::string_view text, std::size_t at) {
  const char* const end = text.data() + text.size();
  const char* from = text.data() + std::min(at + 1, text.size());
  for (;;) {
    from = detail::skip_to_quote(from, end);
    if (from == end) return text.size();
    if (*from == '"') return static_cast<std::size_t>(from - text.data()) + 1;
    from += std::min<std::ptrdiff_t>(2, end - from);
  }
}

std::size_t skip_container(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '"':
        at = skip_string(text, at);
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        --depth;
        break;
      default:
        break;
    }
    ++at;
    if (depth == 0) break;
  }
  return at;
}

// The value that begins at `at`, which is inside the text.
Value value_at(std::string_view text, std::size_t at) {
  const Type type = type_of(text[at]);
  std::size_t end = at;
  if (type == Type::string) {
    end = skip_string(text, at);
  } else if (type == Type::object || type == Type::array) {
    end = skip_container(text, at);
  } else {
    end = std::min(text.find_first_of(",]} \t\r\n", at), text.size());
  }
  return {type, {narrow(at), narrow(end)}};
}

// The closing bracket of a container with this span.
std::size_t closing(std::string_view text, Span container) {
  const std::size_t end = std::min<std::size_t>(container.end, text.size());
  return end > container.begin ? end - 1 : end;
}

template <class Cursor>
auto take_all(Cursor cursor, std::size_t max) {
  std::vector<typename decltype(cursor.next())::value_type> all;
  while (all.size() < max) {
    const auto next = cursor.next();
    if (!next) break;
    all.push_back(*next);
  }
  return all;
}

}  // namespace

MemberCursor::MemberCursor(std::string_view text, Span object)
    : text_(text.substr(0, closing(text, object))), at_(object.begin), end_(text_.size()) {}

std::optional<Member> MemberCursor::next() {
  const std::size_t key = skip_space(text_, at_ + 1);
  if (key >= end_) return std::nullopt;
  const std::size_t key_end = skip_string(text_, key);
  const std::size_t colon = skip_space(text_, key_end);
  const std::size_t begin = skip_space(text_, colon + 1);
  if (begin >= end_) return std::nullopt;
  const Value value = value_at(text_, begin);
  const std::size_t delimiter = skip_space(text_, value.span.end);
  const Member member{{narrow(key), narrow(key_end)}, value, {narrow(at_), narrow(delimiter)}};
  at_ = delimiter;
  return member;
}

ElementCursor::ElementCursor(std::string_view text, Span array)
    : text_(text.substr(0, closing(text, array))), at_(array.begin), end_(text_.size()) {}

std::optional<Value> ElementCursor::next() {
  const std::size_t begin = skip_space(text_, at_ + 1);
  if (begin >= end_) return std::nullopt;
  const Value value = value_at(text_, begin);
  at_ = skip_space(text_, value.span.end);
  return value;
}

std::vector<Member> members_of(std::string_view text, Span object, std::size_t max) {
  return take_all(MemberCursor(text, object), max);
}

std::vector<Value> elements_of(std::string_view text, Span array, std::size_t max) {
  return take_all(ElementCursor(text, array), max);
}

Member find_member(std::string_view text, Span object, std::string_view key) {
  MemberCursor cursor(text, object);
  while (const auto member = cursor.next()) {
    if (equals_unescaped(member->key.of(text), key)) return *member;
  }
  return {};
}

}  // namespace sallyport::json
