// JSON with comments and trailing commas, as editors keep it, by Boost.JSON's event parser: its DOM drops
// duplicate keys silently and knows no places.
#include "base/strings.hpp"
#include "config/document.hpp"

#include <algorithm>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/error.hpp>
#include <boost/json/parse_options.hpp>
#include <boost/json/string_view.hpp>
#include <fmt/format.h>

namespace sallyport::config {
namespace {

namespace json = boost::json;

// Where the tokens that events are about begin, in order: strings, words (numbers, true, false, null), { and
// [. The parser tells no places, but what it accepts has exactly these tokens.
std::vector<std::size_t> token_starts(std::string_view text) {
  std::vector<std::size_t> starts;
  const auto end_of = [&](std::size_t at, std::string_view mark) {
    const std::size_t found = text.find(mark, at);
    return found == std::string_view::npos ? text.size() : found + mark.size();
  };
  for (std::size_t i = 0; i < text.size();) {
    constexpr std::string_view between = " \t\r\n,:}]";
    if (between.find(text[i]) != std::string_view::npos) {
      ++i;
    } else if (text.substr(i, 2) == "//") {
      i = end_of(i, "\n");
    } else if (text.substr(i, 2) == "/*") {
      i = end_of(i + 2, "*/");
    } else if (starts.push_back(i); text[i] == '{' || text[i] == '[') {
      ++i;
    } else if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\') ++i;
      }
      ++i;
    } else {
      i = std::min(text.find_first_of(" \t\r\n,:{}[]\"/", i + 1), text.size());
    }
  }
  return starts;
}

class Handler {
 public:
  static constexpr std::size_t max_object_size = max_file_bytes;
  static constexpr std::size_t max_array_size = max_file_bytes;
  static constexpr std::size_t max_key_size = max_file_bytes;
  static constexpr std::size_t max_string_size = max_file_bytes;

  Handler(std::string_view text, const LineIndex& lines, Report& report)
      : starts_(token_starts(text)), lines_(lines), report_(report) {}

  Node take() { return std::move(root_); }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { return open(Node::Kind::map); }
  bool on_object_end(std::size_t, json::error_code&) { return close(); }
  bool on_array_begin(json::error_code&) { return open(Node::Kind::sequence); }
  bool on_array_end(std::size_t, json::error_code&) { return close(); }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return append(part); }
  bool on_key(json::string_view part, std::size_t, json::error_code&) {
    append(part);
    stack_.back().key = take_string();
    return true;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return append(part); }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    append(part);
    return add(take_string());
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
    return add_word(fmt::to_string(value));
  }
  bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
    return add_word(fmt::to_string(value));
  }
  bool on_double(double value, json::string_view, json::error_code&) {
    return add_word(fmt::to_string(value));
  }
  bool on_bool(bool value, json::error_code&) { return add_word(value ? "true" : "false"); }
  bool on_null(json::error_code&) { return add({Node::Kind::null, next_place()}); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  struct Open {
    Node node;
    Node key{};
    Keys keys{};
  };

  bool append(json::string_view part) {
    string_.append(part.data(), part.size());
    return true;
  }

  Position next_place() { return next_ < starts_.size() ? lines_.at_offset(starts_[next_++]) : Position{}; }

  Node take_string() {
    Node node(Node::Kind::scalar, next_place());
    node.text = std::exchange(string_, {});
    node.quoted = true;
    return node;
  }

  bool add_word(std::string text) {
    Node node(Node::Kind::scalar, next_place());
    node.text = std::move(text);
    return add(std::move(node));
  }

  bool open(Node::Kind kind) {
    stack_.push_back({Node{kind, next_place()}});
    return true;
  }

  bool close() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    return add(std::move(node));
  }

  bool add(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return true;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == Node::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (parent.keys.add(parent.key, report_)) {
      parent.node.members.push_back({std::move(parent.key), std::move(node)});
    }
    return true;
  }

  std::vector<std::size_t> starts_;
  std::size_t next_ = 0;
  const LineIndex& lines_;
  Report& report_;
  std::string string_;
  std::vector<Open> stack_;
  Node root_;
};

Finding syntax_error(const json::error_code& error) {
  if (error == json::error::too_deep) {
    return {fmt::format("more than {} levels", max_file_depth), "no setting is that deep",
            "remove the nesting"};
  }
  if (error == json::error::incomplete) {
    return {"JSON syntax error: the file ends too early", "nothing could be read",
            "close every {, [ and quote"};
  }
  return {fmt::format("JSON syntax error: {}", error.message()), "nothing after it could be read",
          "correct the line; comments and trailing commas are allowed"};
}

}  // namespace

std::optional<Node> parse_jsonc(std::string_view text, Report& report) {
  if (!check_text(text, report)) return std::nullopt;
  const LineIndex lines(text);
  json::parse_options options;
  options.allow_comments = true;
  options.allow_trailing_commas = true;
  options.max_depth = max_file_depth;
  json::basic_parser<Handler> parser(options, text, lines, report);
  json::error_code error;
  const std::size_t taken = parser.write_some(false, text.data(), text.size(), error);
  if (!error && taken < text.size()) error = json::error::extra_data;
  if (error) {
    report.error(lines.at_offset(taken), "", syntax_error(error));
    return std::nullopt;
  }
  return parser.handler().take();
}

}  // namespace sallyport::config
