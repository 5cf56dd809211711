#include "schema/pattern.hpp"

#include "json/bytes.hpp"

#include <re2/re2.h>

namespace sallyport::schema {
namespace {

constexpr std::string_view space_class = R"(\t\n\v\f\r \x{a0}\x{feff}\x{2028}\x{2029}\p{Zs})";

std::optional<unsigned> hex(std::string_view digits) {
  unsigned value = 0;
  if (digits.empty() || digits.size() > 6) return std::nullopt;
  for (const char c : digits) {
    const int digit = json::detail::hex_digit(c);
    if (digit < 0) return std::nullopt;
    value = value * 16 + static_cast<unsigned>(digit);
  }
  return value;
}

// One pass over the expression; what is not told apart here means the same in both.
class Translation {
 public:
  explicit Translation(std::string_view ecma) : in_(ecma) {}

  std::optional<std::string> run() {
    while (at_ < in_.size()) {
      const char c = in_[at_++];
      const bool done = c == '\\' ? escape() : in_class_ ? in_class(c) : outside(c);
      if (!done) return std::nullopt;
    }
    if (in_class_) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool outside(char c) {
    if (c == '.') {
      out_ += R"([^\n\r\x{2028}\x{2029}])";
      return true;
    }
    if (c == '[') {
      in_class_ = true;
      out_ += c;
      if (at_ < in_.size() && in_[at_] == '^') out_ += in_[at_++];
      return at_ < in_.size() && in_[at_] != ']';  // "[]" and "[^]" have no equal
    }
    if (c == '(' && in_.substr(at_).starts_with('?')) return group();
    out_ += c;
    return true;
  }

  // (?:…) alone: (?=…), (?!…), (?<=…) look around, (?i) is not of ECMA-262. A name is of no use here.
  bool group() {
    const std::string_view rest = in_.substr(at_);
    if (rest.starts_with("?:")) {
      out_ += "(?:";
      at_ += 2;
      return true;
    }
    const std::size_t end = rest.find('>');
    if (!rest.starts_with("?<") || rest.starts_with("?<=") || rest.starts_with("?<!") ||
        end == std::string_view::npos)
      return false;
    out_ += '(';
    at_ += end + 1;
    return true;
  }

  bool in_class(char c) {
    if (c == ']') in_class_ = false;
    if (c == '[') out_ += '\\';  // RE2 would read [[:alpha:]]
    out_ += c;
    return true;
  }

  bool escape() {
    if (at_ == in_.size()) return false;
    const char c = in_[at_++];
    switch (c) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 't':
      case 'n':
      case 'r':
      case 'f':
      case 'v':
      case 'p':
      case 'P':
        out_ += '\\';
        out_ += c;
        return true;
      case 'b':
        if (in_class_) return put(8);
        out_ += "\\b";
        return true;
      case 'B':
        if (in_class_) return false;
        out_ += "\\B";
        return true;
      case 's':
        in_class_ ? out_.append(space_class) : out_.append("[").append(space_class).append("]");
        return true;
      case 'S':
        if (in_class_) return false;
        out_.append("[^").append(space_class).append("]");
        return true;
      case '0':
        return put(0);
      case 'x':
        return code(2);
      case 'u':
        return unicode();
      case 'c':
        if (at_ == in_.size() || !std::isalpha(static_cast<unsigned char>(in_[at_]))) return false;
        return put(static_cast<unsigned char>(in_[at_++]) % 32U);
      default:
        if (std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80)
          return false;
        out_ += '\\';
        out_ += c;
        return true;
    }
  }

  bool code(std::size_t digits) {
    const auto value = at_ + digits <= in_.size() ? hex(in_.substr(at_, digits)) : std::nullopt;
    if (!value) return false;
    at_ += digits;
    return put(*value);
  }

  bool unicode() {
    if (at_ < in_.size() && in_[at_] == '{') {
      const std::size_t end = in_.find('}', at_);
      const auto value =
          end == std::string_view::npos ? std::nullopt : hex(in_.substr(at_ + 1, end - at_ - 1));
      if (!value) return false;
      at_ = end + 1;
      return put(*value);
    }
    const auto high = at_ + 4 <= in_.size() ? hex(in_.substr(at_, 4)) : std::nullopt;
    if (!high || !json::detail::is_high_surrogate(*high)) return code(4);
    const std::string_view rest = in_.substr(at_ + 4);
    const auto low = rest.starts_with("\\u") && rest.size() >= 6 ? hex(rest.substr(2, 4)) : std::nullopt;
    if (!low || !json::detail::is_low_surrogate(*low)) return false;
    at_ += 10;
    return put(0x10000 + ((*high - 0xD800) << 10U) + (*low - 0xDC00));
  }

  bool put(unsigned point) {
    if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    constexpr std::string_view digits = "0123456789abcdef";
    out_ += "\\x{";
    for (int shift = 20; shift >= 0; shift -= 4) out_ += digits[point >> static_cast<unsigned>(shift) & 15U];
    out_ += '}';
    return true;
  }

  std::string_view in_;
  std::size_t at_ = 0;
  bool in_class_ = false;
  std::string out_;
};

}  // namespace

std::optional<std::string> to_re2(std::string_view ecma) {
  return Translation(ecma).run();
}

std::shared_ptr<const re2::RE2> compile_pattern(std::string_view ecma) {
  if (ecma.size() > max_pattern) return nullptr;
  const auto translated = to_re2(ecma);
  if (!translated) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(64 << 10);
  auto made = std::make_shared<const re2::RE2>(*translated, options);
  return made->ok() ? made : nullptr;
}

bool finds(const re2::RE2& pattern, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
}

}  // namespace sallyport::schema
