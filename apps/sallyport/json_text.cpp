#include "json_text.hpp"

#include "json/scanner.hpp"

#include <limits>

namespace sallyport::cli {
namespace {

using json::Type;

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
constexpr std::size_t longest_line = 80;

bool is_plain(const json::Value& value) {
  return !value.is(Type::object) && !value.is(Type::array);
}

class Indenter {
 public:
  explicit Indenter(std::string_view text) : text_(text) {}

  std::string write(const json::Value& root) {
    value(root, 0);
    return std::move(out_);
  }

 private:
  void value(const json::Value& value, std::size_t depth) {
    if (value.is(Type::object)) return object(value, depth);
    if (value.is(Type::array)) return array(value, depth);
    out_ += value.of(text_);
  }

  void line(std::size_t depth) { out_.append("\n").append(2 * depth, ' '); }

  void object(const json::Value& value_, std::size_t depth) {
    const char* separator = "{";
    for (const json::Member& member : json::members_of(text_, value_.span, all)) {
      out_ += separator;
      separator = ",";
      line(depth + 1);
      out_.append(member.key.of(text_)).append(": ");
      value(member.value, depth + 1);
    }
    if (*separator == '{') {
      out_ += "{}";
      return;
    }
    line(depth);
    out_ += '}';
  }

  void array(const json::Value& value_, std::size_t depth) {
    const std::vector<json::Value> elements = json::elements_of(text_, value_.span, all);
    bool in_one_line = value_.span.size() <= longest_line;
    for (const json::Value& element : elements) in_one_line = in_one_line && is_plain(element);
    out_ += '[';
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (i > 0) out_ += in_one_line ? ", " : ",";
      if (!in_one_line) line(depth + 1);
      value(elements[i], depth + 1);
    }
    if (!in_one_line) line(depth);
    out_ += ']';
  }

  std::string_view text_;
  std::string out_;
};

}  // namespace

std::string indent_json(std::string_view json) {
  const auto document =
      json::scan(json, {.max_depth = 1024, .max_keys = std::numeric_limits<std::uint32_t>::max()});
  if (!document) return std::string(json);
  return Indenter(json).write(document->root);
}

}  // namespace sallyport::cli
