#include "errors/http_status.hpp"

#include <algorithm>
#include <array>

namespace sallyport {

Kind kind_of_status(int status) noexcept {
  switch (status) {
    case 401:
    case 403:
      return Kind::upstream_runtime_auth_error;
    case 404:
      return Kind::upstream_runtime_not_found;
    case 422:
      return Kind::upstream_runtime_validation_error;
    case 429:
      return Kind::upstream_runtime_rate_limit;
    default:
      if (status >= 500) return Kind::upstream_runtime_server_error;
      return status >= 400 ? Kind::upstream_runtime_bad_request : Kind::upstream_runtime_unmapped;
  }
}

bool is_transient_status(int status) noexcept {
  constexpr std::array transient_4xx = {408, 421, 425, 429};
  constexpr std::array lasting_5xx = {501, 505, 506, 507, 508, 510, 511, 525, 526};
  if (status < 500) return std::ranges::find(transient_4xx, status) != transient_4xx.end();
  return status < 600 && std::ranges::find(lasting_5xx, status) == lasting_5xx.end();
}

}  // namespace sallyport
