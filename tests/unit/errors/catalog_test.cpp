#include "errors/catalog.hpp"

#include "errors/code.hpp"
#include "errors/kind.hpp"

#include <array>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace sallyport {
namespace {

struct Named {
  Code code;
  std::string_view wire;
  std::string_view full;
};

// The seed's codes, frozen: names and values as its ErrorCode gives them.
constexpr auto seed = std::to_array<Named>({
    {Code::auth_invalid_credentials, "AUTH_001", "AUTH_INVALID_CREDENTIALS"},
    {Code::auth_token_expired, "AUTH_002", "AUTH_TOKEN_EXPIRED"},
    {Code::auth_insufficient_permissions, "AUTH_003", "AUTH_INSUFFICIENT_PERMISSIONS"},
    {Code::auth_rate_limited, "AUTH_004", "AUTH_RATE_LIMITED"},
    {Code::auth_provider_error, "AUTH_005", "AUTH_PROVIDER_ERROR"},
    {Code::auth_timeout, "AUTH_006", "AUTH_TIMEOUT"},
    {Code::auth_network_error, "AUTH_007", "AUTH_NETWORK_ERROR"},
    {Code::auth_config_error, "AUTH_008", "AUTH_CONFIG_ERROR"},
    {Code::auth_unauthorized, "AUTH_009", "AUTH_UNAUTHORIZED"},
    {Code::guardrail_api_error, "GUARD_001", "GUARDRAIL_API_ERROR"},
    {Code::guardrail_validation_failed, "GUARD_002", "GUARDRAIL_VALIDATION_FAILED"},
    {Code::guardrail_pii_detected, "GUARD_003", "GUARDRAIL_PII_DETECTED"},
    {Code::guardrail_policy_violation, "GUARD_004", "GUARDRAIL_POLICY_VIOLATION"},
    {Code::guardrail_timeout, "GUARD_005", "GUARDRAIL_TIMEOUT"},
    {Code::guardrail_provider_error, "GUARD_006", "GUARDRAIL_PROVIDER_ERROR"},
    {Code::guardrail_validation_error, "GUARD_007", "GUARDRAIL_VALIDATION_ERROR"},
    {Code::guardrail_unauthorized, "GUARD_008", "GUARDRAIL_UNAUTHORIZED"},
    {Code::guardrail_network_error, "GUARD_009", "GUARDRAIL_NETWORK_ERROR"},
    {Code::tool_execution_failed, "TOOL_001", "TOOL_EXECUTION_FAILED"},
    {Code::tool_not_found, "TOOL_002", "TOOL_NOT_FOUND"},
    {Code::tool_invalid_args, "TOOL_003", "TOOL_INVALID_ARGS"},
    {Code::tool_timeout, "TOOL_004", "TOOL_TIMEOUT"},
    {Code::tool_permission_denied, "TOOL_005", "TOOL_PERMISSION_DENIED"},
    {Code::tool_server_unavailable, "TOOL_006", "TOOL_SERVER_UNAVAILABLE"},
    {Code::discovery_failed, "DISC_001", "DISCOVERY_FAILED"},
    {Code::discovery_server_unavailable, "DISC_002", "DISCOVERY_SERVER_UNAVAILABLE"},
    {Code::discovery_tool_validation_failed, "DISC_003", "DISCOVERY_TOOL_VALIDATION_FAILED"},
    {Code::discovery_config_error, "DISC_004", "DISCOVERY_CONFIG_ERROR"},
    {Code::discovery_timeout, "DISC_005", "DISCOVERY_TIMEOUT"},
    {Code::discovery_network_error, "DISC_006", "DISCOVERY_NETWORK_ERROR"},
    {Code::discovery_auth_failed, "DISC_007", "DISCOVERY_AUTH_FAILED"},
    {Code::config_invalid, "CONFIG_001", "CONFIG_INVALID"},
    {Code::config_missing_required, "CONFIG_002", "CONFIG_MISSING_REQUIRED"},
    {Code::config_provider_error, "CONFIG_003", "CONFIG_PROVIDER_ERROR"},
    {Code::config_validation_failed, "CONFIG_004", "CONFIG_VALIDATION_FAILED"},
    {Code::network_timeout, "NET_001", "NETWORK_TIMEOUT"},
    {Code::network_connection_failed, "NET_002", "NETWORK_CONNECTION_FAILED"},
    {Code::network_ssl_error, "NET_003", "NETWORK_SSL_ERROR"},
    {Code::network_dns_error, "NET_004", "NETWORK_DNS_ERROR"},
    {Code::network_unreachable, "NET_005", "NETWORK_UNREACHABLE"},
    {Code::network_protocol_error, "NET_006", "NETWORK_PROTOCOL_ERROR"},
    {Code::system_internal_error, "SYS_001", "SYSTEM_INTERNAL_ERROR"},
    {Code::system_resource_exhausted, "SYS_002", "SYSTEM_RESOURCE_EXHAUSTED"},
    {Code::system_maintenance, "SYS_003", "SYSTEM_MAINTENANCE"},
    {Code::system_unavailable, "SYS_004", "SYSTEM_UNAVAILABLE"},
    {Code::system_operation_failed, "SYS_005", "SYSTEM_OPERATION_FAILED"},
    {Code::telemetry_provider_error, "TELEM_001", "TELEMETRY_PROVIDER_ERROR"},
    {Code::telemetry_export_failed, "TELEM_002", "TELEMETRY_EXPORT_FAILED"},
    {Code::telemetry_config_error, "TELEM_003", "TELEMETRY_CONFIG_ERROR"},
    {Code::cache_connection_failed, "CACHE_001", "CACHE_CONNECTION_FAILED"},
    {Code::cache_operation_failed, "CACHE_002", "CACHE_OPERATION_FAILED"},
    {Code::cache_serialization_error, "CACHE_003", "CACHE_SERIALIZATION_ERROR"},
});

TEST(Catalog, KeepsTheSeedsCodes) {
  ASSERT_EQ(seed.size(), 52u);
  for (std::size_t i = 0; i < seed.size(); ++i) {
    EXPECT_EQ(seed[i].code, static_cast<Code>(i)) << seed[i].wire;
    EXPECT_EQ(wire_name(seed[i].code), seed[i].wire);
    EXPECT_EQ(full_name(seed[i].code), seed[i].full);
  }
}

TEST(Catalog, HasOurFamilies) {
  EXPECT_EQ(catalog().size(), 52u + 23 + 14 + 4 + 6);
  EXPECT_EQ(wire_name(Code::proto_event_unknown), "PROTO_020");
  EXPECT_EQ(wire_name(Code::limit_too_many_subscriptions), "LIMIT_011");
  EXPECT_EQ(wire_name(Code::proto_task_support), "PROTO_022");
  EXPECT_EQ(wire_name(Code::proto_question_unanswered), "PROTO_023");
  EXPECT_EQ(wire_name(Code::limit_too_many_instances), "LIMIT_012");
  EXPECT_EQ(wire_name(Code::limit_too_many_tasks), "LIMIT_013");
  EXPECT_EQ(wire_name(Code::limit_too_many_suspended), "LIMIT_014");
  EXPECT_EQ(wire_name(Code::recovery_session_reset), "RECOVERY_004");
  EXPECT_EQ(wire_name(Code::policy_flow_denied), "POLICY_006");
}

TEST(Catalog, NamesRoundTrip) {
  for (const CatalogRow& row : catalog()) {
    EXPECT_EQ(parse_code(row.wire_name), row.code);
    EXPECT_EQ(parse_code(row.full_name), row.code);
    EXPECT_EQ(&sallyport::row(row.code), &row);
  }
  for (const std::string_view name : {"", "tool_006", "TOOL_007", "TOOL", "TOOL_006 ", "UNKNOWN"}) {
    EXPECT_EQ(parse_code(name), std::nullopt) << name;
  }
}

// errors.md section 2: base + number where the spec assigns nothing.
TEST(Catalog, StaysInTheReservedRanges) {
  constexpr std::array<int, 13> bases = {1000, 1100, 1200, 1300, 1400, 1500, 1600,
                                         1700, 1800, 1900, 2000, 0,    2100};
  for (const CatalogRow& row : catalog()) {
    const int base = bases[static_cast<std::size_t>(row.family)];
    const int number = std::stoi(std::string(row.wire_name.substr(row.wire_name.size() - 3)));
    for (const int rpc : {row.rpc_code_legacy, row.rpc_code_modern}) {
      if (row.family == Family::recovery) {
        EXPECT_EQ(rpc, 0) << row.wire_name;
      } else if (rpc > 0) {
        EXPECT_EQ(rpc, base + number) << row.wire_name;
      } else {
        EXPECT_LT(rpc, 0) << row.wire_name;
      }
    }
  }
}

struct SpecCode {
  Code code;
  int legacy;
  int modern;
};

TEST(Catalog, UsesTheSpecsCodesAndNoOthers) {
  constexpr auto assigned = std::to_array<SpecCode>({
      {Code::proto_parse_error, -32700, -32700},
      {Code::proto_invalid_request, -32600, -32600},
      {Code::proto_method_not_found, -32601, -32601},
      {Code::proto_invalid_params, -32602, -32602},
      {Code::tool_not_found, -32602, -32602},
      {Code::tool_invalid_args, -32602, -32602},
      {Code::policy_tool_denied, -32602, -32602},
      {Code::proto_prompt_not_found, -32602, -32602},
      {Code::proto_invalid_cursor, -32602, -32602},
      {Code::proto_invalid_request_state, -32602, -32602},
      {Code::proto_task_not_found, -32602, -32602},
      {Code::proto_task_support, -32601, -32601},
      {Code::proto_resource_not_found, -32002, -32602},
      {Code::system_internal_error, -32603, -32603},
      {Code::proto_header_mismatch, 1905, -32020},
      {Code::proto_missing_client_capability, 1906, -32021},
      {Code::proto_unsupported_version, 1907, -32022},
      {Code::proto_url_elicitation_required, -32042, 1914},
  });
  std::set<Code> listed;
  for (const SpecCode& spec : assigned) {
    EXPECT_EQ(row(spec.code).rpc_code_legacy, spec.legacy) << wire_name(spec.code);
    EXPECT_EQ(row(spec.code).rpc_code_modern, spec.modern) << wire_name(spec.code);
    listed.insert(spec.code);
  }
  for (const CatalogRow& row : catalog()) {
    if (!listed.contains(row.code))
      EXPECT_GE(std::min(row.rpc_code_legacy, row.rpc_code_modern), 0) << row.wire_name;
  }
}

TEST(Catalog, RefinesFamiliesOnlyAsThePageSays) {
  struct Default {
    Severity severity;
    Strategy strategy;
  };
  constexpr std::array<Default, 13> families = {{
      {Severity::high, Strategy::fail_closed},
      {Severity::medium, Strategy::fail_open},
      {Severity::medium, Strategy::retry},
      {Severity::medium, Strategy::fallback},
      {Severity::high, Strategy::fail_closed},
      {Severity::medium, Strategy::retry},
      {Severity::critical, Strategy::escalate},
      {Severity::low, Strategy::ignore},
      {Severity::low, Strategy::ignore},
      {Severity::low, Strategy::fail_closed},
      {Severity::low, Strategy::fail_closed},
      {Severity::low, Strategy::none},
      {Severity::medium, Strategy::fail_closed},
  }};
  std::set<std::string_view> refined;
  for (const CatalogRow& row : catalog()) {
    const Default& family = families[static_cast<std::size_t>(row.family)];
    if (row.severity != family.severity || row.strategy != family.strategy) refined.insert(row.wire_name);
  }
  // Time-outs, verdicts of guardrails, what is never repeated, planned shortage.
  const std::set<std::string_view> expected = {"AUTH_006", "GUARD_002", "GUARD_003", "GUARD_004", "GUARD_005",
                                               "TOOL_002", "TOOL_003",  "TOOL_004",  "TOOL_005",  "DISC_005",
                                               "NET_001",  "NET_003",   "SYS_002",   "SYS_003"};
  EXPECT_EQ(refined, expected);
}

TEST(Catalog, HasStatusesFromTheClosedList) {
  const std::set<std::string_view> unavailable = {"AUTH_004", "AUTH_005",  "AUTH_006", "AUTH_007",
                                                  "AUTH_008", "LIMIT_007", "LIMIT_008"};
  for (const CatalogRow& row : catalog()) {
    EXPECT_EQ(row.http_status == 503, unavailable.contains(row.wire_name)) << row.wire_name;
    EXPECT_NE(row.http_status, 429) << row.wire_name;
    if (row.surface == Surface::tool) EXPECT_EQ(row.http_status, 200) << row.wire_name;
  }
}

TEST(Catalog, ShowsADeniedToolAsOneThatIsNotThere) {
  for (const CatalogRow& row : catalog()) {
    const Code expected = row.code == Code::policy_tool_denied ? Code::tool_not_found : row.code;
    EXPECT_EQ(row.shown_as, expected) << row.wire_name;
  }
}

TEST(Catalog, NamesItsEnums) {
  EXPECT_EQ(name(Family::policy), "POLICY");
  EXPECT_EQ(name(Severity::critical), "critical");
  EXPECT_EQ(name(Strategy::none), "none");
  EXPECT_EQ(name(Strategy::fail_closed), "fail_closed");
  EXPECT_EQ(name(Strategy::ignore), "ignore");
  EXPECT_EQ(name(Surface::none), "none");
}

TEST(Kinds, RoundTripAndBelongToOneGroup) {
  for (std::size_t i = 0; i < kind_count; ++i) {
    const Kind kind = static_cast<Kind>(i);
    EXPECT_EQ(parse_kind(name(kind)), kind);
    const int groups = is_toolkit_error(kind) + is_tool_error(kind) + is_upstream_error(kind) +
                       is_network_transport_error(kind) + is_gateway_error(kind);
    EXPECT_EQ(groups, kind == Kind::unknown ? 0 : 1) << name(kind);
  }
  EXPECT_EQ(parse_kind("tool_runtime_fatal"), std::nullopt);
}

// The framework's twenty values, frozen, then ours.
TEST(Kinds, KeepTheFrameworksNames) {
  constexpr auto names = std::to_array<std::string_view>({"TOOLKIT_LOAD_FAILED",
                                                          "TOOL_DEFINITION_BAD_DEFINITION",
                                                          "TOOL_DEFINITION_BAD_INPUT_SCHEMA",
                                                          "TOOL_DEFINITION_BAD_OUTPUT_SCHEMA",
                                                          "TOOL_RUNTIME_BAD_INPUT_VALUE",
                                                          "TOOL_RUNTIME_BAD_OUTPUT_VALUE",
                                                          "TOOL_RUNTIME_RETRY",
                                                          "TOOL_RUNTIME_CONTEXT_REQUIRED",
                                                          "TOOL_RUNTIME_FATAL",
                                                          "UPSTREAM_RUNTIME_BAD_REQUEST",
                                                          "UPSTREAM_RUNTIME_AUTH_ERROR",
                                                          "UPSTREAM_RUNTIME_NOT_FOUND",
                                                          "UPSTREAM_RUNTIME_VALIDATION_ERROR",
                                                          "UPSTREAM_RUNTIME_RATE_LIMIT",
                                                          "UPSTREAM_RUNTIME_SERVER_ERROR",
                                                          "UPSTREAM_RUNTIME_UNMAPPED",
                                                          "NETWORK_TRANSPORT_RUNTIME_TIMEOUT",
                                                          "NETWORK_TRANSPORT_RUNTIME_UNREACHABLE",
                                                          "NETWORK_TRANSPORT_RUNTIME_UNMAPPED",
                                                          "UNKNOWN"});
  for (std::size_t i = 0; i < names.size(); ++i) EXPECT_EQ(name(static_cast<Kind>(i)), names[i]);
  EXPECT_EQ(kind_count, names.size() + 10);
}

}  // namespace
}  // namespace sallyport
