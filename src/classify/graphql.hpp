// What GraphQL servers and their clients report, as one of our errors.
#pragma once

#include "classify/classify.hpp"
#include "classify/retry_after.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::classify {

// The `errors` of a reply, as far as anybody can tell what they are.
struct GraphqlErrors {
  int status = 422;                       // the greatest of those that the codes mean
  std::vector<std::string_view> codes{};  // those that we know, sorted, each once
  std::string text{};                     // codes and messages, of others: for the developer only
  bool refused = false;                   // each says that nothing ran
};

// `json`: any value that scan() accepted; at most 100 entries of a list are looked at.
GraphqlErrors read_graphql_errors(std::string_view json);

// The status that a code of `extensions` means; nothing for a code that we do not know.
std::optional<int> graphql_status(std::string_view code) noexcept;

Error from_graphql(const GraphqlErrors& errors, const Context& context);

// How a client's request failed: "TransportConnectionFailed", "TransportProtocolError", … A status is
// from_http's.
Error from_graphql_transport(std::string_view type, Headers headers, SystemTime now, const Context& context);

}  // namespace sallyport::classify
