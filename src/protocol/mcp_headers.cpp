#include "protocol/mcp_headers.hpp"

#include "base/strings.hpp"
#include "json/pointer.hpp"
#include "json/scanner.hpp"
#include "protocol/decimal.hpp"

#include <algorithm>
#include <array>

namespace sallyport::protocol {

namespace {

using json::Type;

constexpr std::string_view marker_begin = "=?base64?";
constexpr std::string_view marker_end = "?=";
constexpr std::string_view header_prefix = "Mcp-Param-";
constexpr std::string_view annotation = "x-mcp-header";

bool is_marked(std::string_view text) {
  return text.size() >= marker_begin.size() + marker_end.size() && text.starts_with(marker_begin) &&
         text.ends_with(marker_end);
}

bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_utf8(std::string_view text) {
  char32_t code_point = 0;
  while (!text.empty()) {
    const std::size_t length = decode_utf8(text, code_point);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || marks.contains(c);
  });
}

}  // namespace

std::string encode_header_value(std::string_view text) {
  if (is_printable_ascii(text) && trim(text).size() == text.size() && !is_marked(text))
    return std::string(text);
  std::string encoded(marker_begin);
  encoded += base64_encode(text);
  encoded += marker_end;
  return encoded;
}

std::optional<std::string> decode_header_value(std::string_view value) {
  value = trim(value);
  if (!is_marked(value)) return std::string(value);
  value.remove_prefix(marker_begin.size());
  value.remove_suffix(marker_end.size());
  auto decoded = base64_decode(value);
  if (!decoded || !is_utf8(*decoded)) return std::nullopt;
  return decoded;
}

// ---- The annotations of a schema.

namespace {

// Keywords through which the path to an annotated property must not lead: a schema, an array of schemas, or
// (the last four) an object of schemas.
constexpr std::array<std::string_view, 20> closed_keywords{"items",
                                                           "prefixItems",
                                                           "contains",
                                                           "additionalProperties",
                                                           "unevaluatedProperties",
                                                           "unevaluatedItems",
                                                           "propertyNames",
                                                           "oneOf",
                                                           "anyOf",
                                                           "allOf",
                                                           "not",
                                                           "if",
                                                           "then",
                                                           "else",
                                                           "contentSchema",
                                                           "additionalItems",
                                                           "patternProperties",
                                                           "dependentSchemas",
                                                           "$defs",
                                                           "definitions"};
constexpr std::size_t first_object_of_schemas = 16;

class AnnotationWalk {
 public:
  explicit AnnotationWalk(std::string_view text) : text_(text) {}

  Result<std::vector<ParamHeader>> walk(json::Span root) {
    TRY(visit({.type = Type::object, .span = root}, true));
    return std::move(found_);
  }

 private:
  enum class Keyword : std::uint8_t { other, properties, schemas, object_of_schemas };

  static Keyword classify(std::string_view key) {
    if (key == "properties") return Keyword::properties;
    const auto* at = std::ranges::find(closed_keywords, key);
    if (at == closed_keywords.end()) return Keyword::other;
    return at - closed_keywords.begin() < static_cast<std::ptrdiff_t>(first_object_of_schemas)
               ? Keyword::schemas
               : Keyword::object_of_schemas;
  }

  // Depth is bounded by the scanner that accepted the text.
  Result<> visit(const json::Value& schema, bool open) {
    if (!schema.is(Type::object)) return {};
    json::Value mark;
    json::Value type;
    json::MemberCursor members(text_, schema.span);
    while (const auto member = members.next()) {
      const std::string key = json::unescape(member->key.of(text_));
      if (key == annotation) mark = member->value;
      if (key == "type") type = member->value;
      switch (classify(key)) {
        case Keyword::other:
          break;
        case Keyword::properties:
          TRY(visit_members(member->value, open));
          break;
        case Keyword::schemas:
          TRY(visit_closed(member->value));
          break;
        case Keyword::object_of_schemas:
          TRY(visit_members(member->value, false));
          break;
      }
    }
    return mark ? record(mark, type, open && !path_.empty()) : Result<>();
  }

  Result<> visit_members(const json::Value& schemas, bool open) {
    if (!schemas.is(Type::object)) return {};
    json::MemberCursor members(text_, schemas.span);
    while (const auto member = members.next()) {
      path_.push_back(json::unescape(member->key.of(text_)));
      TRY(visit(member->value, open));
      path_.pop_back();
    }
    return {};
  }

  Result<> visit_closed(const json::Value& value) {
    if (!value.is(Type::array)) return visit(value, false);
    json::ElementCursor elements(text_, value.span);
    while (const auto element = elements.next()) TRY(visit(*element, false));
    return {};
  }

