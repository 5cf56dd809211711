#include "config/agent_file.hpp"

#include "base/strings.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sallyport::config {
namespace {

using json::Span;
using json::Type;
using json::Value;

constexpr json::Limits limits{.max_depth = 512,
                              .max_keys = 2'000'000,
                              .max_string = max_agent_file_bytes,
                              .max_bytes = max_agent_file_bytes};

Finding syntax_error(const json::Fault& fault) {
  switch (fault.kind) {
    case json::FaultKind::truncated:
      return {"JSON syntax error: the file ends too early", "nothing could be read",
              "close every {, [ and quote"};
    case json::FaultKind::duplicate_key:
      return {"a key stands here for the second time", "only one can hold", "remove one of the two"};
    case json::FaultKind::too_large:
      return {"the file is too large", "at most 64 MiB are read", "name another file with --file"};
    default:
      return {fmt::format("JSON syntax error: {}", json::describe(fault.kind)),
              "nothing after it could be read", "correct the line; comments and trailing commas are allowed"};
  }
}

// The part of the file that the configuration reads, as the tree that it reads.
class TreeReader {
 public:
  TreeReader(std::string_view strict, const LineIndex& lines, Report& report)
      : strict_(strict), lines_(lines), report_(report) {}

  Node read(const Value& value, std::size_t depth = 0) {
    const Position at = lines_.at_offset(value.span.begin);
    if (value.is(Type::null)) return {Node::Kind::null, at};
    if (value.is(Type::object)) return map(value, at, depth);
    if (value.is(Type::array)) return sequence(value, at, depth);
    return scalar(value.span, at, value.is(Type::string));
  }

 private:
  Node scalar(Span span, Position at, bool is_text) const {
    Node node(Node::Kind::scalar, at);
    node.text = is_text ? json::unescape(span.of(strict_)) : std::string(span.of(strict_));
    node.quoted = is_text;
    return node;
  }

  bool is_too_deep(Position at, std::size_t depth) {
    if (depth < max_file_depth) return false;
    report_.error(at, "",
                  {fmt::format("more than {} levels", max_file_depth), "no setting is that deep",
                   "remove the nesting"});
    return true;
  }

  Node map(const Value& value, Position at, std::size_t depth) {
    Node node(Node::Kind::map, at);
    if (is_too_deep(at, depth)) return node;
    json::MemberCursor cursor(strict_, value.span);
    while (const auto member = cursor.next()) {
      node.members.push_back(
          {scalar(member->key, lines_.at_offset(member->key.begin), true), read(member->value, depth + 1)});
    }
    return node;
  }

  Node sequence(const Value& value, Position at, std::size_t depth) {
    Node node(Node::Kind::sequence, at);
    if (is_too_deep(at, depth)) return node;
    json::ElementCursor cursor(strict_, value.span);
    while (const auto element = cursor.next()) node.items.push_back(read(*element, depth + 1));
    return node;
  }

  std::string_view strict_;
  const LineIndex& lines_;
  Report& report_;
};

constexpr std::string_view mask = "***";

// Copies a file and leaves out what nobody should read over a shoulder.
class Masking {
 public:
  Masking(std::string_view text, std::string_view strict) : text_(text), strict_(strict) {}

  std::string run(Span root, std::optional<Span> servers) {
    value({Type::object, root}, servers);
    copy(text_.size());
    return std::move(out_);
  }

 private:
  void copy(std::size_t end) {
    while (at_ < end) {
      // Outside of strings only what was blanked differs.
      const bool comment = text_[at_] == '/' && strict_[at_] == ' ';
      if (!comment) {
        out_ += text_[at_++];
        continue;
      }
      const bool line = text_[at_ + 1] == '/';
      const std::size_t stop =
          line ? std::min(text_.find('\n', at_), text_.size()) : text_.find("*/", at_ + 2) + 2;
      const std::string_view body = text_.substr(at_, stop - at_);
      out_ += line ? "// ***" : "/* ***";
      out_.append(static_cast<std::size_t>(std::ranges::count(body, '\n')), '\n');
      if (!line) out_ += " */";
      at_ = stop;
    }
  }

  void hide(Span span) {
    copy(span.begin);
    out_ += '"';
    out_ += mask;
    out_ += '"';
    at_ = span.end;
  }

  // Outside the servers: every text.
  void value(const Value& value_, std::optional<Span> servers) {
    if (servers && value_.span == *servers) return each_server(*servers);
    if (value_.is(Type::string)) return hide(value_.span);
    if (value_.is(Type::object)) {
      json::MemberCursor cursor(strict_, value_.span);
      while (const auto member = cursor.next()) value(member->value, servers);
    } else if (value_.is(Type::array)) {
      json::ElementCursor cursor(strict_, value_.span);
      while (const auto element = cursor.next()) value(*element, servers);
    }
  }

