// Who calls a server on HTTP: from the bearer token of a request to an identity, by a function of the
// author's.
#pragma once

#include "server/json.hpp"
#include "task/task.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

// Whom a token speaks for.
struct Identity {
  std::string name;                      // 1 to 256 bytes, not "anonymous"; Context::caller()
  std::vector<std::string> scopes = {};  // that the token grants; up to 1000
  Json claims = {};                      // an object of up to 16 KiB; Context::claims()
};

// A coroutine that says whom a token speaks for; 10 seconds at most. It refuses with an Error of AUTH_:
// AUTH_001 for a token that it does not know (401), AUTH_002 for one that has expired (401), AUTH_003 for one
// that does not suffice (403). Whatever else it fails with or throws is AUTH_005: nobody could be asked
// (503).
using Authenticate = std::function<Task<Identity>(std::string token)>;

// What clients are told of this server as an OAuth resource (RFC 9728), and what it asks of every token.
struct ResourceServer {
  // The URL that clients use, as in the audience of their tokens; empty: made of the Host of each request.
  std::string resource = {};
  std::vector<std::string> authorization_servers = {};  // their issuer URLs
  std::vector<std::string> scopes = {};                 // a token without one of them is AUTH_003
};

// A tool that needs scopes (Tool::scopes) on stdio, where nobody is asked who calls: may whoever started the
// server use it, or nobody?
enum class OnStdio : std::uint8_t { allowed, refused };

namespace server {

// Of RFC 6749 section 3.3.
bool is_scope(std::string_view text);

}  // namespace server

}  // namespace sallyport
