#include "upstream/failures.hpp"

#include "classify/refine.hpp"

#include <algorithm>

namespace sallyport::upstream {

bool never_connected(const Error& error) {
  if (error.code() == Code::proto_cancelled) return false;  // it was given up, and says nothing of the server
  return error.executed() == Executed::no &&
         (error.phase() == Phase::resolve || error.phase() == Phase::connect || error.phase() == Phase::tls);
}

bool is_failure_of_server(const Error& error) {
  switch (error.code()) {
    case Code::network_connection_failed:
    case Code::network_ssl_error:
    case Code::network_dns_error:
    case Code::network_unreachable:
    case Code::network_protocol_error:
      return true;
    case Code::network_timeout:
      return error.phase() == Phase::resolve || error.phase() == Phase::connect ||
             error.phase() == Phase::tls;
    case Code::tool_server_unavailable: {
      const int status = error.status_code().value_or(0);
      return status >= 502 && status <= 504 &&
             std::ranges::find(error.extras(), "jsonrpc", &Extra::key) == error.extras().end();
    }
    default:
      return false;
  }
}

bool says_overload(const Error& error) {
  return error.code() == Code::limit_upstream_rate_limited || error.status_code() == 503;
}

Error as_discovery(const Error& error) {
  Error discovery = classify::for_operation(error, classify::Operation::discovery);
  if (discovery.code() != error.code()) discovery.with_executed(Executed::no);
  return discovery;
}

}  // namespace sallyport::upstream
