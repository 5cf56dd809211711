#include "upstream/failures.hpp"

#include <algorithm>

namespace sallyport::upstream {

bool never_connected(const Error& error) {
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

Error as_discovery(const Error& error) {
  const auto code = [&] {
    switch (error.code()) {
      case Code::network_timeout:
      case Code::tool_timeout:
        return Code::discovery_timeout;
      case Code::network_connection_failed:
      case Code::network_ssl_error:
      case Code::network_dns_error:
      case Code::network_unreachable:
      case Code::network_protocol_error:
        return Code::discovery_network_error;
      case Code::tool_permission_denied:
        return Code::discovery_auth_failed;
      case Code::tool_server_unavailable:
      case Code::limit_upstream_rate_limited:
        return Code::discovery_server_unavailable;
      case Code::tool_execution_failed:
        return Code::discovery_failed;
      default:
        return error.code();
    }
  }();
  if (code == error.code()) return error;
  Error discovery(code);
  discovery.with_kind(error.kind()).with_can_retry(error.can_retry()).with_executed(Executed::no);
  discovery.with_developer_message(error.developer_message()).with_cause(error);
  if (error.phase()) discovery.with_phase(*error.phase());
  if (error.retry_after()) discovery.with_retry_after(*error.retry_after());
  return discovery;
}

}  // namespace sallyport::upstream
