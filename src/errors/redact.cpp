#include "errors/redact.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sallyport {
namespace {

constexpr std::string_view masked = "[secret]";
constexpr std::size_t longest_scheme = 32;
constexpr std::size_t longest_key = 64;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_word(char c) {
  return is_alpha(c) || is_digit(c) || c == '_';
}
constexpr bool is_space(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}
constexpr bool is_scheme(char c) {
  return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}
constexpr bool is_key(char c) {
  return is_word(c) || c == '-' || c == '.';
}
constexpr bool is_token(char c) {
  return is_key(c) || c == '+' || c == '/' || c == '=' || c == '~';
}

std::size_t run_length(std::string_view text, bool (*belongs)(char),
                       std::size_t max = std::string_view::npos) {
  const std::string_view part = text.substr(0, max);
  return static_cast<std::size_t>(std::ranges::find_if_not(part, belongs) - part.begin());
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view strip_slashes(std::string_view text) {
  const std::size_t first = text.find_first_not_of('/');
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of('/') - first + 1);
}

// The length of `scheme` where "scheme:" opens the text, else 0.
std::size_t scheme_length(std::string_view text) {
  if (text.empty() || !is_alpha(text[0])) return 0;
  const std::size_t length = run_length(text, is_scheme, longest_scheme);
  return length < text.size() && text[length] == ':' ? length : 0;
}

bool has_valid_port(std::string_view authority) {
  const std::size_t host_end = authority.starts_with('[') ? authority.find(']') : 0;
  const std::size_t colon = authority.find(':', host_end == authority.npos ? 0 : host_end);
  return colon == authority.npos || std::ranges::all_of(authority.substr(colon + 1), is_digit);
}

// Removes the authority, and the "//" before it, from the front of `rest`; what it returns has no user-info.
std::string_view take_authority(std::string_view& rest) {
  rest.remove_prefix(2);
  std::size_t end = std::min(rest.find_first_of("/?#\\"), rest.size());
  // A password with an unescaped '/', '?' or '#': what looks like the host is user-info, up to the last '@'.
  if (const std::size_t at = rest.rfind('@');
      at != rest.npos && at > end && !has_valid_port(rest.substr(0, end))) {
    rest.remove_prefix(at + 1);
    end = std::min(rest.find_first_of("/?#\\"), rest.size());
  }
  std::string_view authority = rest.substr(0, end);
  rest.remove_prefix(end);
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) authority.remove_prefix(at + 1);
  if (!has_valid_port(authority)) authority = authority.substr(0, authority.find(':'));
  return authority;
}

void append_path(std::string& out, std::string_view path) {
  path = strip_slashes(path.substr(0, path.find_first_of("?#")));
  while (true) {
    const std::size_t end = std::min(path.find('/'), path.size());
    std::string_view segment = path.substr(0, end);
    // The user-info of a URL that stands in the path of another.
    if (const std::size_t at = segment.rfind('@');
        at != segment.npos && segment.substr(0, at).contains(':')) {
      segment.remove_prefix(at + 1);
    }
    out += segment.substr(0, segment.find(';'));
    if (end == path.size()) return;
    out += '/';
    path.remove_prefix(end + 1);
  }
}

// Formats whose very shape says that they are credentials.
constexpr auto token_prefixes = std::to_array<std::string_view>(
    {"sk-",         "sk_",    "pk_live_", "rk_live_", "ghp_", "gho_",  "ghu_",   "ghs_",  "ghr_",
     "github_pat_", "glpat-", "AKIA",     "ASIA",     "AIza", "xoxa-", "xoxb-",  "xoxp-", "xoxr-",
     "xoxs-",       "xapp-",  "hf_",      "npm_",     "eyJ",  "ya29.", "dop_v1_"});
constexpr std::size_t shortest_token_tail = 8;

// A name that ends in one of these has a secret value.
constexpr auto secret_keys = std::to_array<std::string_view>(
    {"password",    "passwd",      "pwd",         "passphrase", "secret",        "token",      "apikey",
     "api_key",     "api-key",     "api.key",     "accesskey",  "access_key",    "access-key", "secret_key",
     "secret-key",  "private_key", "private-key", "signature",  "authorization", "cookie",     "credential",
     "credentials", "sessionid",   "session_id",  "session-id"});

