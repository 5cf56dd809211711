#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

namespace sallyport {
namespace {

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_alnum(char c) noexcept {
  return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), to_lower);
  return result;
}

constexpr std::string_view hex_digits = "0123456789abcdef";

constexpr auto hex_pairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte)
    pairs[byte] = {hex_digits[byte >> 4], hex_digits[byte & 15]};
  return pairs;
}();

// Steers a terminal, reorders or hides text, or ends a line.
constexpr bool is_unsafe(char32_t c) noexcept {
  constexpr std::array<std::pair<char32_t, char32_t>, 12> ranges = {{
      {0x00, 0x1F},
      {0x7F, 0x9F},        // DEL and C1: U+009B alone opens a control sequence
      {0xAD, 0xAD},        // soft hyphen
      {0x61C, 0x61C},      // Arabic letter mark
      {0x180E, 0x180E},    // Mongolian vowel separator
      {0x200B, 0x200F},    // zero width, left-to-right and right-to-left marks
      {0x2028, 0x202E},    // line and paragraph separators, embeddings and overrides
      {0x2060, 0x206F},    // invisible operators, isolates
      {0xFE00, 0xFE0F},    // variation selectors
      {0xFEFF, 0xFEFF},    // byte order mark
      {0xFFF9, 0xFFFB},    // interlinear annotation
      {0xE0000, 0xE0FFF},  // tags and further variation selectors
  }};
  return std::ranges::any_of(ranges, [c](auto range) { return c >= range.first && c <= range.second; });
}

void append_byte_escape(std::string& out, unsigned char byte) {
  out += "\\x";
  out += hex_digits[byte >> 4];
  out += hex_digits[byte & 15];
}

