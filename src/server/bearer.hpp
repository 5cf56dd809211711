// Bearer tokens on HTTP (RFC 6750), and what an OAuth resource says of itself (RFC 9728).
#pragma once

#include "server/identity.hpp"
#include "task/loop.hpp"
#include "transport/authenticator.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::server {

// Throws ToolDefinitionError for URLs and scopes that could not stand in a header.
void check_resource_server(const ResourceServer& resource);

class Bearer final : public transport::Authenticator {
 public:
  // `scheme`: of a URL that is made of a Host, "http" or "https".
  Bearer(task::Loop& loop, Authenticate authenticate, ResourceServer resource, std::string_view scheme);

  std::optional<net::HttpReply> describe(const net::RequestHead& head) const override;
  std::optional<Error> admit(const net::RequestHead& head) const override;
  Task<pipeline::Principal> identify(const net::RequestHead& head, std::string source) override;
  std::string challenge(const net::RequestHead& head, const Error& refusal) const override;

 private:
  std::string resource_of(const net::RequestHead& head) const;

  task::Loop* loop_;
  Authenticate authenticate_;
  ResourceServer resource_;
  std::string scheme_;
};

}  // namespace sallyport::server
