// Random edits of every object in a text: what comes out is valid and equals the same edits of a Boost.JSON
// tree.
#include "json/scanner.hpp"
#include "json/splice.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

using namespace sallyport::json;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// The fuzzer's bytes, one after the other; 0 when they are used up.
struct Choices {
  std::string_view bytes;

  unsigned next() {
    if (bytes.empty()) return 0;
    const auto choice = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    return choice;
  }
};

void edit_array(std::string_view text, Span array, boost::json::array& tree, Splice& splice,
                Choices& choices);

// Every member is removed, replaced, edited inside, or left; then members are added at both ends.
void edit_object(std::string_view text, Span object, boost::json::object& tree, Splice& splice,
                 Choices& choices) {
  MemberCursor cursor(text, object);
  while (const auto member = cursor.next()) {
    const std::string key = unescape(member->key.of(text));
    switch (choices.next() % 4) {
      case 0:
        splice.remove(*member);
        tree.erase(key);
        break;
      case 1:
        splice.replace(member->value.span, "[0]");
        tree[key] = boost::json::array(1, boost::json::value(0));
        break;
      case 2:
        if (member->value.is(Type::object))
          edit_object(text, member->value.span, tree[key].as_object(), splice, choices);
        if (member->value.is(Type::array))
          edit_array(text, member->value.span, tree[key].as_array(), splice, choices);
        break;
      default:
        break;
    }
  }
  // Keys that no text of the fuzzer is likely to have; where one has, the addition would be a duplicate.
  for (const auto& [key, bit] : {std::pair("\x01 first", 1U), std::pair("\x01 last", 2U)}) {
    if (find_member(text, object, key) || (choices.next() & bit) == 0) continue;
    bit == 1 ? splice.prepend_member(object, key, "true") : splice.append_member(object, key, "true");
    tree[key] = true;
  }
}

void edit_array(std::string_view text, Span array, boost::json::array& tree, Splice& splice,
                Choices& choices) {
  ElementCursor cursor(text, array);
  for (boost::json::value& element : tree) {
    const auto value = cursor.next();
    require(value.has_value());
    if (value->is(Type::object)) edit_object(text, value->span, element.as_object(), splice, choices);
    if (value->is(Type::array)) edit_array(text, value->span, element.as_array(), splice, choices);
  }
}

boost::json::value parse(std::string_view text, boost::json::error_code& error) {
  boost::json::parse_options options;
  options.max_depth = 70;
  return boost::json::parse(text, error, {}, options);
}

}  // namespace

// The text, a zero byte, the choices.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view text = input.substr(0, input.find('\0'));
  Choices choices{input.substr(std::min(text.size() + 1, size))};
  const auto document = scan(text, {.allow_lone_surrogates = false});
  if (!document) return 0;
  boost::json::error_code error;
  boost::json::value tree = parse(text, error);
  if (error || parse(text, error) != tree) return 0;  // numbers that it cannot hold, or reads as NaN (0e9999)

  Splice splice(text);
  if (tree.is_object()) edit_object(text, document->root.span, tree.as_object(), splice, choices);
  if (tree.is_array()) edit_array(text, document->root.span, tree.as_array(), splice, choices);
  const std::string out = splice.to_string();
  require(scan(out, {.max_keys = 20'000}).has_value());
  require(parse(out, error) == tree && !error);

  std::string line = "x\n";
  append_line_safe(line, out);
  require(line.find_first_of("\r\n", 2) == std::string::npos);
  require(parse(std::string_view(line).substr(2), error) == tree && !error);
  return 0;
}
