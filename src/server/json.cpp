#include "server/json.hpp"

#include "json/scanner.hpp"
#include "json/splice.hpp"
#include "json/type.hpp"

#include <charconv>
#include <cmath>
#include <utility>

namespace sallyport {
namespace {

json::Span whole(std::string_view text) {
  return {0, static_cast<std::uint32_t>(text.size())};
}

void append_element(std::string& array, std::string_view element) {
  array.pop_back();
  if (array.size() > 1) array += ',';
  array.append(element).push_back(']');
}

}  // namespace

Json::Json(double value) {
  if (!std::isfinite(value)) return;
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  text_.assign(buffer, end);
}

Json::Json(std::string_view text) : text_(json::quote(text)) {}

Result<Json> Json::parse(std::string_view text) {
  const auto document = json::scan(text);
  if (!document) {
    return fail(Error(Code::proto_parse_error)
                    .with_executed(Executed::no)
                    .with_slot(Slot::constraint, json::describe(document.error().kind)));
  }
  return trusted(std::string(document->root.of(text)));
}

Json Json::trusted(std::string text) {
  Json made;
  made.text_ = std::move(text);
  return made;
}

Json Json::object(std::initializer_list<Member> members) {
  Json made = trusted("{}");
  for (const auto& [key, value] : members) made.set(key, value);
  return made;
}

Json Json::array(std::initializer_list<Json> elements) {
  return array(std::span(elements.begin(), elements.size()));
}

Json Json::array(std::span<const Json> elements) {
  Json made = trusted("[]");
  for (const Json& element : elements) append_element(made.text_, element.text_);
  return made;
}

Json::Type Json::type() const noexcept {
  switch (json::type_of(text_.front())) {
    case json::Type::object:
      return Type::object;
    case json::Type::array:
      return Type::array;
    case json::Type::string:
      return Type::string;
    case json::Type::true_value:
    case json::Type::false_value:
      return Type::boolean;
    case json::Type::null:
    case json::Type::absent:  // of no text
      return Type::null;
    case json::Type::number:
      return Type::number;
  }
  std::unreachable();
}

std::optional<bool> Json::as_bool() const {
  if (type() != Type::boolean) return std::nullopt;
  return text_ == "true";
}

std::optional<std::int64_t> Json::as_int() const {
  if (type() != Type::number) return std::nullopt;
  return json::as_int64(text_);
}

std::optional<double> Json::as_number() const {
  if (type() != Type::number) return std::nullopt;
  double value = 0;
  const auto [end, status] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
  if (status != std::errc{} || end != text_.data() + text_.size()) return std::nullopt;
  return value;
}

std::optional<std::string> Json::as_string() const {
  if (!is_string()) return std::nullopt;
  return json::unescape(text_);
}

std::optional<Json> Json::find(std::string_view key) const {
  if (!is_object()) return std::nullopt;
  const json::Member member = json::find_member(text_, whole(text_), key);
  if (!member) return std::nullopt;
  return trusted(std::string(member.value.of(text_)));
}

std::vector<std::pair<std::string, Json>> Json::members() const {
  std::vector<std::pair<std::string, Json>> found;
  if (!is_object()) return found;
  json::MemberCursor cursor(text_, whole(text_));
  while (const auto member = cursor.next())
    found.emplace_back(json::unescape(member->key.of(text_)), trusted(std::string(member->value.of(text_))));
  return found;
}

std::vector<Json> Json::elements() const {
  std::vector<Json> found;
  if (!is_array()) return found;
  json::ElementCursor cursor(text_, whole(text_));
  while (const auto element = cursor.next()) found.push_back(trusted(std::string(element->of(text_))));
  return found;
}

Json& Json::set(std::string_view key, const Json& value) {
  if (is_null()) text_ = "{}";
  if (!is_object()) return *this;
  const json::Member member = json::find_member(text_, whole(text_), key);
  const std::string added = value.text_;  // may be ours
  json::Splice splice(text_);
  if (member) {
    splice.replace(member.value.span, added);
  } else {
    splice.append_member(whole(text_), key, added);
  }
  text_ = splice.to_string();
  return *this;
}

Json& Json::push_back(const Json& element) {
  if (is_null()) text_ = "[]";
  if (is_array()) append_element(text_, std::string(element.text_));
  return *this;
}

}  // namespace sallyport
