#include "protocol/edge.hpp"

#include "parsed.hpp"

#include <gtest/gtest.h>

namespace sallyport::protocol {
namespace {

using std::string_view_literals::operator""sv;

constexpr auto modern = "2026-07-28"sv;
constexpr std::nullopt_t none = std::nullopt;

std::string with_meta(std::string_view method, std::string_view meta, std::string_view members = {},
                      bool request = true) {
  std::string text = R"({"jsonrpc":"2.0",)";
  if (request) text += R"("id":1,)";
  text += R"("method":")" + std::string(method) + R"(","params":{)";
  text += members;
  if (!members.empty() && !meta.empty()) text += ',';
  if (!meta.empty()) text += R"("_meta":)" + std::string(meta);
  return text + "}}";
}

std::string envelope(std::string_view version = modern) {
  return R"({"io.modelcontextprotocol/protocolVersion":")" + std::string(version) +
         R"(","io.modelcontextprotocol/clientCapabilities":{}})";
}

struct Row {
  std::string what;
  std::string bytes;
  EdgeHeaders headers;
  // A revision if it is let in, else a code with its status.
  std::optional<Revision> let_in = {};
  Code code = Code::proto_header_mismatch;
  int status = 400;
};

std::vector<Row> rows() {
  const std::string list = with_meta("tools/list", envelope());
  const std::string call = with_meta("tools/call", envelope(), R"("name":"a")");
  const std::string legacy_list = R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})";
  const std::string initialize =
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{}}})";
  const std::string no_capabilities = R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28"})";
  const std::string no_version = R"({"io.modelcontextprotocol/clientCapabilities":{}})";
  const std::string response = R"({"jsonrpc":"2.0","id":1,"result":{}})";
  const std::string progress = with_meta("notifications/progress", "", R"("progressToken":1)", false);
  using enum Revision;
  using enum Code;
  return {
      // rung 1: initialize
      {"initialize", initialize, {}, v2025_06_18},
      {"initialize with its own header", initialize, {.protocol_version = "2025-06-18"}, v2025_06_18},
      {"initialize with a header nobody knows", initialize, {.protocol_version = "1.0"}, v2025_06_18},
      {"initialize with a modern header", initialize, {.protocol_version = modern}},
      {"initialize that asks for the modern revision",
       R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2026-07-28"}})",
       {},
       v2025_11_25},
      {"initialize with a broken envelope", with_meta("initialize", no_capabilities), {}, v2025_11_25},
      {"initialize with a modern envelope",
       with_meta("initialize", envelope()),
       {.protocol_version = modern, .method = "initialize"},
       {},
       proto_method_not_found,
       404},
      // rung 2: the claim
      {"modern list", list, {.protocol_version = modern, .method = "tools/list"}, v2026_07_28},
      {"white space around header values",
       list,
       {.protocol_version = " 2026-07-28\t", .method = "\ttools/list "},
       v2026_07_28},
      {"a session id or a session means nothing to a modern body",
       list,
       {.protocol_version = modern, .method = "tools/list", .session = v2025_06_18},
       v2026_07_28},
      {"claim without capabilities",
       with_meta("tools/list", no_capabilities),
       {.protocol_version = modern, .method = "tools/list"},
       {},
       proto_invalid_params},
      {"claim that is a number",
       with_meta("tools/list", R"({"io.modelcontextprotocol/protocolVersion":5})"),
       {.protocol_version = modern, .method = "tools/list"},
       {},
       proto_invalid_params},
      {"capabilities that are an array",
       with_meta(
           "tools/list",
           R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":[]})"),
       {.protocol_version = modern, .method = "tools/list"},
       {},
       proto_invalid_params},
      {"header and claim differ", list, {.protocol_version = "2025-11-25", .method = "tools/list"}},
      {"a version that nobody speaks",
       with_meta("tools/list", envelope("v999.0.0")),
       {.protocol_version = "v999.0.0", .method = "tools/list"},
       {},
       proto_unsupported_version},
      {"a version of the past that nobody spoke",
       with_meta("tools/list", envelope("1900-01-01")),
       {.protocol_version = "1900-01-01", .method = "tools/list"},
       {},
       proto_unsupported_version},
      {"a claim of a legacy revision",
       with_meta("tools/list", envelope("2025-06-18")),
       {.protocol_version = "2025-06-18"},
       v2025_06_18},
      // rung 3: no claim
      {"legacy without anything", legacy_list, {}, v2025_03_26},
      {"legacy with a header", legacy_list, {.protocol_version = "2025-11-25"}, v2025_11_25},
      {"legacy within a session", legacy_list, {.session = v2025_06_18}, v2025_06_18},
      {"the session knows better than the header",
       legacy_list,
       {.protocol_version = "2025-11-25", .session = v2025_06_18},
       v2025_06_18},
      {"a legacy header nobody knows",
       legacy_list,
       {.protocol_version = "2025-01-01"},
       {},
       proto_unsupported_version},
      {"garbage for a header", legacy_list, {.protocol_version = "x"}, {}, proto_unsupported_version},
      {"Mcp-Method is nothing to the legacy era", legacy_list, {.method = "ping"}, v2025_03_26},
      {"modern header, no _meta",
       legacy_list,
       {.protocol_version = modern, .method = "tools/list"},
       {},
       proto_invalid_params},
      {"modern header, no version in _meta",
       with_meta("tools/list", no_version),
       {.protocol_version = modern, .method = "tools/list"},
       {},
       proto_invalid_params},
      {"modern header, _meta that is no object",
       with_meta("tools/list", "5"),
       {.protocol_version = modern, .method = "tools/list"},
       {},
       proto_invalid_params},
      {"a header of the future without a claim",
       legacy_list,
       {.protocol_version = "2099-01-01"},
       {},
       proto_invalid_params},
      {"a notification with a modern header",
       progress,
       {.protocol_version = modern, .method = "notifications/progress"},
       v2026_07_28},
      {"a notification with a modern header alone", progress, {.protocol_version = modern}, v2026_07_28},
      {"a notification that is not what its header says",
       progress,
       {.protocol_version = modern, .method = "notifications/cancelled"}},
      {"a notification of the future",
       progress,
       {.protocol_version = "2099-01-01"},
       {},
       proto_unsupported_version},
      {"a notification of the legacy era", progress, {.session = v2025_11_25}, v2025_11_25},
      {"a notification with a claim needs no envelope",
       with_meta("notifications/progress", no_capabilities, "", false),
       {.protocol_version = modern},
       v2026_07_28},
      {"a response", response, {.session = v2025_11_25}, v2025_11_25},
      {"a response with a modern header", response, {.protocol_version = modern}, {}, proto_invalid_request},
      // rung 4: the standard headers, then the method
      {"no version header", list, {.method = "tools/list"}},
      {"no Mcp-Method", list, {.protocol_version = modern}},
      {"another Mcp-Method", list, {.protocol_version = modern, .method = "tools/call"}},
      {"Mcp-Method in another case", list, {.protocol_version = modern, .method = "TOOLS/LIST"}},
      {"Mcp-Name", call, {.protocol_version = modern, .method = "tools/call", .name = "a"}, v2026_07_28},
      {"Mcp-Name in base64",
       call,
       {.protocol_version = modern, .method = "tools/call", .name = "=?base64?YQ==?="},
       v2026_07_28},
      {"no Mcp-Name", call, {.protocol_version = modern, .method = "tools/call"}},
      {"another Mcp-Name", call, {.protocol_version = modern, .method = "tools/call", .name = "b"}},
      {"broken base64", call, {.protocol_version = modern, .method = "tools/call", .name = "=?base64?YQ=?="}},
      {"a call without a name is for check_params",
       with_meta("tools/call", envelope()),
       {.protocol_version = modern, .method = "tools/call"},
       v2026_07_28},
      {"ping",
       with_meta("ping", envelope()),
       {.protocol_version = modern, .method = "ping"},
       {},
       proto_method_not_found,
       404},
      {"a method nobody knows",
       with_meta("unknown/method", envelope()),
       {.protocol_version = modern, .method = "unknown/method"},
       {},
       proto_method_not_found,
       404},
      {"a method of the server",
       with_meta("roots/list", envelope()),
       {.protocol_version = modern, .method = "roots/list"},
       {},
       proto_method_not_found,
       404},
      {"a method that the modern era does not have any more",
       with_meta("tasks/list", envelope()),
       {.protocol_version = modern, .method = "tasks/list"},
       {},
       proto_method_not_found,
       404},
      {"a mismatch comes before the method",
       with_meta("ping", envelope()),
       {.protocol_version = modern, .method = "tools/list"}},
      {"a broken envelope comes before a mismatch",
       with_meta("tools/list", no_capabilities),
       {.protocol_version = "2025-11-25", .method = "ping"},
       {},
       proto_invalid_params},
  };
}

