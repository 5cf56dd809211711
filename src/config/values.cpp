#include "config/values.hpp"

#include "base/durations.hpp"
#include "base/strings.hpp"

#include <algorithm>
#include <array>

#include <boost/url/ipv4_address.hpp>
#include <boost/url/ipv6_address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

namespace sallyport::config {
namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view name_characters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

bool made_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  if (text.empty() || !made_of(text, digits)) return std::nullopt;
  return parse_int<std::uint16_t>(text);
}

bool is_ipv4(std::string_view text) {
  return boost::urls::parse_ipv4_address(text).has_value();
}
bool is_ipv6(std::string_view text) {
  return boost::urls::parse_ipv6_address(text).has_value();
}

// Parts of names that credentials go by.
constexpr std::array<std::string_view, 8> credential_words{"token",   "secret", "password", "passwd",
                                                           "api-key", "apikey", "api_key",  "credential"};

bool mentions_credential(std::string_view text) {
  const std::string lower = to_lower(text);
  return std::ranges::any_of(credential_words,
                             [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

}  // namespace

std::optional<Rate> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || !made_of(text.substr(0, slash), digits)) return std::nullopt;
  const auto count = parse_int<std::uint64_t>(text.substr(0, slash));
  std::string span(text.substr(slash + 1));
  if (span.empty()) return std::nullopt;
  if (digits.find(span.front()) == std::string_view::npos) span.insert(0, "1");
  const auto per = parse_duration(span);
  if (!count || !per || *per <= 0ms) return std::nullopt;
  return Rate{*count, *per};
}

std::string format_rate(const Rate& rate) {
  std::string span = format_duration(rate.per);
  if (span.size() > 1 && span[0] == '1' && digits.find(span[1]) == std::string_view::npos) span.erase(0, 1);
  return fmt::format("{}/{}", rate.count, span);
}

std::optional<Address> parse_address(std::string_view text) {
  if (text.starts_with("unix:")) {
    const std::string_view path = text.substr(5);
    if (!path.starts_with('/') || path.ends_with('/')) return std::nullopt;
    return Address{.path = std::string(path)};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (brackets) host = host.substr(1, host.size() - 2);
  const bool known = brackets ? is_ipv6(host) : is_ipv4(host) || iequals(host, "localhost");
  if (!port || !known) return std::nullopt;
  return Address{.host = to_lower(host), .port = *port};
}

bool is_loopback_host(std::string_view host) {
  if (iequals(host, "localhost")) return true;
  if (const auto v4 = boost::urls::parse_ipv4_address(host)) return v4->is_loopback();
  const auto v6 = boost::urls::parse_ipv6_address(host);
  return v6 && v6->is_loopback();
}

std::optional<Url> parse_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) return std::nullopt;
  Url url;
  url.scheme = to_lower(parsed->scheme());
  url.host = to_lower(parsed->encoded_host_address());
  if ((url.scheme != "http" && url.scheme != "https") || url.host.empty()) return std::nullopt;
  url.port = url.scheme == "http" ? 80 : 443;
  if (parsed->has_port()) {
    const auto port = parse_port(parsed->port());
    if (!port || *port == 0) return std::nullopt;
    url.port = *port;
  }
  url.path = std::string(parsed->encoded_path());
  url.has_userinfo = parsed->has_userinfo();
  url.has_fragment = parsed->has_fragment();
  return url;
}

bool is_origin(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(text);
  return parsed && !parsed->encoded_host().empty() && parsed->encoded_path().empty() &&
         !parsed->has_query() && !parsed->has_fragment() && !parsed->has_userinfo();
}

bool is_host(std::string_view text) {
  if (text.empty() || text.find_first_of("/@?#* \\") != std::string_view::npos) return false;
  return is_origin(fmt::format("http://{}", text));
}

bool is_server_key(std::string_view text) {
  return !text.empty() && text.size() <= 24 && made_of(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

bool is_variable_name(std::string_view text) {
  return !text.empty() && digits.find(text.front()) == std::string_view::npos &&
         text.find('-') == std::string_view::npos && made_of(text, name_characters);
}

bool is_shown_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && is_made_of_name_characters(text);
}

bool is_made_of_name_characters(std::string_view text) {
  return made_of(text, name_characters);
}

bool is_token(std::string_view text) {
  const auto fits = [](char c) {
    return is_made_of_name_characters({&c, 1}) || std::string_view(".~+/=").contains(c);
  };
  return text.size() >= 16 && text.size() <= 512 && std::ranges::all_of(text, fits);
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool looks_secret(std::string_view argument) {
  constexpr std::array<std::string_view, 11> beginnings{
      "sk-", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "AKIA", "xox", "Bearer ", "eyJ", "-----BEGIN"};
  const auto equals = argument.find('=');
  const bool assigns = equals != std::string_view::npos && equals + 1 < argument.size();
  if (assigns && mentions_credential(argument.substr(0, equals))) return true;
  const std::string_view value = assigns ? argument.substr(equals + 1) : argument;
  return std::ranges::any_of(beginnings, [&](std::string_view beginning) {
    return value.starts_with(beginning) && value.size() >= 12;
  });
}

bool announces_secret(std::string_view argument) {
  return argument.starts_with('-') && argument.find('=') == std::string_view::npos &&
         mentions_credential(argument);
}

bool carries_credential(std::string_view header_name) {
  const std::string lower = to_lower(header_name);
  return lower == "authorization" || lower == "proxy-authorization" || lower == "cookie" ||
         lower.find("auth") != std::string::npos || mentions_credential(lower);
}

}  // namespace sallyport::config
