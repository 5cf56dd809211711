#include "net/head_grammar.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sallyport::net {
namespace {

// RFC 9110 section 5.6.2.
constexpr auto token_characters = [] {
  std::array<bool, 256> table{};
  for (unsigned char c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) table[c] = table[c | 0x20U] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_token_character(char c) noexcept {
  return token_characters[static_cast<unsigned char>(c)];
}
bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}
bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// The first control character in [at, end), or `end`.
const char* find_control(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
    const __m128i control = _mm_or_si128(low, _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7F)));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(control));
    if (mask != 0) return at + std::countr_zero(mask);
  }
#endif
  return std::find_if(at, end, is_control);
}

// Behind the text that begins at `at`: visible characters, blanks and bytes from 0x80 on.
const char* skip_text(const char* at, const char* end) noexcept {
  for (;;) {
    at = find_control(at, end);
    if (at == end || *at != '\t') return at;
    ++at;
  }
}

// Connection: a list of tokens, in which empty elements are allowed (RFC 9110 section 5.6.1).
bool is_token_list(std::string_view list) noexcept {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (!std::ranges::all_of(trim(list.substr(0, comma)), is_token_character)) return false;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return true;
}

}  // namespace

bool is_field_name(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

bool is_field_value(std::string_view text) noexcept {
  return std::ranges::none_of(text, [](char c) { return is_control(c) && c != '\t'; });
}

bool HeadGrammar::version(bool& http_1_0) noexcept {
  if (!literal("HTTP/1.") || at_ == end_ || (*at_ != '0' && *at_ != '1')) return false;
  http_1_0 = *at_++ == '0';
  return true;
}

std::string_view HeadGrammar::token() noexcept {
  const char* const begin = at_;
  while (at_ != end_ && is_token_character(*at_)) ++at_;
  return until(begin);
}

bool HeadGrammar::request_line(std::string_view& method, std::string_view& target, bool& http_1_0) noexcept {
  method = token();
  if (method.empty() || !literal(" ")) return false;
  const char* const begin = at_;
  at_ = std::find_if(at_, end_, [](char c) { return c == ' ' || is_control(c); });
  target = until(begin);
  return !target.empty() && literal(" ") && version(http_1_0) && literal("\r\n");
}

bool HeadGrammar::status_line(bool& http_1_0, int& status) noexcept {
  if (!version(http_1_0) || !literal(" ") || end_ - at_ < 3 || !std::all_of(at_, at_ + 3, is_digit))
    return false;
  status = (at_[0] - '0') * 100 + (at_[1] - '0') * 10 + (at_[2] - '0');
  at_ += 3;
  if (!literal(" ")) return false;
  at_ = skip_text(at_, end_);
  return literal("\r\n");
}

bool HeadGrammar::fields(HeaderFields& fields) {
  fields.clear();
  while (!literal("\r\n")) {
    if (!field(fields)) return false;
  }
  return at_ == end_;
}

bool HeadGrammar::field(HeaderFields& fields) {
  const std::string_view name = token();
  if (name.empty() || !literal(":")) return false;
  while (at_ != end_ && is_blank(*at_)) ++at_;
  const char* const begin = at_;
  at_ = skip_text(at_, end_);
  std::string_view value = until(begin);
  if (!literal("\r\n")) return false;
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  if ((iequals(name, "connection") || iequals(name, "proxy-connection")) && !is_token_list(value))
    return false;
  fields.add(name, value);
  return true;
}

}  // namespace sallyport::net