TEST(Edge, Ladder) {
  for (const Row& row : rows()) {
    const Parsed parsed(row.bytes);
    const auto edge = classify_http(parsed.message, parsed.bytes, row.headers);
    ASSERT_EQ(edge.has_value(), row.let_in.has_value()) << row.what;
    if (edge) {
      EXPECT_EQ(edge->revision, *row.let_in) << row.what;
      continue;
    }
    EXPECT_EQ(edge.error().error.code(), row.code) << row.what;
    EXPECT_EQ(edge.error().http_status, row.status) << row.what;
    EXPECT_EQ(edge.error().error.executed(), Executed::no) << row.what;
    EXPECT_EQ(edge.error().http_status,
              http_status(edge.error().error, era(edge.error().revision), Stage::edge))
        << row.what;
  }
}

TEST(Edge, NegativeCodesOfTheModernEraAnswerModernRequestsOnly) {
  for (const Row& row : rows()) {
    const Parsed parsed(row.bytes);
    const auto edge = classify_http(parsed.message, parsed.bytes, row.headers);
    if (edge || era(edge.error().revision) == Era::modern) continue;
    const int code = edge.error().error.row().rpc_code_legacy;
    EXPECT_FALSE(code >= -32099 && code <= -32020) << row.what;
  }
}

