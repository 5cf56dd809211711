#include "config/jsonc.hpp"

#include <algorithm>
#include <optional>

namespace sallyport::config {
namespace {

using json::Member;
using json::Span;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Behind the string whose opening quote stands at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// Behind the comment that begins at `at`; nothing: none does, or it has no end.
std::optional<std::size_t> skip_comment(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) == "//") return std::min(text.find('\n', at), text.size());
  if (text.substr(at, 2) != "/*") return std::nullopt;
  const std::size_t end = text.find("*/", at + 2);
  if (end == std::string_view::npos) return std::nullopt;
  return end + 2;
}

void blank(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if (!is_space(text[i])) text[i] = ' ';
  }
}

// A run of members of the object, with what stands around them, tiles its inside: each begins where the line,
// or the delimiter, before it ends.
struct Unit {
  std::size_t begin;
  std::size_t end;
};

class Editor {
 public:
  Editor(std::string_view text, std::string_view strict, const ObjectEdit& edit)
      : text_(text),
        strict_(strict),
        edit_(edit),
        members_(json::members_of(strict, edit.object, strict.size())),
        line_end_(text.find("\r\n") == std::string_view::npos ? "\n" : "\r\n"),
        step_(indent_step()) {
    for (const Member& member : members_) units_.push_back({begin_of(member), 0});
    for (std::size_t i = 0; i + 1 < units_.size(); ++i) units_[i].end = units_[i + 1].begin;
    if (!units_.empty()) units_.back().end = end_of_last();
  }

  std::string run() {
    const std::size_t begin = members_.empty() ? after_delimiter(edit_.object.begin) : units_.front().begin;
    const std::size_t tail = members_.empty() ? begin : units_.back().end;
    const auto place =
        static_cast<std::size_t>(std::ranges::find(edit_.removed, true) - edit_.removed.begin());
    const auto kept_from = std::ranges::find(edit_.removed.rbegin(), edit_.removed.rend(), false);
    const auto kept =
        static_cast<std::size_t>(edit_.removed.rend() - kept_from);  // behind the last that stays
    out_.append(text_.substr(0, begin));
    for (std::size_t i = 0; i < units_.size(); ++i) {
      if (i == place) add_new(i, kept > i);
      if (!edit_.removed[i]) keep(i, place < i && i + 1 == kept);
    }
    if (place == units_.size()) append_new(tail);
    out_.append(text_.substr(tail));
    return std::move(out_);
  }

 private:
  // Past the rest of the delimiter's line, if nothing but white space and comments stands there.
  std::size_t after_delimiter(std::size_t delimiter) const {
    std::size_t at = delimiter + 1;
    while (at < text_.size()) {
      if (text_[at] == '\n') return at + 1;
      if (is_space(text_[at])) {
        ++at;
      } else if (const auto end = skip_comment(text_, at)) {
        if (text_.substr(at, *end - at).find('\n') != std::string_view::npos) return delimiter + 1;
        at = *end;
      } else {
        return delimiter + 1;
      }
    }
    return delimiter + 1;
  }

  std::size_t begin_of(const Member& member) const { return after_delimiter(member.bounds.begin); }

  // The trailing comma behind the last member, if the file has one.
  std::optional<std::size_t> trailing_comma() const {
    for (std::size_t at = members_.back().value.span.end; at + 1 < edit_.object.end;) {
      if (text_[at] == ',') return at;
      const auto end = skip_comment(text_, at);
      at = end ? *end : at + 1;
    }
    return std::nullopt;
  }

  std::size_t end_of_last() const {
    const std::size_t last = trailing_comma().value_or(members_.back().value.span.end - 1);
    return after_delimiter(last);
  }

  // White space from the start of the line to `at`, if there is nothing else.
  std::optional<std::string_view> indent_before(std::size_t at) const {
    const std::size_t line = at == 0 ? 0 : text_.rfind('\n', at - 1) + 1;  // npos + 1 is 0
    const std::string_view before = text_.substr(line, at - line);
    if (before.find_first_not_of(" \t") != std::string_view::npos) return std::nullopt;
    return before;
  }

  std::string_view line_indent(std::size_t at) const {
    const std::size_t line = at == 0 ? 0 : text_.rfind('\n', at - 1) + 1;
    return text_.substr(line, std::min(text_.find_first_not_of(" \t", line), text_.size()) - line);
  }

  std::string indent_step() const {
    const std::size_t first = strict_.find('"');
    const auto indent = first == std::string_view::npos ? std::nullopt : indent_before(first);
    return indent && !indent->empty() ? std::string(*indent) : "  ";
  }

