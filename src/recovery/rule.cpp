#include "recovery/rule.hpp"

#include "base/patterns.hpp"

#include <algorithm>
#include <array>

namespace sallyport::recovery {
namespace {

bool fits(std::string_view pattern, std::string_view name) noexcept {
  return pattern.empty() || matches(pattern, name);
}

// What stands between a caller and what is not his, and what each of its failures says.
struct Guarded {
  Code first;
  Code last;
  std::string_view what;
};

// In the order of Code: ranges of rows.
constexpr std::array guarded{
    Guarded{Code::auth_invalid_credentials, Code::auth_unauthorized, "identity"},
    Guarded{Code::guardrail_pii_detected, Code::guardrail_policy_violation, "a detection"},
    Guarded{Code::tool_permission_denied, Code::tool_permission_denied, "authorization"},
    Guarded{Code::discovery_auth_failed, Code::discovery_auth_failed, "authorization"},
    Guarded{Code::policy_tool_denied, Code::policy_approval_denied, "authorization"},
    Guarded{Code::policy_definition_changed, Code::policy_definition_changed, "pins"},
    Guarded{Code::policy_flow_denied, Code::policy_flow_denied, "authorization"},
};

}  // namespace

bool Match::covers(Code failed) const noexcept {
  const CatalogRow& entry = row(failed);
  if (family && *family != entry.family) return false;
  return fits(code, entry.wire_name) || fits(code, entry.full_name);
}

bool Match::covers(Code failed, Kind who) const noexcept {
  return covers(failed) && fits(kind, name(who));
}

bool Match::covers(const Facts& call) const noexcept {
  if (operation && *operation != call.operation) return false;
  return fits(server, call.server) && fits(tool, call.tool);
}

bool never_repeated(Code code) noexcept {
  switch (code) {
    case Code::tool_not_found:
    case Code::tool_invalid_args:
    case Code::tool_permission_denied:
    case Code::network_ssl_error:
    case Code::proto_cancelled:
      return true;
    default:
      return false;
  }
}

std::string_view opened_by(const Rule& rule) noexcept {
  const bool opens = rule.strategy == Strategy::fail_open || rule.strategy == Strategy::ignore ||
                     rule.strategy == Strategy::fallback;
  if (!opens) return {};
  for (const Guarded& each : guarded) {
    for (auto code = static_cast<std::size_t>(each.first); code <= static_cast<std::size_t>(each.last);
         ++code) {
      if (rule.match.covers(static_cast<Code>(code))) return each.what;
    }
  }
  return {};
}

}  // namespace sallyport::recovery
