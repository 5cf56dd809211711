#include "json/splice.hpp"

#include "json/bytes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace sallyport::json {

Splice& Splice::remove(const Member& member) {
  return member ? insert(Kind::remove, member.bounds, added_.size()) : *this;
}

Splice& Splice::replace(Span span, std::string_view json) {
  const std::size_t begin = added_.size();
  added_ += json;
  return insert(Kind::replace, span, begin);
}

Splice& Splice::append_member(Span object, std::string_view key, std::string_view json) {
  return insert_member(Kind::append, object, key, json);
}

Splice& Splice::prepend_member(Span object, std::string_view key, std::string_view json) {
  return insert_member(Kind::prepend, object, key, json);
}

Splice& Splice::insert_member(Kind kind, Span object, std::string_view key, std::string_view json) {
  constexpr std::size_t around_key = 3;  // quotes and colon
  const std::size_t begin = added_.size();
  added_.reserve(begin + key.size() + around_key + json.size());
  append_quoted(added_, key);
  added_.push_back(':');
  added_ += json;
  return insert(kind, object, begin);
}

// The bytes of the text that an edit takes away; empty at the place where it adds. Members that are removed
// from the start of an object take the comma behind them, others the one before.
Span Splice::cut(const Edit& edit) const {
  const Span span = edit.span;
  switch (edit.kind) {
    case Kind::prepend:
      return {span.begin + 1, span.begin + 1};
    case Kind::append:
      return {span.end - 1, span.end - 1};
    case Kind::replace:
      return span;
    case Kind::remove:
      break;
  }
  if (text_[span.begin] != '{') return span;
  return {span.begin + 1, span.end + (text_[span.end] == ',' ? 1 : 0)};
}

// Keeps the edits by place, and the removals of neighbours one.
Splice& Splice::insert(Kind kind, Span span, std::size_t added) {
  const bool removes = kind == Kind::remove;
  if (span.begin >= span.end || span.end + (removes ? 1U : 0U) > text_.size()) std::abort();
  const Edit edit{.kind = kind, .span = span, .begin = added, .end = added_.size()};
  const auto later = [this](const Edit& a, const Edit& b) {
    const auto place_a = cut(a).begin;
    const auto place_b = cut(b).begin;
    return place_a != place_b ? place_a < place_b : a.kind < b.kind;
  };
  auto at = edits_.insert(std::upper_bound(edits_.begin(), edits_.end(), edit, later), edit);
  if (!removes) return *this;
  const auto joins = [](const Edit& left, const Edit& right) {
    return left.kind == Kind::remove && right.kind == Kind::remove && left.span.end == right.span.begin;
  };
  if (at != edits_.begin() && joins(*(at - 1), *at)) {
    (at - 1)->span.end = at->span.end;
    at = edits_.erase(at) - 1;
  }
  if (at + 1 != edits_.end() && joins(*at, *(at + 1))) {
    at->span.end = (at + 1)->span.end;
    edits_.erase(at + 1);
  }
  return *this;
}

// Whether one of the object's own members is still there.
bool Splice::keeps_members(Span object) const {
  std::size_t at = object.begin + 1;
  while (at < text_.size() && detail::is_space(text_[at])) ++at;
  if (at + 1 >= object.end) return false;
  const auto run = std::find_if(edits_.begin(), edits_.end(), [object](const Edit& edit) {
    return edit.kind == Kind::remove && edit.span.begin == object.begin;
  });
  return run == edits_.end() || run->span.end + 1 != object.end;
}

void Splice::append_to(std::string& out) const {
  const auto same = [this](const Edit& edit, std::size_t other) {
    return other < edits_.size() && edits_[other].kind == edit.kind && edits_[other].span == edit.span;
  };
  const auto has_prepended = [this](Span object) {
    return std::any_of(edits_.begin(), edits_.end(), [object](const Edit& edit) {
      return edit.kind == Kind::prepend && edit.span == object;
    });
  };
  std::size_t at = 0;
  for (std::size_t i = 0; i < edits_.size(); ++i) {
    const Edit& edit = edits_[i];
    const Span gone = cut(edit);
    if (gone.begin < at || gone.end < gone.begin) std::abort();
    out.append(text_, at, gone.begin - at);
    at = gone.end;
    const bool beside_own =
        (edit.kind == Kind::prepend || edit.kind == Kind::append) && keeps_members(edit.span);
    if (edit.kind == Kind::append && (beside_own || same(edit, i - 1) || has_prepended(edit.span)))
      out.push_back(',');
    out.append(added_, edit.begin, edit.end - edit.begin);
    if (edit.kind == Kind::prepend && (beside_own || same(edit, i + 1))) out.push_back(',');
  }
  out.append(text_, at);
}

std::string Splice::to_string() const {
  std::string out;
  out.reserve(text_.size() + added_.size() + edits_.size());
  append_to(out);
  return out;
}

namespace {

void blank_line_breaks(char* begin, const char* end) {
  for (; begin != end; ++begin) *begin = *begin == '\n' || *begin == '\r' ? ' ' : *begin;
}

}  // namespace

void line_safe(std::string& text) {
  blank_line_breaks(text.data(), text.data() + text.size());
}

void append_line_safe(std::string& out, std::string_view text) {
  const std::size_t size = out.size();
  out += text;
  blank_line_breaks(out.data() + size, out.data() + out.size());
}

}  // namespace sallyport::json
