// Decides at the edge which era a client's message belongs to, and with which HTTP status a failure is
// answered.
#pragma once

#include "errors/error.hpp"
#include "protocol/message.hpp"
#include "protocol/revision.hpp"

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace sallyport::protocol {

// The standard headers of one POST, as they stand; an absent one is nothing.
struct EdgeHeaders {
  std::optional<std::string_view> protocol_version = {};  // MCP-Protocol-Version
  std::optional<std::string_view> method = {};            // Mcp-Method
  std::optional<std::string_view> name = {};              // Mcp-Name
  std::optional<Revision> session = {};                   // what the session of Mcp-Session-Id negotiated
};

struct Edge {
  Revision revision = assumed_legacy;

  Era era() const { return protocol::era(revision); }
  friend bool operator==(const Edge&, const Edge&) = default;
};

// A message that is not let in. `revision` is the one to render the error for.
struct EdgeRefusal {
  Error error;
  Revision revision;
  int http_status;
};

// The ladder: the body decides, the headers only cross-check it, the earliest failing rung answers.
//  1. `initialize` without a valid modern envelope is legacy (with a modern header: -32020).
//  2. A claim in _meta decides by its version; a broken envelope is -32602, a version that we do not speak
//  -32022.
//  3. No claim is legacy; if the header names a modern revision: -32602 for a request, modern for a
//  notification, and
//     -32600 for a response (the modern era has none from clients). A legacy header that we do not know is
//     refused.
//  4. On modern requests MCP-Protocol-Version, Mcp-Method and (where the method has a target) Mcp-Name must
//  be there
//     and agree with the body: -32020. Then the method must exist in the modern era and be served: -32601
//     with 404.
// All with HTTP 400 but where another is named; every refusal has executed = no.
std::expected<Edge, EdgeRefusal> classify_http(const Message& message, std::string_view bytes,
                                               const EdgeHeaders& headers);

// The same for a transport without headers (stdio). `connection` is what an earlier `initialize` on it
// negotiated.
std::expected<Edge, EdgeRefusal> classify_stdio(const Message& message, std::string_view bytes,
                                                std::optional<Revision> connection);

// Does this method, of a message let in with this revision, have somebody to answer it? (PROTO_003)
Result<> check_served(Method method, Revision revision);

// Where a failure arose: `edge` before the request was parsed, classified and authenticated, `call` after.
enum class Stage : std::uint8_t { edge, call };

// errors.md section 2: 200 for what arises once a request is let in, but for the closed list.
int http_status(const Error& error, Era era, Stage stage, Method method = Method::unknown);

}  // namespace sallyport::protocol
