#include "json/text.hpp"

#include "json/bytes.hpp"
#include "json/scanner.hpp"

#include <algorithm>
#include <charconv>

namespace sallyport::json {
namespace {

void append_code_point(std::string& out, unsigned point) {
  const auto put = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  const auto put_tail = [&put](unsigned bits) { put(0x80U | (bits & 0x3FU)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0U | point >> 6U);
    put_tail(point);
  } else if (point < 0x10000) {
    put(0xE0U | point >> 12U);
    put_tail(point >> 6U);
    put_tail(point);
  } else {
    put(0xF0U | point >> 18U);
    put_tail(point >> 12U);
    put_tail(point >> 6U);
    put_tail(point);
  }
}

// The unit of a \uXXXX at `at`, or a value that no unit has.
unsigned unicode_escape(std::string_view text, std::size_t at) {
  constexpr unsigned none = 0x10000;
  if (text.size() - at < 6 || text[at] != '\\' || text[at + 1] != 'u') return none;
  unsigned unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = detail::hex_digit(text[i]);
    if (digit < 0) return none;
    unit = unit << 4U | static_cast<unsigned>(digit);
  }
  return unit;
}

char simple_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

// Appends what the escape at `at` stands for; where it ends.
std::size_t append_escape(std::string& out, std::string_view text, std::size_t at) {
  if (text.size() - at < 2) return text.size();
  if (text[at + 1] != 'u') {
    out.push_back(simple_escape(text[at + 1]));
    return at + 2;
  }
  const unsigned unit = unicode_escape(text, at);
  if (unit > 0xFFFF) return text.size();
  if (detail::is_high_surrogate(unit)) {
    const unsigned low = unicode_escape(text, at + 6);
    if (detail::is_low_surrogate(low)) {
      append_code_point(out, 0x10000 + ((unit - 0xD800) << 10U) + (low - 0xDC00));
      return at + 12;
    }
  }
  append_code_point(out, unit);
  return at + 6;
}

std::string_view contents_of(std::string_view literal) {
  return literal.size() < 2 ? std::string_view() : literal.substr(1, literal.size() - 2);
}

void append_unicode_escape(std::string& out, unsigned unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out.push_back(digits[unit >> shift & 0xFU]);
}

// The surrogate whose three-byte generalised UTF-8 form stands at `at`, or 0.
unsigned generalised_surrogate(const char* at, const char* end) {
  if (end - at < 3 || at[0] != '\xED') return 0;
  const auto second = static_cast<unsigned char>(at[1]);
  const auto third = static_cast<unsigned char>(at[2]);
  if (second < 0xA0 || second > 0xBF || (third & 0xC0U) != 0x80) return 0;
  return 0xD000U | (second & 0x3FU) << 6U | (third & 0x3FU);
}

const char* append_not_ascii(std::string& out, const char* at, const char* end) {
  const detail::Sequence sequence = detail::utf8_sequence(at, end);
  if (sequence.length != 0) {
    out.append(at, static_cast<std::size_t>(sequence.length));
    return at + sequence.length;
  }
  if (const unsigned surrogate = generalised_surrogate(at, end); surrogate != 0) {
    append_unicode_escape(out, surrogate);
    return at + 3;
  }
  out += "\xEF\xBF\xBD";
  return at + 1;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      append_unicode_escape(out, static_cast<unsigned char>(c));
  }
}

}  // namespace

void detail::append_unescaped(std::string& out, std::string_view contents) {
  std::size_t at = 0;
  while (at < contents.size()) {
    const std::size_t backslash = std::min(contents.find('\\', at), contents.size());
    out.append(contents, at, backslash - at);
    at = backslash == contents.size() ? backslash : append_escape(out, contents, backslash);
  }
}

std::string unescape(std::string_view literal) {
  const std::string_view contents = contents_of(literal);
  std::string text;
  text.reserve(contents.size());
  detail::append_unescaped(text, contents);
  return text;
}

bool equals_unescaped(std::string_view literal, std::string_view text) {
  const std::string_view contents = contents_of(literal);
  if (contents.find('\\') == std::string_view::npos) return contents == text;
  return contents.size() > text.size() && unescape(literal) == text;
}

void append_quoted(std::string& out, std::string_view text) {
  out.reserve(out.size() + text.size() + 2);
  out.push_back('"');
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* const special = detail::skip_plain(at, end);
    out.append(at, special);
    at = special;
    if (at == end) break;
    if (static_cast<unsigned char>(*at) >= 0x80) {
      at = append_not_ascii(out, at, end);
    } else {
      append_escaped(out, *at++);
    }
  }
  out.push_back('"');
}

std::string quote(std::string_view text) {
  std::string literal;
  append_quoted(literal, text);
  return literal;
}

std::optional<std::int64_t> as_int64(std::string_view number) {
  std::int64_t value = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace sallyport::json