constexpr auto auth_schemes =
    std::to_array<std::string_view>({"bearer", "basic", "digest", "negotiate", "token"});

bool is_secret_key(std::string_view key) {
  const std::string name = lower(key);
  return std::ranges::any_of(secret_keys, [&](std::string_view ending) { return name.ends_with(ending); });
}

// The values of these reach to the end of the line: several words, several pairs.
bool takes_whole_line(std::string_view key) {
  const std::string name = lower(key);
  return name.ends_with("authorization") || name.ends_with("cookie");
}

class Redactor {
 public:
  enum class Urls { reduced, kept };

  Redactor(std::string_view text, std::size_t max_bytes, Urls urls = Urls::reduced)
      : text_(text), max_bytes_(max_bytes), urls_(urls) {
    out_.reserve(std::min(text.size(), max_bytes));
  }

  std::string run() {
    bool in_word = false;
    while (at_ < text_.size() && out_.size() < max_bytes_) {
      if (!in_word && is_word(text_[at_]) && take_special()) continue;
      in_word = is_word(text_[at_]);
      copy_character();
    }
    out_.resize(clip(out_, max_bytes_).size());
    return std::move(out_);
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }

  bool take_special() {
    return (urls_ == Urls::reduced && (take_url() || take_user_info())) || take_token() ||
           take_private_key() || take_auth_scheme() || take_pair();
  }

  void copy_character() {
    char32_t ignored = 0;
    const std::size_t length = decode_utf8(rest(), ignored);
    if (length == 0) {
      out_ += "\xEF\xBF\xBD";
    } else {
      out_ += text_.substr(at_, length);
    }
    at_ += std::max<std::size_t>(length, 1);
  }

  bool take_url() {
    const std::size_t scheme = scheme_length(rest());
    if (scheme == 0 || !rest().substr(scheme).starts_with("://")) return false;
    constexpr auto belongs = [](char c) { return !is_space(c) && !std::string_view("\"'<>`").contains(c); };
    std::string_view url = rest().substr(0, run_length(rest(), belongs));
    // A quote in a password would end the URL before its '@'.
    if (!url.contains('@')) {
      const std::string_view word = rest().substr(0, run_length(rest(), [](char c) { return !is_space(c); }));
      const std::string_view authority =
          url.substr(scheme + 3, url.find_first_of("/?#", scheme + 3) - scheme - 3);
      if (word.contains('@') && !has_valid_port(authority)) url = word;
    }
    while (!url.empty() && std::string_view(".,;:)]}!?").contains(url.back())) url.remove_suffix(1);
    const std::string reduced = reduce_url(url);
    out_ += Redactor(reduced, max_bytes_, Urls::kept).run();
    at_ += url.size();
    return true;
  }

  // `//user:password@host`, also as JSON writes it in a string: what is no whole URL has user-info all the
  // same.
  bool take_user_info() {
    const std::string_view before = text_.substr(0, at_);
    if (!before.ends_with("//") && !before.ends_with(R"(\/\/)")) return false;
    constexpr auto belongs = [](char c) {
      return !is_space(c) && !std::string_view("\"'<>`/?#\\").contains(c);
    };
    const std::size_t at = rest().substr(0, run_length(rest(), belongs)).rfind('@');
    if (at == std::string_view::npos) return false;
    at_ += at + 1;
    return true;
  }

  // What PEM calls so, up to its end line.
  bool take_private_key() {
    constexpr std::string_view opening = "PRIVATE KEY-----";
    if (!rest().starts_with("BEGIN ")) return false;
    const std::size_t label = rest().substr(0, longest_key).find(opening);
    if (label == std::string_view::npos) return false;
    const std::size_t begin = label + opening.size();
    out_ += rest().substr(0, begin);
    out_ += masked;
    at_ += std::min(rest().find("-----END", begin), rest().size());
    return true;
  }