  void each_server(Span servers) {
    json::MemberCursor cursor(strict_, servers);
    while (const auto member = cursor.next()) {
      if (member->value.is(Type::object)) {
        server(member->value.span);
      } else {
        value(member->value, std::nullopt);
      }
    }
  }

  void server(Span object) {
    static constexpr std::array<std::string_view, 6> shown{"command", "type",      "cwd",
                                                           "url",     "serverUrl", "httpUrl"};
    json::MemberCursor cursor(strict_, object);
    while (const auto member = cursor.next()) {
      const std::string key = json::unescape(member->key.of(strict_));
      const bool text = member->value.is(Type::string);
      if (key == "args" && member->value.is(Type::array)) {
        arguments(member->value.span);
      } else if (!text || std::ranges::find(shown, key) == shown.end() ||
                 may_be_secret("", json::unescape(member->value.of(strict_)))) {
        value(member->value, std::nullopt);
      }
    }
  }

  void arguments(Span array) {
    json::ElementCursor cursor(strict_, array);
    std::string before;
    while (const auto element = cursor.next()) {
      if (!element->is(Type::string)) {
        value(*element, std::nullopt);
        continue;
      }
      const std::string text = json::unescape(element->of(strict_));
      if (announces_secret(before) || may_be_secret("", text)) hide(element->span);
      before = text;
    }
  }

  std::string_view text_;
  std::string_view strict_;
  std::size_t at_ = 0;
  std::string out_;
};

// Letters and digits mixed, and long: nobody writes such a thing by hand.
bool looks_generated(std::string_view value) {
  if (value.size() < 20) return false;
  bool digit = false;
  bool letter = false;
  for (const char c : value) {
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_digit && !is_letter && std::string_view("-_+=.~").find(c) == std::string_view::npos) return false;
    digit = digit || is_digit;
    letter = letter || is_letter;
  }
  return digit && letter;
}

}  // namespace

bool may_be_secret(std::string_view name, std::string_view value) {
  if (value.empty()) return false;
  if (!name.empty() && carries_credential(name)) return true;
  const std::size_t scheme = value.find("://");
  if (scheme != std::string_view::npos) {
    const std::string_view authority = value.substr(scheme + 3, value.find('/', scheme + 3) - scheme - 3);
    if (authority.contains('@') || value.contains('?')) return true;
  }
  return looks_secret(value) || looks_generated(value);
}

std::optional<AgentFile> AgentFile::read(std::string text, std::vector<std::string> path, Report& report) {
  AgentFile file;
  file.text_ = std::move(text);
  file.strict_ = blank_jsonc(file.text_);
  if (file.strict_.find_first_not_of(" \t\r\n") == std::string::npos) file.text_ = file.strict_ = "{}\n";
  file.path_ = std::move(path);
  const LineIndex lines(file.text_);
  const auto document = json::scan(file.strict_, limits);
  if (!document) {
    report.error(lines.at_offset(document.error().offset), "", syntax_error(document.error()));
    return std::nullopt;
  }
  Value at = document->root;
  for (std::size_t i = 0; i < file.path_.size() + 1; ++i) {
    if (!at.is(Type::object)) {
      report.error(
          lines.at_offset(at.span.begin), "",
          {i == 0 ? "the file is not an object" : fmt::format("`{}` is not an object", file.path_[i - 1]),
           "the servers stand in a map of their names", "write {\"name\": {…}}"});
      return std::nullopt;
    }
    if (i == file.path_.size()) break;
    file.parent_ = at.span;
    const json::Member member = json::find_member(file.strict_, at.span, file.path_[i]);
    if (!member && i + 1 == file.path_.size()) break;
    if (!member) {
      report.error(lines.at_offset(at.span.begin), "",
                   {fmt::format("there is no `{}`", clip(file.path_[i], 200)),
                    "the servers would stand below it", "name the right place with --scope or --file"});
      return std::nullopt;
    }
    at = member.value;
    if (i + 1 == file.path_.size()) file.map_ = at.span;
  }
  file.servers_ = Node(Node::Kind::map, lines.at_offset(file.parent_.begin));
  const std::size_t errors = report.errors();
  if (file.map_) file.servers_ = TreeReader(file.strict_, lines, report).read(at);
  if (report.errors() != errors) return std::nullopt;
  return file;
}

std::string AgentFile::replace(const std::vector<bool>& removed, const std::string& key,
                               const JsonObject& value) const {
  if (map_) return edit_jsonc(text_, strict_, {*map_, removed, key, value});
  const std::size_t members = json::members_of(strict_, parent_, strict_.size()).size();
  const ObjectEdit edit{
      parent_, std::vector<bool>(members, false), path_.back(), {{{key, render_object(value)}}}};
  return edit_jsonc(text_, strict_, edit);
}

std::string AgentFile::masked() const {
  const auto document = json::scan(strict_, limits);
  return document ? Masking(text_, strict_).run(document->root.span, map_) : "";
}

}  // namespace sallyport::config
