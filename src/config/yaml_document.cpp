// YAML by yaml-cpp's events: its node API keeps duplicate keys silently and forgets where aliases stand.
#include "base/strings.hpp"
#include "config/document.hpp"

#include <limits>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace sallyport::config {
namespace {

std::size_t count(int value) {
  return value < 0 ? 0 : static_cast<std::size_t>(value);
}

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, const LineIndex& lines, Report& report)
      : text_(text), lines_(lines), report_(report) {}

  Node take() { return std::move(root_); }
  std::optional<Position> unclosed_quote() const { return unclosed_; }
  bool too_deep() const { return too_deep_; }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    add({Node::Kind::null, place(mark)});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    report_.error(place(mark), "",
                  {"an alias (`*name`)", "a reader must see a value where it holds",
                   "write the value again; a text that begins with * needs quotes"});
    add({Node::Kind::null, place(mark)});
  }

  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    report_.error(
        place(mark), "",
        {fmt::format("an anchor (`&{}`)", clip(name, 64)), "aliases are refused, so it names nothing",
         "delete it; a text that begins with & needs quotes"});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    check_tag(mark, tag);
    check_closed(mark, tag);
    Node node(Node::Kind::scalar, place(mark));
    node.text = value;
    node.quoted = tag == "!";
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::sequence, mark, tag);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Node::Kind::map, mark, tag);
  }
  void OnMapEnd() override { close(); }

 private:
  // A collection that is not complete yet, and of a map the key whose value comes next.
  struct Open {
    Node node;
    std::optional<Node> key{};
    Keys keys{};
  };

  Position place(const YAML::Mark& mark) const {
    return lines_.at_line(count(mark.line), count(mark.column));
  }

  void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    report_.error(place(mark), "",
                  {"a tag (`!…`)", "every key has one type already",
                   "delete the tag; a text that begins with ! needs quotes"});
  }

  // yaml-cpp takes the end of the file for a closing quote.
  void check_closed(const YAML::Mark& mark, const std::string& tag) {
    const std::size_t start = lines_.offset(count(mark.line), count(mark.column));
    if (tag != "!" || start >= text_.size() || unclosed_) return;
    const char quote = text_[start];
    if (quote != '"' && quote != '\'') return;
    for (std::size_t i = start + 1; i < text_.size(); ++i) {
      const bool escapes = quote == '"' ? text_[i] == '\\' : text_.substr(i, 2) == "''";
      if (escapes) {
        ++i;
      } else if (text_[i] == quote) {
        return;
      }
    }
    unclosed_ = place(mark);
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    check_tag(mark, tag);
    if (stack_.size() == max_file_depth || skipped_ > 0) {
      if (!too_deep_) {
        report_.error(place(mark), "",
                      {fmt::format("more than {} levels", max_file_depth), "no key is that deep",
                       "remove the nesting"});
      }
      too_deep_ = true;
      ++skipped_;
      return;
    }
    stack_.push_back({Node{kind, place(mark)}});
  }

  void close() {
    if (skipped_ > 0) {
      --skipped_;
      return;
    }
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (skipped_ > 0) return;
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == Node::Kind::sequence) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      add_member(parent, *std::exchange(parent.key, std::nullopt), std::move(node));
    }
  }

  void add_member(Open& parent, Node key, Node value) {
    if (key.kind != Node::Kind::scalar) {
      report_.error(key.at, "",
                    {"a key that is not a plain word", "every key is a name", "write `name: value`"});
      return;
    }
    if (key.text == "<<" && !key.quoted) {
      report_.error(key.at, "<<",
                    {"a merge key (`<<`)", "a reader must see a value where it holds", "write the keys out"});
      return;
    }
    if (parent.keys.add(key, report_)) parent.node.members.push_back({std::move(key), std::move(value)});
  }

  std::string_view text_;
  const LineIndex& lines_;
  Report& report_;
  std::vector<Open> stack_;
  std::size_t skipped_ = 0;  // open collections below the greatest depth
  Node root_;
  std::optional<Position> unclosed_;
  bool too_deep_ = false;
};