TEST(Edge, UnsupportedVersionSaysWhatIsSupported) {
  const auto data_of = [](std::string_view version) {
    const Parsed parsed(with_meta("server/discover", envelope(version)));
    const auto edge = classify_stdio(parsed.message, parsed.bytes, none);
    EXPECT_FALSE(edge);
    return dom(edge.error().error.spec_data()).as_object();
  };
  const auto data = data_of("1900-01-01");
  EXPECT_EQ(data.at("requested"), "1900-01-01");
  EXPECT_EQ(data.at("supported"), dom(supported_revisions_json));
  EXPECT_EQ(data_of(R"(\"\u0000)").at("requested").as_string(), std::string_view("\"\0", 2));
  EXPECT_LE(data_of(std::string(5000, 'v')).at("requested").as_string().size(), 64U);
}

TEST(Edge, StdioNeedsNoHeaders) {
  const Parsed call(with_meta("tools/call", envelope(), R"("name":"a")"));
  EXPECT_EQ(classify_stdio(call.message, call.bytes, none)->revision, Revision::v2026_07_28);
  EXPECT_EQ(classify_stdio(call.message, call.bytes, Revision::v2025_06_18)->revision, Revision::v2026_07_28);

  const Parsed plain(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
  EXPECT_EQ(classify_stdio(plain.message, plain.bytes, Revision::v2024_11_05)->revision,
            Revision::v2024_11_05);
  EXPECT_EQ(classify_stdio(plain.message, plain.bytes, none)->revision, assumed_legacy);

  const Parsed ping(with_meta("ping", envelope()));
  EXPECT_EQ(classify_stdio(ping.message, ping.bytes, none).error().error.code(),
            Code::proto_method_not_found);
  const Parsed broken(with_meta("tools/list", R"({"io.modelcontextprotocol/protocolVersion":"2026-07-28"})"));
  EXPECT_EQ(classify_stdio(broken.message, broken.bytes, none).error().error.code(),
            Code::proto_invalid_params);
}

TEST(Edge, OnlyNamesOfOurTableAreNamed) {
  EXPECT_TRUE(check_served(Method::tools_call, latest_modern));
  const Error known = check_served(Method::ping, latest_modern).error();
  EXPECT_EQ(std::get<std::string>(*known.slot(Slot::method)), "ping");
  const Error unknown = check_served(Method::unknown, latest_legacy).error();
  EXPECT_EQ(unknown.code(), Code::proto_method_not_found);
  if (const SlotValue* slot = unknown.slot(Slot::method); slot != nullptr)
    EXPECT_EQ(std::get<std::string>(*slot), "");
}

struct Status {
  Code code;
  Era era;
  Stage stage;
  int status;
  Method method = Method::tools_call;
};

TEST(Edge, HttpStatus) {
  using enum Code;
  using enum Era;
  using enum Stage;
  const Status table[] = {
      {proto_parse_error, legacy, edge, 400},
      {proto_invalid_request, Era::modern, edge, 400},
      {proto_invalid_params, Era::modern, edge, 400},
      {proto_invalid_params, Era::modern, call, 200},
      {proto_invalid_params, legacy, call, 200},
      {proto_header_mismatch, Era::modern, edge, 400},
      {proto_header_mismatch, Era::modern, call, 400},
      {proto_missing_client_capability, Era::modern, call, 400},
      {proto_missing_client_capability, legacy, call, 200},
      {proto_unsupported_version, legacy, edge, 400},
      {proto_method_not_found, Era::modern, edge, 404},
      {proto_method_not_found, Era::modern, call, 404},
      {proto_method_not_found, legacy, call, 200},
      {proto_method_not_found, legacy, edge, 200},
      {proto_session_unknown, legacy, edge, 404},
      {proto_origin_forbidden, legacy, edge, 403},
      {proto_not_acceptable, legacy, edge, 406},
      {proto_unsupported_media_type, legacy, edge, 415},
      {limit_request_too_large, legacy, edge, 413},
      {auth_invalid_credentials, legacy, edge, 401},
      {auth_insufficient_permissions, legacy, edge, 403},
      {auth_rate_limited, legacy, edge, 503},
      {auth_provider_error, legacy, edge, 503},
      {auth_timeout, legacy, edge, 503},
      {limit_rate_limited, legacy, edge, 503},
      {limit_rate_limited, legacy, call, 200},
      {limit_rate_limited, legacy, call, 503, Method::initialize},
      {limit_concurrency, Era::modern, call, 503, Method::server_discover},
      {limit_too_many_sessions, legacy, call, 503, Method::initialize},
      {limit_draining, Era::modern, edge, 503},
      {tool_not_found, Era::modern, call, 200},
      {policy_tool_denied, Era::modern, call, 200},
      {tool_server_unavailable, Era::modern, call, 200},
      {system_internal_error, Era::modern, call, 200},
      {system_internal_error, legacy, call, 200, Method::initialize},
  };
  for (const Status& row : table)
    EXPECT_EQ(http_status(Error(row.code), row.era, row.stage, row.method), row.status)
        << wire_name(row.code) << ' ' << name(row.era);
}

}  // namespace
}  // namespace sallyport::protocol