  std::string lines(std::string_view indent) const {
    const std::string inner = std::string(indent) + step_;
    std::string out = std::string(indent) + json::quote(edit_.key) + ": {";
    for (std::size_t i = 0; i < edit_.value.members.size(); ++i) {
      const auto& [key, value] = edit_.value.members[i];
      out += (i > 0 ? "," : "") + line_end_ + inner + json::quote(key) + ": " + value;
    }
    return out + line_end_ + std::string(indent) + "}";
  }

  std::string one_line() const { return json::quote(edit_.key) + ": " + render_object(edit_.value); }

  void add_new(std::size_t i, bool more) {
    const Unit& unit = units_[i];
    const std::size_t key = members_[i].key.begin;
    const bool on_lines = text_[unit.begin - 1] == '\n';
    if (on_lines) {
      out_ += lines(indent_before(key).value_or(line_indent(key)));
    } else {
      const std::string_view lead = text_.substr(unit.begin, key - unit.begin);
      out_ += std::ranges::all_of(lead, is_space) ? lead : std::string_view(" ");
      out_ += one_line();
    }
    if (more || trailing_comma()) out_ += ',';
    if (on_lines && text_[unit.end - 1] == '\n') out_ += line_end_;
  }

  // A unit that stays; the comma behind it goes where nothing follows any more.
  void keep(std::size_t i, bool is_last) {
    const Unit& unit = units_[i];
    const bool has_comma = i + 1 < units_.size();
    if (!is_last || !has_comma || trailing_comma()) {
      out_ += text_.substr(unit.begin, unit.end - unit.begin);
      return;
    }
    const std::size_t comma = members_[i].bounds.end;
    out_ += text_.substr(unit.begin, comma - unit.begin);
    out_ += text_.substr(comma + 1, unit.end - comma - 1);
  }

  // Behind everything that there is: nothing was removed.
  void append_new(std::size_t tail) {
    if (members_.empty()) return fill_empty(tail);
    const Member& last = members_.back();
    if (!trailing_comma()) {
      const std::size_t from_end = tail - last.value.span.end;
      out_.insert(out_.size() - from_end, ",");
    }
    const std::string_view after = trailing_comma() ? "," : "";
    if (const auto indent = indent_before(last.key.begin)) {
      if (!out_.ends_with('\n')) out_ += line_end_;
      out_ += lines(*indent);
      out_ += after;
      if (text_[tail - 1] == '\n') out_ += line_end_;
    } else {
      out_ += ' ';
      out_ += one_line();
      out_ += after;
    }
  }

  void fill_empty(std::size_t tail) {
    const bool in_lines = text_.find('\n') != std::string_view::npos;
    if (!in_lines) {
      out_ += one_line();
      return;
    }
    const std::string outer(line_indent(edit_.object.begin));
    const bool at_line_start = out_.ends_with('\n');
    if (!at_line_start) out_ += line_end_;
    out_ += lines(outer + step_) + line_end_;
    const std::string_view rest = text_.substr(tail, edit_.object.end - 1 - tail);
    if (!at_line_start && rest.find('\n') == std::string_view::npos) out_ += outer;
  }

  std::string_view text_;
  std::string_view strict_;
  const ObjectEdit& edit_;
  std::vector<Member> members_;
  std::string line_end_;
  std::string step_;
  std::vector<Unit> units_;
  std::string out_;
};

}  // namespace

std::string blank_jsonc(std::string_view text) {
  std::string out(text);
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) blank(out, 0, byte_order_mark.size());
  std::size_t comma = std::string_view::npos;  // one behind a value, with nothing after it so far
  bool after_value = false;
  for (std::size_t i = 0; i < out.size();) {
    const char c = out[i];
    if (is_space(c)) {
      ++i;
    } else if (const auto end = skip_comment(out, i)) {
      blank(out, i, *end);
      i = *end;
    } else if (c == ',') {
      comma = after_value ? i : std::string_view::npos;
      after_value = false;
      ++i;
    } else {
      const bool closes = c == '}' || c == ']';
      if (closes && comma != std::string_view::npos) out[comma] = ' ';
      comma = std::string_view::npos;
      after_value = c != '{' && c != '[' && c != ':';
      i = c == '"' ? skip_string(out, i) : i + 1;
    }
  }
  return out;
}

std::string edit_jsonc(std::string_view text, std::string_view strict, const ObjectEdit& edit) {
  return Editor(text, strict, edit).run();
}

std::string render_object(const JsonObject& object) {
  std::string out = "{";
  for (std::size_t i = 0; i < object.members.size(); ++i) {
    if (i > 0) out += ", ";
    out += json::quote(object.members[i].first) + ": " + object.members[i].second;
  }
  return out + "}";
}

}  // namespace sallyport::config