void append_escape(std::string& out, char32_t c) {
  if (c == '\n') {
    out += "\\n";
  } else if (c == '\r') {
    out += "\\r";
  } else if (c == '\t') {
    out += "\\t";
  } else if (c < 0x80) {
    append_byte_escape(out, static_cast<unsigned char>(c));
  } else {
    std::array<char, 8> digits;
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), static_cast<std::uint32_t>(c), 16);
    out += "\\u{";
    out.append(digits.data(), end.ptr);
    out += '}';
  }
}

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> base64_values = [] {
  std::array<std::int8_t, 256> values;
  values.fill(-1);
  for (std::size_t i = 0; i < base64_alphabet.size(); ++i) {
    values[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

constexpr std::uint32_t byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

}  // namespace

namespace {

// Eight bytes of each: equal but for the case of ASCII letters.
bool equal_ignoring_case(std::uint64_t a, std::uint64_t b) noexcept {
  constexpr auto every = [](std::uint64_t byte) { return 0x0101010101010101ULL * byte; };
  const std::uint64_t different = a ^ b;
  if (different == 0) return true;
  if ((different & ~every(0x20)) != 0) return false;
  const std::uint64_t low = (a | every(0x20)) & every(0x7F);
  // In the high bit of each byte: not below 'a', not above 'z', not ASCII.
  const std::uint64_t letter = (low + every(0x80 - 'a')) & ~(low + every(0x7F - 'z')) & ~a & every(0x80);
  return (different << 2U & ~letter) == 0;
}

std::uint64_t load_eight(const char* from) noexcept {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

}  // namespace

bool equal_ignoring_case(const char* a, const char* b, std::size_t size) noexcept {
  if (size < 8) {
    for (std::size_t i = 0; i < size; ++i) {
      if (a[i] != b[i] && to_lower(a[i]) != to_lower(b[i])) return false;
    }
    return true;
  }
  const std::size_t last = size - 8;  // the last eight overlap those before
  for (std::size_t i = 0; i < last; i += 8) {
    if (!equal_ignoring_case(load_eight(a + i), load_eight(b + i))) return false;
  }
  return equal_ignoring_case(load_eight(a + last), load_eight(b + last));
}

bool starts_with_icase(std::string_view text, std::string_view prefix) noexcept {
  return iequals(text.substr(0, prefix.size()), prefix);
}

std::string_view trim(std::string_view text) noexcept {
  constexpr auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t too_far = limit + 1;
  if ((a.size() > b.size() ? a.size() - b.size() : b.size() - a.size()) > limit) return too_far;
  // Rows of the usual table, of which only the band of `limit` beside the diagonal can matter.
  std::vector<std::size_t> before(b.size() + 1, too_far);
  std::vector<std::size_t> above(b.size() + 1, too_far);
  std::vector<std::size_t> current(b.size() + 1, too_far);
  for (std::size_t j = 0; j <= std::min(limit, b.size()); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::ranges::fill(current, too_far);
    if (i <= limit) current[0] = i;
    std::size_t best = current[0];
    for (std::size_t j = i > limit ? i - limit : 1; j <= std::min(i + limit, b.size()); ++j) {
      std::size_t cost =
          std::min({above[j] + 1, current[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost = std::min(cost, before[j - 2] + 1);
      current[j] = std::min(cost, too_far);
      best = std::min(best, current[j]);
    }
    if (best == too_far) return too_far;
    std::swap(before, above);
    std::swap(above, current);
  }
  return above[b.size()];
}

std::optional<std::string_view> did_you_mean(std::string_view name, std::span<const std::string> candidates) {
  constexpr std::size_t longest = 128;
  if (name.empty() || name.size() > longest) return std::nullopt;
  const std::string wanted = lower(name);
  std::size_t limit = std::clamp<std::size_t>(name.size() / 3, 1, 3);
  std::optional<std::string_view> best;
  std::optional<std::string_view> prefixed;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > longest) continue;
    const std::string known = lower(candidate);
    if (!prefixed && wanted.size() > 2 && known.size() > wanted.size() && known.ends_with(wanted) &&
        !is_alnum(known[known.size() - wanted.size() - 1])) {
      prefixed = candidate;
    }
    const std::size_t distance = edit_distance(wanted, known, limit);
    // As many changes as letters would turn any short name into any other.
    if (distance > limit || distance >= std::min(wanted.size(), known.size())) continue;
    best = candidate;
    if (distance == 0) return best;
    limit = distance - 1;
    if (limit == 0 && prefixed) break;
  }
  return best ? best : prefixed;
}

std::size_t decode_utf8(std::string_view text, char32_t& code_point) noexcept {
  if (text.empty()) return 0;
  const std::uint32_t lead = byte_at(text, 0);
  if (lead < 0x80) {
    code_point = lead;
    return 1;
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  char32_t value = lead & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const std::uint32_t next = byte_at(text, i);
    if ((next & 0xC0u) != 0x80u) return 0;
    value = (value << 6) | (next & 0x3Fu);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return 0;
  code_point = value;
  return length;
}

std::string escape_terminal(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    char32_t c = 0;
    const std::size_t length = decode_utf8(text, c);
    if (length == 0) {
      append_byte_escape(out, static_cast<unsigned char>(text[0]));
    } else if (is_unsafe(c)) {
      append_escape(out, c);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

void append_hex(std::string& out, std::span<const std::byte> bytes) {
  std::size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  for (const std::byte byte : bytes) {
    std::memcpy(out.data() + at, hex_pairs[std::to_integer<std::size_t>(byte)].data(), 2);
    at += 2;
  }
}

std::string hex(std::span<const std::byte> bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

bool unhex(std::string_view text, std::span<std::byte> out) noexcept {
  if (text.size() != 2 * out.size()) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint8_t byte = 0;
    const char* const digits = text.data() + 2 * i;
    const auto [end, status] = std::from_chars(digits, digits + 2, byte, 16);
    if (status != std::errc{} || end != digits + 2) return false;
    out[i] = std::byte{byte};
  }
  return true;
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = byte_at(bytes, i) << 16;
    if (count > 1) group |= byte_at(bytes, i + 1) << 8;
    if (count > 2) group |= byte_at(bytes, i + 2);
    out += base64_alphabet[group >> 18];
    out += base64_alphabet[(group >> 12) & 63];
    out += count > 1 ? base64_alphabet[(group >> 6) & 63] : '=';
    out += count > 2 ? base64_alphabet[group & 63] : '=';
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const std::size_t pads = i + 4 == text.size() ? padding : 0;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4 - pads; ++k) {
      const std::int8_t value = base64_values[byte_at(text, i + k)];
      if (value < 0) return std::nullopt;
      group |= static_cast<std::uint32_t>(value) << (18 - 6 * k);
    }
    if ((group & ((1u << (8 * pads)) - 1)) != 0) return std::nullopt;
    for (std::size_t k = 0; k < 3 - pads; ++k) out += static_cast<char>((group >> (16 - 8 * k)) & 0xFFu);
  }
  return out;
}

std::string_view clip(std::string_view text, std::size_t max_bytes) noexcept {
  if (text.size() <= max_bytes) return text;
  // Only a sequence that the cut would split is dropped: at most three continuation bytes and their lead.
  std::size_t end = max_bytes;
  while (end > 0 && max_bytes - end < 3 && (byte_at(text, end) & 0xC0u) == 0x80u) --end;
  if ((byte_at(text, end) & 0xC0u) == 0x80u) end = max_bytes;
  return text.substr(0, end);
}

}  // namespace sallyport
