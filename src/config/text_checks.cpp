#include "config/text_checks.hpp"

#include "base/strings.hpp"
#include "config/values.hpp"
#include "net/forwarded.hpp"
#include "net/head_grammar.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sallyport::config {
namespace {

// Header fields that the gateway itself writes to a server, beside all of `mcp-`.
constexpr std::array<std::string_view, 14> own_fields = {"host",
                                                         "connection",
                                                         "content-length",
                                                         "transfer-encoding",
                                                         "te",
                                                         "trailer",
                                                         "upgrade",
                                                         "accept",
                                                         "content-type",
                                                         "accept-encoding",
                                                         "proxy-authorization",
                                                         "expect",
                                                         "last-event-id",
                                                         "keep-alive"};

std::string write_the_example(const Key& key) {
  return fmt::format("write `{}: {}`", key.name(), describe(key.type).example);
}

}  // namespace

std::optional<Finding> url_mistake(std::string_view path, std::string_view text) {
  const auto url = parse_url(text);
  if (!url) {
    const bool no_scheme = text.find("://") == std::string_view::npos;
    return Finding{fmt::format("`{}` is not an http or https URL", path),
                   std::string(describe(Type::url).form),
                   no_scheme ? "begin it with https://" : "write `url: https://host.example/mcp`"};
  }
  if (url->has_userinfo)
    return Finding{fmt::format("`{}` has a user name or a password in it", path),
                   "URLs are shown, logged and sent on",
                   "put the credential into `headers: {authorization: …}`"};
  if (url->has_fragment)
    return Finding{fmt::format("`{}` has a fragment", path), "a fragment is never sent",
                   "remove `#` and what follows"};
  return std::nullopt;
}

std::optional<Finding> pattern_mistake(std::string_view path, std::string_view pattern) {
  if (!pattern.empty() && pattern.size() <= max_tool_name) return std::nullopt;
  return Finding{fmt::format("`{}` has {} characters", path, pattern.size()),
                 fmt::format("a tool's name has 1 to {}", max_tool_name), "write a name, or * for any"};
}

std::optional<Finding> pattern_doubt(std::string_view pattern) {
  if (!pattern.contains(".*") && pattern.find_first_of("^$|()[]+\\") == std::string_view::npos)
    return std::nullopt;
  return Finding{fmt::format("`{}` looks like a regular expression", clip(pattern, 64)),
                 "patterns know * (any text) and ? (one character) only", "write for example `delete_*`"};
}

std::optional<Finding> header_name_mistake(std::string_view name) {
  if (!net::is_field_name(name))
    return Finding{fmt::format("`{}` is not the name of a header field", clip(name, 64)),
                   "it holds characters that HTTP does not allow there", "correct the name"};
  if (std::ranges::find(own_fields, name) != own_fields.end() || name.starts_with("mcp-"))
    return Finding{fmt::format("the gateway itself writes `{}`", clip(name, 64)),
                   "two values of one field invite smuggling", "remove it"};
  return std::nullopt;
}

std::optional<Finding> header_value_mistake(std::string_view path, std::string_view value) {
  if (net::is_field_value(value)) return std::nullopt;
  return Finding{fmt::format("`{}` holds a line end or a control character", path),
                 "it would end the header field", "remove it"};
}

std::optional<Finding> proxy_mistake(const Key& key, std::string what, std::string_view text) {
  if (text == net::TrustedProxies::unix_word) return std::nullopt;
  const auto range = net::IpRange::parse(text);
  if (!range) return Finding{std::move(what), std::string(describe(key.type).form), write_the_example(key)};
  if (range->bits == 0)
    return Finding{std::move(what), "it would let every client choose the address that it counts as",
                   "name the proxies alone"};
  if (*range != range->network())
    return Finding{std::move(what), fmt::format("behind its first {} bits a range has zeros", range->bits),
                   fmt::format("write `{}` for the range, `{}` for the address", range->network().text(),
                               range->first.text())};
  return std::nullopt;
}

std::optional<Finding> browser_mistake(const Key& key, std::string what, std::string_view text) {
  if (key.type == Type::origins ? is_origin(text) : is_host(text)) return std::nullopt;
  const bool any = text == "*" || text == "null";
  return Finding{std::move(what),
                 any ? "it would let any web page call the tools" : std::string(describe(key.type).form),
                 write_the_example(key)};
}

}  // namespace sallyport::config
