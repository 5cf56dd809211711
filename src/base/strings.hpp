// Small string work that every folder needs: comparing, cutting, spelling help, escaping, hex, base64,
// numbers.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport {

// ASCII only: header names, schemes, keywords.
bool equal_ignoring_case(const char* a, const char* b, std::size_t size) noexcept;
inline bool iequals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  // Header names of one length mostly differ in their first letter: the call is for those that do not.
  if (!a.empty() && ((a.front() ^ b.front()) & 0xDF) != 0) return false;
  return equal_ignoring_case(a.data(), b.data(), a.size());
}
bool starts_with_icase(std::string_view text, std::string_view prefix) noexcept;

// Without the optional white space of HTTP (space and tab) at both ends.
std::string_view trim(std::string_view text) noexcept;

// Nothing but white space of ASCII, line ends included, or nothing at all.
bool is_blank(std::string_view text) noexcept;

// Insertions, deletions, substitutions and swaps of neighbours that turn a into b, byte by byte. The work is
// bounded by the limit: a greater distance is reported as limit + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit = 64);

// The candidate that the writer of `name` most likely meant, if one is plausible: a slip of a few letters, or
// the same name without the prefix that the candidate has. The view is into `candidates`.
std::optional<std::string_view> did_you_mean(std::string_view name, std::span<const std::string> candidates);

// For terminals and text logs: control, ANSI, bidi and invisible characters, line ends and bytes that are not
// UTF-8 become visible escapes (`\n`, `\x1b`, `\u{202e}`); everything else stays as it is. Escaping twice
// changes nothing.
std::string escape_terminal(std::string_view text);

// Lower case.
std::string hex(std::span<const std::byte> bytes);
void append_hex(std::string& out, std::span<const std::byte> bytes);
// Two digits of either case a byte, as many bytes as `out` has; false if `text` is anything else.
bool unhex(std::string_view text, std::span<std::byte> out) noexcept;

// The standard alphabet with padding. Decoding takes nothing else: no white space, no missing or needless
// padding, no stray bits.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);

// At most `max_bytes`, cut where a UTF-8 character ends.
std::string_view clip(std::string_view text, std::size_t max_bytes) noexcept;

// The length of the valid UTF-8 character at the start of `text`; 0 if there is none. Sets `code_point` on
// success.
std::size_t decode_utf8(std::string_view text, char32_t& code_point) noexcept;

// The whole text as a decimal number: no sign but '-', no white space, no overflow.
template <std::integral T>
std::optional<T> parse_int(std::string_view text) noexcept {
  T value{};
  const char* end = text.data() + text.size();
  auto [stop, status] = std::from_chars(text.data(), end, value);
  if (status != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace sallyport
