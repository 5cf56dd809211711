// The scanner against simdjson's DOM: they accept the same texts, but for what is listed here, and read them
// alike.
#include "json/scanner.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include <simdjson.h>

using namespace sallyport::json;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// The order of what simdjson's tree holds is the text's.
void require_same(std::string_view text, Value value, simdjson::dom::element element) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::OBJECT: {
      require(value.is(Type::object));
      MemberCursor cursor(text, value.span);
      for (const auto field : simdjson::dom::object(element)) {
        const auto member = cursor.next();
        require(member && unescape(member->key.of(text)) == field.key);
        require(equals_unescaped(member->key.of(text), field.key));
        require_same(text, member->value, field.value);
      }
      return require(!cursor.next());
    }
    case element_type::ARRAY: {
      require(value.is(Type::array));
      ElementCursor cursor(text, value.span);
      for (const auto item : simdjson::dom::array(element)) {
        const auto next = cursor.next();
        require(next.has_value());
        require_same(text, *next, item);
      }
      return require(!cursor.next());
    }
    case element_type::STRING: {
      const std::string_view content(element);
      require(value.is(Type::string) && unescape(value.of(text)) == content);
      return require(unescape(quote(content)) == content);
    }
    case element_type::INT64:
      return require(as_int64(value.of(text)) == std::int64_t(element));
    case element_type::BOOL:
      return require(value.is(bool(element) ? Type::true_value : Type::false_value));
    case element_type::NULL_VALUE:
      return require(value.is(Type::null));
    default:
      return require(value.is(Type::number));
  }
}

void require_spans(std::string_view text, std::span<const Member> found) {
  for (const Member& member : found) {
    if (!member) continue;
    require(scan(member.key.of(text)).has_value());
    const auto value = scan(member.value.of(text));
    require(value && value->root.type == member.value.type && value->root.span.begin == 0);
    const char before = text[member.bounds.begin];
    const char after = text[member.bounds.end];
    require((before == '{' || before == ',') && (after == '}' || after == ','));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Query query(
      {"/id", "/method", "/params", "/params/name", "/params/_meta/progressToken", "/a/b/a"});
  static simdjson::dom::parser parser;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::array<Member, 6> found;
  const auto document = scan(text, query, found);
  const auto strict = scan(text, {.allow_lone_surrogates = false});
  require(document || !strict);
  simdjson::dom::element root;
  const simdjson::error_code error = parser.parse(text.data(), text.size()).get(root);
  if (!strict) {
    const FaultKind kind = strict.error().kind;
    require(strict.error().offset <= size && !describe(kind).empty());
    // We refuse what simdjson does not look at: equal keys, our limits.
    const bool stricter =
        kind == FaultKind::duplicate_key || kind == FaultKind::depth || kind == FaultKind::keys;
    require(stricter || error != simdjson::SUCCESS);
  } else {
    // Its tree cannot hold numbers out of range.
    require(error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR);
  }
  if (!document) return 0;
  require_spans(text, found);
  if (strict && error == simdjson::SUCCESS) require_same(text, document->root, root);
  return 0;
}