// What most often stands behind a message of yaml-cpp.
std::string remedy(std::string_view text, std::size_t offset, std::string_view message) {
  const char at = offset < text.size() ? text[offset] : '\n';
  const char before = offset > 0 ? text[offset - 1] : '\n';
  const std::size_t line = text.substr(0, offset).rfind('\n') + 1;  // npos + 1 is the first line's start
  const std::string_view indent = text.substr(line, text.find_first_not_of(" \t", line) - line);
  if (at == '\t' || indent.find('\t') != std::string_view::npos) return "indent with spaces, not tabs";
  if (before == '*' || at == '*') return "put quotes around a text that begins with *";
  if (at == '@' || at == '`' || at == '%')
    return fmt::format("put quotes around a text that begins with {}", at);
  if (message.find("flow") != std::string_view::npos) {
    return "close every { and [, and put quotes around texts with { } [ ] or , in them (`\"${NAME}\"`)";
  }
  if (message.find("map value") != std::string_view::npos) {
    return "check the indentation, and put quotes around a text with `: ` in it";
  }
  if (message.find("escape") != std::string_view::npos)
    return "write \\\\ for a backslash, or use single quotes";
  return "correct the line; an editor that knows YAML shows more";
}

void report_syntax(const YAML::Exception& error, std::string_view text, const LineIndex& lines,
                   Report& report) {
  const std::size_t line = count(error.mark.line);
  const std::size_t column = count(error.mark.column);
  report.error(lines.at_line(line, column), "",
               {fmt::format("YAML syntax error: {}", clip(error.msg, 128)), "nothing after it could be read",
                remedy(text, lines.offset(line, column), error.msg)});
}

// Feeds the one document of the file to `tree`; reports what keeps it from being one.
void read_document(std::string_view text, TreeBuilder& tree, const LineIndex& lines, Report& report) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  if (!parser.HandleNextDocument(tree)) {
    report.error(
        {1, 1}, "",
        {"the file is empty", "there is nothing to serve", "write `servers:` with at least one server"});
    return;
  }
  Diagnostics ignored;
  Report silent("", ignored);
  TreeBuilder rest(text, lines, silent);
  if (tree.unclosed_quote() || !parser.HandleNextDocument(rest)) return;
  report.error(rest.take().at, "",
               {"YAML syntax error: a second document, or text that does not belong to the first",
                "the configuration is one map", "remove it, or correct its indentation"});
}

}  // namespace

std::optional<Node> parse_yaml(std::string_view text, Report& report) {
  if (!check_text(text, report)) return std::nullopt;
  const LineIndex lines(text);
  Diagnostics found;
  Report inner(report.file(), found);
  TreeBuilder tree(text, lines, inner);
  Diagnostics syntax;
  Report alone(report.file(), syntax);
  try {
    read_document(text, tree, lines, alone);
  } catch (const YAML::Exception& error) {
    if (!tree.too_deep() && !tree.unclosed_quote()) report_syntax(error, text, lines, alone);
  } catch (const std::exception&) {
    alone.error({1, 1}, "",
                {"the YAML parser gave up", "the file is beyond what it can read", "simplify the file"});
  }
  if (tree.unclosed_quote()) {
    alone.error(*tree.unclosed_quote(), "",
                {"YAML syntax error: a quote that is never closed", "all that follows belongs to the text",
                 "close the quote"});
  }
  // A syntax error is reported alone: what was found before it may be its consequence.
  for (Diagnostic& diagnostic : syntax.empty() ? found : syntax) {
    report.error(diagnostic.at, diagnostic.path, {diagnostic.what, diagnostic.why, diagnostic.instead});
  }
  if (!syntax.empty() || tree.too_deep()) return std::nullopt;
  return tree.take();
}

}  // namespace sallyport::config
