// Who sends a request: what a transport asks before it lets one in.
#pragma once

#include "net/http_server.hpp"
#include "pipeline/call.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::transport {

// The extra of an Error that names the scopes, with spaces between them, which its request would have needed.
// Where somebody asks for tokens such a failure of a call has the status of its code, and a challenge.
inline constexpr std::string_view needed_scopes_key = "needed_scopes";

class Authenticator {
 public:
  // The answer to a question about the resource itself, which needs no credentials (RFC 9728); nothing for
  // another request.
  virtual std::optional<net::HttpReply> describe(const net::RequestHead& head) const = 0;
  // What the head alone decides: there are no credentials, or they cannot be read.
  virtual std::optional<Error> admit(const net::RequestHead& head) const = 0;
  // An error of AUTH_ refuses the request.
  virtual Task<pipeline::Principal> identify(const net::RequestHead& head, std::string source) = 0;
  // The header lines that go with a refusal.
  virtual std::string challenge(const net::RequestHead& head, const Error& refusal) const = 0;

 protected:
  ~Authenticator() = default;
};

}  // namespace sallyport::transport
