#include "transport/http_request.hpp"

#include "base/strings.hpp"

#include <algorithm>

namespace sallyport::transport {
namespace {

constexpr std::string_view root = "/mcp";
constexpr std::string_view json_type = "application/json";
constexpr std::string_view event_type = "text/event-stream";

// Among the parameters of a range, a weight of zero (RFC 9110 section 12.4.2): "not this".
bool refused(std::string_view parameters) {
  const std::size_t at = parameters.find("q=0");
  return at != std::string_view::npos &&
         parameters.find_first_not_of("0. ", at + 2) == std::string_view::npos;
}

std::string_view any_endpoint_of(std::string_view target) {
  if (const auto endpoint = endpoint_of(target)) return *endpoint;
  const auto sse = sse_target_of(target);
  return sse ? sse->endpoint : std::string_view();
}

}  // namespace

HttpRequest::HttpRequest(const net::RequestHead& head, const net::Peer& peer, std::string cors_headers)
    : endpoint(any_endpoint_of(head.target)),
      cors(std::move(cors_headers)),
      session_id(head.fields.find("mcp-session-id")) {
  if (const auto accept = head.fields.find("accept")) accepted = read_accept(*accept);
  edge.protocol_version = head.fields.find("mcp-protocol-version");
  edge.method = head.fields.find("mcp-method");
  edge.name = head.fields.find("mcp-name");
  principal.source = peer.address;
}

namespace {

// What follows `base` in a path, as the name of a server.
std::optional<std::string_view> endpoint_below(std::string_view path, std::string_view base) {
  if (!path.starts_with(base)) return std::nullopt;
  std::string_view rest = path.substr(base.size());
  if (rest.empty() || rest == "/") return std::string_view();
  if (!rest.starts_with('/')) return std::nullopt;
  rest.remove_prefix(1);
  if (rest.find('/') != std::string_view::npos) return std::nullopt;
  return rest;
}

}  // namespace

std::optional<std::string_view> endpoint_of(std::string_view target) {
  return endpoint_below(target.substr(0, target.find('?')), root);
}

std::optional<SseTarget> sse_target_of(std::string_view target) {
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, question);
  if (const auto endpoint = endpoint_below(path, "/sse")) return SseTarget{false, *endpoint, {}};
  const auto endpoint = endpoint_below(path, "/messages");
  if (!endpoint) return std::nullopt;
  SseTarget found{true, *endpoint, {}};
  for (std::string_view query = target.substr(question); !query.empty();) {
    query.remove_prefix(1);
    const std::string_view pair = query.substr(0, query.find('&'));
    constexpr std::string_view name = "sessionId=";
    if (pair.starts_with(name)) found.session = pair.substr(name.size());
    query.remove_prefix(pair.size());
  }
  return found;
}

Accepted read_accept(std::string_view accept) {
  Accepted read;
  bool json_named = false;
  while (!accept.empty()) {
    const std::size_t comma = std::min(accept.find(','), accept.size());
    std::string_view range = accept.substr(0, comma);
    accept.remove_prefix(std::min(comma + 1, accept.size()));
    if (const std::size_t semicolon = range.find(';'); semicolon != std::string_view::npos) {
      if (refused(range.substr(semicolon))) continue;
      range = range.substr(0, semicolon);
    }
    range = trim(range);
    if (iequals(range, json_type)) {
      read.json = json_named = true;
    } else if (iequals(range, event_type)) {
      read.events_first = read.events_first || !json_named;
      read.events = true;
    } else if (range == "*/*") {
      read.json = read.events = true;
    } else if (iequals(range, "application/*")) {
      read.json = true;
    } else if (iequals(range, "text/*")) {
      read.events = true;
    }
  }
  return read;
}

bool has_json_body(const net::RequestHead& head) {
  const auto type = head.fields.find("content-type");
  return type && iequals(trim(type->substr(0, type->find(';'))), json_type);
}

}  // namespace sallyport::transport
