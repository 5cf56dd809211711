// One GET of a local port, or a POST without a body.
#pragma once

#include "net/http_client.hpp"

#include <string>

namespace sallyport::cli {

struct HttpAnswer {
  int status = 0;  // 0: none came
  std::string body;
};

// Bounded in size, not in time.
Task<HttpAnswer> http_get(task::Loop& loop, const net::Endpoint& endpoint, const std::string& path);
// `headers`: complete lines. Sent once.
Task<HttpAnswer> http_post(task::Loop& loop, const net::Endpoint& endpoint, const std::string& path,
                           const std::string& headers);

}  // namespace sallyport::cli
