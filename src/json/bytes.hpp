// Looks for the bytes that matter in strings, many at a time, and steps over UTF-8 sequences.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sallyport::json::detail {

template <class Word>
Word load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

inline bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

constexpr std::uint64_t every_byte(std::uint8_t byte) {
  return 0x0101010101010101ULL * byte;
}

// Not 0 if a byte of the word is `byte` (exact as a yes or no, not as to which).
constexpr std::uint64_t has_byte(std::uint64_t word, std::uint8_t byte) {
  const std::uint64_t zero_where_equal = word ^ every_byte(byte);
  return (zero_where_equal - every_byte(1)) & ~zero_where_equal & every_byte(0x80);
}

// The first byte in [at, end) that a string cannot simply contain: quote, backslash, control character, or
// the start of a non-ASCII character; `end` if there is none. Eight bytes a step on any machine.
[[gnu::noinline]] inline const char* skip_plain_portable(const char* at, const char* end) {
  while (end - at >= 8) {
    const auto word = load<std::uint64_t>(at);
    const std::uint64_t below_space = (word - every_byte(0x20)) & ~word & every_byte(0x80);
    const std::uint64_t not_ascii = word & every_byte(0x80);
    if ((below_space | not_ascii | has_byte(word, '"') | has_byte(word, '\\')) != 0) break;
    at += 8;
  }
  while (at != end && is_plain(*at)) ++at;
  return at;
}

// The same for text that is known to be valid: only quote and backslash matter.
inline const char* skip_to_quote_portable(const char* at, const char* end) {
  while (end - at >= 8) {
    const auto word = load<std::uint64_t>(at);
    if ((has_byte(word, '"') | has_byte(word, '\\')) != 0) break;
    at += 8;
  }
  while (at != end && *at != '"' && *at != '\\') ++at;
  return at;
}

#if defined(__SSE2__)

inline const char* skip_plain(const char* at, const char* end) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(' ');
  for (; end - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // Signed, so that the bytes from 0x80 on are below the space too.
    const __m128i special =
        _mm_or_si128(_mm_cmplt_epi8(block, space),
                     _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (mask != 0) return at + std::countr_zero(mask);
  }
  return skip_plain_portable(at, end);
}

inline const char* skip_to_quote(const char* at, const char* end) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  for (; end - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i special = _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (mask != 0) return at + std::countr_zero(mask);
  }
  return skip_to_quote_portable(at, end);
}

#else

inline const char* skip_plain(const char* at, const char* end) {
  return skip_plain_portable(at, end);
}
inline const char* skip_to_quote(const char* at, const char* end) {
  return skip_to_quote_portable(at, end);
}

#endif

// A number that tells most unequal keys apart by their length and both ends; equal keys have equal prints,
// and of keys of one length, up to eight bytes, only equal ones do. May read up to `readable`, which is at or
// behind the end of the key.
inline std::uint64_t fingerprint(std::string_view key, const char* readable) {
  constexpr std::uint64_t spread = 0x9E3779B97F4A7C15ULL;
  const char* const data = key.data();
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  if (key.size() > 8) {
    head = load<std::uint64_t>(data);
    tail = load<std::uint64_t>(data + key.size() - 8);
  } else if (key.size() == 8) {
    head = load<std::uint64_t>(data);
  } else if (std::endian::native == std::endian::little && readable - data >= 8) {
    head = load<std::uint64_t>(data) & ((1ULL << (8 * key.size())) - 1);
  } else {
    for (std::size_t i = key.size(); i > 0; --i) head = head << 8U | static_cast<unsigned char>(data[i - 1]);
  }
  return (head ^ std::rotl(tail, 29)) * spread + key.size();
}

// Whether keys are equal, when their fingerprints are.
inline bool equal_given_prints(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.size() <= 8 || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// What stands at a byte from 0x80 on.
struct Sequence {
  int length = 0;          // 2 to 4; 0: not UTF-8
  bool truncated = false;  // not UTF-8 only because the text ends here
};

// The non-ASCII UTF-8 sequence at `at` (RFC 3629: no overlong form, no surrogate, at most U+10FFFF).
inline Sequence utf8_sequence(const char* at, const char* end) {
  const auto byte = [at](int i) { return static_cast<unsigned char>(at[i]); };
  const unsigned char lead = byte(0);
  const int length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0) return {};
  const auto available = end - at;
  if (available < 2) return {.truncated = true};
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return {};
  for (int i = 2; i < length; ++i) {
    if (i >= available) return {.truncated = true};
    if ((byte(i) & 0xC0) != 0x80) return {};
  }
  return {.length = length};
}

// The value of a hexadecimal digit, or -1.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
constexpr bool is_high_surrogate(unsigned unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
constexpr bool is_low_surrogate(unsigned unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

}  // namespace sallyport::json::detail
