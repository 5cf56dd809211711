#include "recovery/at_will.hpp"

#include "errors/catalog.hpp"

namespace sallyport::recovery {

bool caused_at_will(Code code) noexcept {
  switch (code) {
    case Code::auth_invalid_credentials:
    case Code::auth_token_expired:
    case Code::auth_insufficient_permissions:
    case Code::auth_rate_limited:
    case Code::auth_unauthorized:
    case Code::guardrail_validation_failed:
    case Code::guardrail_pii_detected:
    case Code::guardrail_policy_violation:
    case Code::tool_not_found:
    case Code::tool_invalid_args:
    case Code::tool_permission_denied:
    case Code::system_maintenance:  // a call to a server that its operator switched off
      return true;
    default:
      break;
  }
  const Family family = row(code).family;
  return family == Family::proto || family == Family::limit || family == Family::policy;
}

}  // namespace sallyport::recovery
