// Who calls a server on HTTP: from the bearer token of a request to an identity, by a function of the
// author's.
#pragma once

#include "task/task.hpp"

#include <functional>
#include <string>
#include <vector>

namespace sallyport {

// Whom a token speaks for.
struct Identity {
  std::string name;                      // 1 to 256 bytes, not "anonymous"; Context::caller()
  std::vector<std::string> scopes = {};  // that the token grants
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

}  // namespace sallyport
