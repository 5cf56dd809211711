#include "errors/reach.hpp"

#include <algorithm>
#include <array>

namespace sallyport {
namespace {

struct Awaited {
  Code code;
  std::string_view folder;
};

// A line goes when its folder comes: a test holds the two together.
constexpr auto awaited = [] {
  using enum Code;
  return std::array{
      Awaited{auth_token_expired, "layers/authenticate"},
      Awaited{auth_rate_limited, "layers/authenticate"},
      Awaited{auth_network_error, "layers/authenticate"},
      Awaited{guardrail_api_error, "layers/guard"},
      Awaited{guardrail_validation_failed, "layers/guard"},
      Awaited{guardrail_pii_detected, "layers/guard"},
      Awaited{guardrail_policy_violation, "layers/guard"},
      Awaited{guardrail_timeout, "layers/guard"},
      Awaited{guardrail_provider_error, "layers/guard"},
      Awaited{guardrail_validation_error, "layers/guard"},
      Awaited{guardrail_unauthorized, "layers/guard"},
      Awaited{guardrail_network_error, "layers/guard"},
      Awaited{discovery_config_error, "upstream/discovery"},
      Awaited{config_validation_failed, "config/sources"},
      Awaited{cache_connection_failed, "layers/cache"},
      Awaited{cache_operation_failed, "layers/cache"},
      Awaited{cache_serialization_error, "layers/cache"},
      Awaited{proto_url_elicitation_required, "layers/elicit"},
      Awaited{recovery_failed_open, "layers/guard"},
      Awaited{policy_arguments_denied, "layers/authorize"},
      Awaited{policy_approval_required, "layers/approve"},
      Awaited{policy_approval_denied, "layers/approve"},
      Awaited{policy_definition_changed, "upstream/pins"},
      Awaited{policy_flow_denied, "layers/authorize"},
  };
}();

}  // namespace

std::string_view awaited_folder(Code code) noexcept {
  const auto* found = std::ranges::find(awaited, code, &Awaited::code);
  return found == awaited.end() ? std::string_view() : found->folder;
}

}  // namespace sallyport