  Result<> record(const json::Value& mark, const json::Value& type, bool reachable) {
    if (!reachable) return broken("stands where no chain of properties leads");
    if (!mark.is(Type::string)) return broken("is not a string");
    std::string token = json::unescape(mark.of(text_));
    if (!is_token(token)) return broken("is not a token of RFC 9110");
    const auto kind = param_type(type);
    if (!kind) return broken("stands on something other than a string, an integer or a boolean");
    ParamHeader header{.name = std::string(header_prefix) + token,
                       .path = path_,
                       .pointer = json::format_pointer(path_),
                       .type = *kind};
    if (std::ranges::any_of(found_,
                            [&](const ParamHeader& other) { return iequals(other.name, header.name); }))
      return broken("is not unique");
    if (found_.size() == max_param_headers) return broken("is used more than 64 times");
    found_.push_back(std::move(header));
    return {};
  }

  std::optional<ParamType> param_type(const json::Value& type) const {
    if (!type.is(Type::string)) return std::nullopt;
    const std::string name = json::unescape(type.of(text_));
    if (name == "string") return ParamType::string;
    if (name == "integer") return ParamType::integer;
    if (name == "boolean") return ParamType::boolean;
    return std::nullopt;
  }

  Failure broken(std::string_view what) const {
    return fail(Error(Code::discovery_tool_validation_failed)
                    .with_executed(Executed::no)
                    .with_slot(Slot::pointer, annotation)
                    .with_slot(Slot::constraint, what)
                    .with_developer_message("x-mcp-header " + std::string(what)));
  }

  std::string_view text_;
  std::vector<std::string> path_;
  std::vector<ParamHeader> found_;
};

// The bytes of a value that starts and ends the text but for white space.
json::Span whole(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  const auto end = text.find_last_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end + 1)};
}

}  // namespace

Result<std::vector<ParamHeader>> param_headers(std::string_view input_schema) {
  // Most schemas have no annotation: one search instead of a walk. An escaped key costs the walk.
  if (!input_schema.contains(annotation) && !input_schema.contains('\\')) return std::vector<ParamHeader>();
  const json::Span root = whole(input_schema);
  if (root.size() < 2 || input_schema[root.begin] != '{') return std::vector<ParamHeader>();
  return AnnotationWalk(input_schema).walk(root);
}

// ---- Arguments.

namespace {

json::Value find_argument(std::string_view arguments, const ParamHeader& header) {
  json::Value at{.type = Type::object, .span = whole(arguments)};
  if (at.span.size() < 2) return {};
  for (const std::string& key : header.path) {
    if (!at.is(Type::object)) return {};
    at = json::find_member(arguments, at.span, key).value;
  }
  return at;
}

// What the header of this value says before it is encoded; nothing for what has no header.
std::optional<std::string> mirrored(const json::Value& value, std::string_view arguments) {
  switch (value.type) {
    case Type::string:
      return json::unescape(value.of(arguments));
    case Type::number:
      return plain_decimal(value.of(arguments));
    case Type::true_value:
      return "true";
    case Type::false_value:
      return "false";
    default:
      return std::nullopt;
  }
}

const HeaderView* find_header(std::span<const HeaderView> headers, std::string_view name) {
  const auto found =
      std::ranges::find_if(headers, [&](const HeaderView& h) { return iequals(h.name, name); });
  return found == headers.end() ? nullptr : &*found;
}

}  // namespace

std::vector<HeaderField> build_param_headers(std::span<const ParamHeader> spec, std::string_view arguments) {
  std::vector<HeaderField> fields;
  for (const ParamHeader& header : spec) {
    const auto text = mirrored(find_argument(arguments, header), arguments);
    if (text) fields.push_back({.name = header.name, .value = encode_header_value(*text)});
  }
  return fields;
}

Result<> check_param_headers(std::span<const ParamHeader> spec, std::string_view arguments,
                             std::span<const HeaderView> headers) {
  for (const ParamHeader& header : spec) {
    const json::Value value = find_argument(arguments, header);
    const auto wanted = mirrored(value, arguments);
    if (!wanted) continue;
    const HeaderView* given = find_header(headers, header.name);
    const auto decoded = given != nullptr ? decode_header_value(given->value) : std::nullopt;
    const bool equal = decoded && (*decoded == *wanted ||
                                   (value.is(Type::number) && equal_decimals(*decoded, value.of(arguments))));
    if (!equal)
      return fail(Error(Code::proto_header_mismatch)
                      .with_executed(Executed::no)
                      .with_slot(Slot::pointer, header.name));
  }
  return {};
}

}  // namespace sallyport::protocol
