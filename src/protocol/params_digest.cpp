#include "protocol/params_digest.hpp"

#include "base/sha256.hpp"
#include "base/strings.hpp"
#include "json/scanner.hpp"

#include <algorithm>

namespace sallyport::protocol {
namespace {

using json::Type;

// As deep as the scan of the message allowed.
void append_canonical(std::string& out, std::string_view bytes, const json::Value& value, bool top) {
  if (value.is(Type::string)) return json::append_quoted(out, json::unescape(value.of(bytes)));
  if (value.is(Type::array)) {
    out += '[';
    json::ElementCursor elements(bytes, value.span);
    while (const auto element = elements.next()) {
      append_canonical(out, bytes, *element, false);
      out += ',';
    }
    out += ']';
    return;
  }
  if (!value.is(Type::object)) {
    out += value.of(bytes);
    return;
  }
  std::vector<std::pair<std::string, json::Value>> members;
  json::MemberCursor cursor(bytes, value.span);
  while (const auto member = cursor.next()) {
    std::string key = json::unescape(member->key.of(bytes));
    if (top && (key == "_meta" || key == "inputResponses" || key == "requestState")) continue;
    members.emplace_back(std::move(key), member->value);
  }
  std::ranges::sort(members, {}, &std::pair<std::string, json::Value>::first);
  out += '{';
  for (const auto& [key, member] : members) {
    json::append_quoted(out, key);
    out += ':';
    append_canonical(out, bytes, member, false);
    out += ',';
  }
  out += '}';
}

}  // namespace

std::string params_digest(const Message& request, std::string_view bytes) {
  std::string canonical;
  if (request.has(Field::params)) append_canonical(canonical, bytes, request[Field::params].value, true);
  return hex(sha256(canonical));
}

std::string member_digest(const Message& request, std::string_view bytes, Field member) {
  std::string canonical;
  if (request.has(member)) append_canonical(canonical, bytes, request[member].value, false);
  return hex(sha256(canonical));
}

}  // namespace sallyport::protocol
