#include "admin/query.hpp"

#include "base/strings.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace sallyport::admin {
namespace {

constexpr std::size_t max_parameters = 16;
constexpr std::size_t max_value = 256;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded.size() <= max_value ? std::optional(std::move(decoded)) : std::nullopt;
}

Error refused(std::string_view what) {
  return Error(Code::proto_invalid_params).with_executed(Executed::no).with_slot(Slot::constraint, what);
}

std::string listed(std::span<const std::string> names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Error bad_parameter(std::string_view name, std::string_view takes) {
  return refused(fmt::format("`{}` takes {}", name, takes));
}

Result<Query> Query::parse(std::string_view target, std::span<const std::string> known) {
  Query query;
  const std::size_t mark = target.find('?');
  std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = decode(pair.substr(0, equals));
    const auto value = decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value || query.values_.size() >= max_parameters)
      return fail(
          refused("the query is not `name=value&…`, percent-encoded, with values of 256 bytes at most"));
    if (std::ranges::find(known, *name) == known.end()) {
      // What was asked for is not repeated: it is anybody's text.
      const auto meant = did_you_mean(*name, known);
      return fail(refused(meant ? fmt::format("there is no such parameter, did you mean `{}`?", *meant)
                          : known.empty() ? std::string("this path takes no parameters")
                                          : "the parameters here are " + listed(known)));
    }
    if (!query.values_.emplace(*name, *value).second) return fail(bad_parameter(*name, "one value"));
  }
  return query;
}

const std::string* Query::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

Result<std::uint64_t> Query::number(std::string_view name, std::uint64_t least, std::uint64_t most,
                                    std::uint64_t otherwise) const {
  const std::string* text = find(name);
  if (!text) return otherwise;
  const auto number = parse_int<std::uint64_t>(*text);
  if (!number || *number < least || *number > most)
    return fail(bad_parameter(name, fmt::format("a whole number from {} to {}", least, most)));
  return *number;
}

Result<CallFilter> call_filter(const Query& query) {
  CallFilter filter;
  if (const std::string* requests = query.find("requests")) {
    if (*requests != "calls" && *requests != "all")
      return fail(bad_parameter("requests", "`calls` or `all`"));
    filter.requests = *requests == "all" ? CallFilter::Requests::all : CallFilter::Requests::calls;
  }
  if (const std::string* ending = query.find("ending")) {
    if (*ending != "ok" && *ending != "failed") return fail(bad_parameter("ending", "`ok` or `failed`"));
    filter.ending = *ending == "ok" ? CallFilter::Ending::ok : CallFilter::Ending::failed;
  }
  if (const std::string* code = query.find("code")) {
    filter.code = parse_code(*code);
    if (!filter.code) return fail(bad_parameter("code", "a code such as TOOL_004, see /api/errors"));
  }
  if (const std::string* server = query.find("server")) filter.server = *server;
  if (const std::string* target = query.find("target")) filter.target = *target;
  if (const std::string* ref = query.find("ref")) {
    const bool hex = ref->find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!hex || ref->size() < 4 || ref->size() > 32)
      return fail(bad_parameter("ref", "the first 4 to 32 digits of a correlation id"));
    filter.ref = *ref;
  }
  return filter;
}

}  // namespace sallyport::admin
