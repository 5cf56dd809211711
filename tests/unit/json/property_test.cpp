// The scanner against simdjson's DOM, on random documents and on documents with a few bytes changed.
#include "json/dom.hpp"
#include "json/scanner.hpp"
#include "unit/json/random_document.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::json {
namespace {

using namespace std::string_view_literals;

// Whether simdjson's tree and what the cursors read say the same.
bool same(std::string_view text, Value value, simdjson::dom::element element) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::OBJECT: {
      if (!value.is(Type::object)) return false;
      MemberCursor cursor(text, value.span);
      for (const auto field : simdjson::dom::object(element)) {
        const auto member = cursor.next();
        if (!member || unescape(member->key.of(text)) != field.key) return false;
        if (!same(text, member->value, field.value)) return false;
      }
      return !cursor.next();
    }
    case element_type::ARRAY: {
      if (!value.is(Type::array)) return false;
      ElementCursor cursor(text, value.span);
      for (const auto item : simdjson::dom::array(element)) {
        const auto next = cursor.next();
        if (!next || !same(text, *next, item)) return false;
      }
      return !cursor.next();
    }
    case element_type::STRING:
      return value.is(Type::string) && unescape(value.of(text)) == std::string_view(element);
    case element_type::INT64:
      return value.is(Type::number) && as_int64(value.of(text)) == std::int64_t(element);
    case element_type::BOOL:
      return value.is(bool(element) ? Type::true_value : Type::false_value);
    case element_type::NULL_VALUE:
      return value.is(Type::null);
    default:
      return value.is(Type::number);
  }
}

RC_GTEST_PROP(JsonProperty, RandomDocumentsAreReadAsSimdjsonReadsThem,
              (const std::vector<std::uint8_t>& bytes)) {
  test::Choices choices(bytes);
  const std::string text = test::RandomDocument(choices).text();
  const auto document = scan(text);
  RC_ASSERT(document.has_value());
  const auto dom = Dom::parse(text);
  RC_ASSERT(dom.has_value());
  RC_ASSERT(same(text, document->root, dom->root()));
}

// One to three bytes put in, taken out or changed, or the end cut off.
std::string mutated(std::string text, test::Choices& change) {
  static constexpr std::string_view alphabet =
      "{}[]\",:\\ue+-.019tfnl \n\r\t\x00\x1f\x7f\x80\xc3\xa9\xed\xa0\xff/bd8"sv;
  for (std::size_t i = 1 + change.below(3); i > 0; --i) {
    const std::size_t place = (change.below(256) * 256 + change.below(256)) % (text.size() + 1);
    const char c = alphabet[change.below(alphabet.size())];
    switch (change.below(4)) {
      case 0:
        text.insert(place, 1, c);
        break;
      case 1:
        text.erase(place, 1);
        break;
      case 2:
        text.erase(place);
        break;
      default:
        if (place < text.size()) text[place] = c;
    }
  }
  return text;
}

// Where the two may differ: we refuse equal keys and limits; simdjson's tree cannot hold a lone surrogate
// (refused by our strict option too) or a number out of range.
RC_GTEST_PROP(JsonProperty, MutationsAreAcceptedWhereSimdjsonAcceptsThem,
              (const std::vector<std::uint8_t>& bytes, const std::vector<std::uint8_t>& changes)) {
  test::Choices choices(bytes);
  test::Choices change(changes);
  const std::string valid = test::RandomDocument(choices).text();
  for (int variant = 0; variant < 20; ++variant) {
    const std::string text = mutated(valid, change);
    const auto document = scan(text, {.allow_lone_surrogates = false});
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    const simdjson::error_code error = parser.parse(text).get(root);
    if (document) {
      RC_ASSERT(error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR);
      if (error == simdjson::SUCCESS) RC_ASSERT(same(text, document->root, root));
    } else if (document.error().kind != FaultKind::duplicate_key) {
      RC_ASSERT(error != simdjson::SUCCESS);
      RC_ASSERT(document.error().offset <= text.size());
    }
  }
}

}  // namespace
}  // namespace sallyport::json