  bool take_token() {
    for (const std::string_view prefix : token_prefixes) {
      if (!rest().starts_with(prefix)) continue;
      const std::size_t tail = run_length(rest().substr(prefix.size()), is_token);
      if (tail < shortest_token_tail) continue;
      out_ += masked;
      at_ += prefix.size() + tail;
      return true;
    }
    return false;
  }

  // "Bearer x", "Basic x": prose about a "bearer token" is left alone.
  bool take_auth_scheme() {
    for (const std::string_view scheme : {std::string_view("bearer"), std::string_view("basic")}) {
      if (!starts_with_icase(rest(), scheme)) continue;
      const std::string_view after = rest().substr(scheme.size());
      const std::size_t gap = run_length(after, [](char c) { return c == ' ' || c == '\t'; });
      const std::size_t value = run_length(after.substr(gap), is_token);
      const bool prose =
          value <= longest_prose_word && std::ranges::all_of(after.substr(gap, value), is_alpha);
      if (gap == 0 || value == 0 || prose) continue;
      out_ += rest().substr(0, scheme.size() + gap);
      out_ += masked;
      at_ += scheme.size() + gap + value;
      return true;
    }
    return false;
  }

  // key=value, key: value, "key": "value"
  bool take_pair() {
    const std::string_view key = rest().substr(0, run_length(rest(), is_key, longest_key));
    if (!is_secret_key(key)) return false;
    std::size_t end = key.size();
    const auto skip = [&](std::string_view set) {
      while (end < rest().size() && set.contains(rest()[end])) ++end;
    };
    skip("\"'\\");
    skip(" \t");
    if (end >= rest().size() || !std::string_view("=:").contains(rest()[end])) return false;
    ++end;
    skip(" \t");
    const std::size_t opening = end;
    skip("\"'\\");
    const std::size_t length = value_length(rest().substr(end), key, end > opening ? rest()[end - 1] : '\0');
    if (length == 0) return false;
    out_ += rest().substr(0, end);
    out_ += masked;
    at_ += end + length;
    return true;
  }

  static std::size_t value_length(std::string_view value, std::string_view key, char quote) {
    if (quote != '\0') return quoted_length(value, quote);
    const std::size_t line = std::min(value.find_first_of("\r\n"), value.size());
    if (takes_whole_line(key)) return line;
    constexpr auto belongs = [](char c) {
      return !is_space(c) && !std::string_view(",;&)]}\"'").contains(c);
    };
    std::size_t length = run_length(value, belongs);
    // `x-token: Bearer abc`: the value is the word after the scheme.
    if (std::ranges::any_of(auth_schemes,
                            [&](std::string_view s) { return iequals(value.substr(0, length), s); })) {
      while (length < line && (value[length] == ' ' || value[length] == '\t')) ++length;
      length += run_length(value.substr(length), belongs);
    }
    return length;
  }

  // Up to the closing quote; an escaped one does not close.
  static std::size_t quoted_length(std::string_view value, char quote) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '\\' && i + 1 < value.size() && value[i + 1] != quote) ++i;
      if (value[i] == quote &&
          (i == 0 || value[i - 1] != '\\' || i + 1 == value.size() || !is_word(value[i + 1]))) {
        return i;
      }
    }
    return value.size();
  }

  static constexpr std::size_t longest_prose_word = 12;

  std::string_view text_;
  std::size_t max_bytes_;
  Urls urls_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string reduce_url(std::string_view url) {
  if (url.empty()) return {};
  const std::size_t scheme = scheme_length(url);
  std::string out = lower(url.substr(0, scheme));
  out += "://";
  std::string_view rest = url.substr(scheme == 0 ? 0 : scheme + 1);
  if (rest.starts_with("//")) {
    out += take_authority(rest);
  } else if (const std::size_t at = rest.substr(0, rest.find_first_of("?#")).rfind('@');
             scheme != 0 && at != rest.npos) {
    rest.remove_prefix(at + 1);  // `user:password@host/path` reads as a scheme and a path
  }
  out += '/';
  append_path(out, rest);
  return out;
}

std::string redact_text(std::string_view text, std::size_t max_bytes) {
  return Redactor(text, max_bytes).run();
}

}  // namespace sallyport
