// What the head of a request to /mcp says, read once.
#pragma once

#include "net/http_server.hpp"
#include "pipeline/call.hpp"
#include "protocol/edge.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::transport {

// What an Accept header takes (RFC 9110 section 12.5.1) of what we have to give.
struct Accepted {
  bool json = false;
  bool events = false;        // an event stream
  bool events_first = false;  // and names that before JSON
};
Accepted read_accept(std::string_view accept);

// The views are into the head.
struct HttpRequest {
  HttpRequest(const net::RequestHead& head, const net::Peer& peer, std::string cors_headers);

  std::string_view endpoint;  // the key of one server, or empty: all
  std::string cors;
  Accepted accepted;
  std::optional<std::string_view> session_id;
  protocol::EdgeHeaders edge;
  pipeline::Principal principal;
};

// The server that a target names: empty for /mcp, nothing for what is not ours.
std::optional<std::string_view> endpoint_of(std::string_view target);

// A target of the transport of 2024-11-05: /sse, /messages?sessionId=…, each also with /{server}.
struct SseTarget {
  bool messages = false;
  std::string_view endpoint;
  std::string_view session;  // empty: not named
};
std::optional<SseTarget> sse_target_of(std::string_view target);

bool has_json_body(const net::RequestHead& head);

}  // namespace sallyport::transport
