#include "protocol/envelope.hpp"

#include "parsed.hpp"
#include "protocol/edge.hpp"

#include <gtest/gtest.h>

namespace sallyport::protocol {
namespace {

const std::string envelope_text =
    R"("io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":)" +
    std::string(implementation()) + R"(,"io.modelcontextprotocol/clientCapabilities":{})";

TEST(Envelope, WeNameOurselves) {
  const auto info = dom(implementation());
  EXPECT_EQ(info.at("name"), "sallyport");
  EXPECT_EQ(info.at("version"), SALLYPORT_VERSION);
}

TEST(Envelope, Meta) {
  const auto meta = [](Revision revision, const Meta& values) {
    std::string out = "before";
    append_meta(out, revision, values);
    return out.substr(6);
  };
  EXPECT_EQ(meta(latest_legacy, {}), "{}");
  EXPECT_EQ(meta(latest_legacy, {.traceparent = "00-a-b-01", .tracestate = "v=\"1"}),
            R"({"traceparent":"00-a-b-01","tracestate":"v=\"1"})");
  EXPECT_EQ(meta(latest_legacy, {.progress_token = "7", .traceparent = "00-a-b-01", .hops = 2}),
            R"({"progressToken":7,"traceparent":"00-a-b-01","dev.sallyport/hops":2})");
  EXPECT_EQ(meta(latest_modern, {}), "{" + envelope_text + "}");
  EXPECT_EQ(meta(latest_modern, {.hops = 1, .log_level = "info"}),
            R"({"dev.sallyport/hops":1,)" + envelope_text + R"(,"io.modelcontextprotocol/logLevel":"info"})");
}

TEST(Envelope, RequestsAreMessagesOfTheirEra) {
  const Meta meta{.progress_token = R"("t")", .traceparent = "00-a-b-01", .hops = 1};
  const std::pair<std::string, Revision> requests[] = {
      {initialize_request("1", Revision::v2025_11_25), Revision::v2025_11_25},
      {ping_request("1"), assumed_legacy},
      {discover_request("1", meta), latest_modern},
      {listen_request("1", {}, {}, meta), latest_modern},
      {listen_request("1", {}, std::vector<std::string>{"t"}, meta), latest_modern},
      {list_request("1", latest_modern, List::tools, R"("c")", meta), latest_modern},
      {list_request("1", latest_legacy, List::tools, {}, meta), assumed_legacy},
      {tools_call_request("1", latest_modern, "a\"b", R"({"x":1})", meta), latest_modern},
      {tools_call_request("1", latest_legacy, "a", {}, meta), assumed_legacy},
  };
  for (const auto& [bytes, revision] : requests) {
    const Parsed request(bytes);
    EXPECT_TRUE(request.message.is_request()) << bytes;
    EXPECT_TRUE(check_params(request.message, bytes)) << bytes;
    const auto edge = classify_stdio(request.message, bytes, std::nullopt);
    ASSERT_TRUE(edge) << bytes;
    EXPECT_EQ(edge->revision, revision) << bytes;
  }
}

TEST(Envelope, CallCarriesNameAndArguments) {
  const Parsed call(tools_call_request(R"("i")", latest_legacy, "näme\n", R"({"x":[1e400]})", {}));
  std::string scratch;
  EXPECT_EQ(call.message.id(call.bytes), R"("i")");
  EXPECT_EQ(call.message.text(Field::name, call.bytes, scratch), "näme\n");
  EXPECT_EQ(call.raw(Field::arguments), R"({"x":[1e400]})");
  const Parsed list(list_request("1", latest_legacy, List::tools, R"("c\u0000")", {}));
  EXPECT_EQ(list.raw(Field::cursor), R"("c\u0000")");
}

TEST(Envelope, Notifications) {
  EXPECT_EQ(initialized_notification(), R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  const Parsed cancelled(cancelled_notification("12", "deadline"));
  EXPECT_EQ(cancelled.raw(Field::request_id), "12");
  EXPECT_TRUE(check_params(cancelled.message, cancelled.bytes));
  EXPECT_EQ(list_changed_notification(Topic::tools),
            R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
  EXPECT_EQ(list_changed_notification(Topic::resources),
            R"({"jsonrpc":"2.0","method":"notifications/resources/list_changed"})");
  const Parsed tagged(list_changed_notification(Topic::prompts, R"("s")"));
  EXPECT_EQ(tagged.message.method(), Method::notifications_prompts_list_changed);
  EXPECT_EQ(tagged.raw(Field::meta_subscription), R"("s")");
  const Parsed acknowledged(listen_acknowledged_notification("3", {Topic::tools, Topic::prompts}));
  EXPECT_EQ(acknowledged.message.method(), Method::notifications_subscriptions_acknowledged);
  EXPECT_EQ(acknowledged.raw(Field::meta_subscription), "3");
  EXPECT_EQ(acknowledged.raw(Field::notifications), R"({"toolsListChanged":true,"promptsListChanged":true})");
  EXPECT_EQ(Parsed(listen_acknowledged_notification("3", {})).raw(Field::notifications), "{}");
}

TEST(Envelope, Responses) {
  EXPECT_EQ(result_response("1", "{}"), R"({"jsonrpc":"2.0","id":1,"result":{}})");
  const Parsed refused(method_not_found_response(R"("x")"));
  EXPECT_EQ(refused.message.error_code(refused.bytes), -32601);
  EXPECT_EQ(refused.message.id(refused.bytes), R"("x")");
}

TEST(Envelope, InitializeResult) {
  const auto result = dom(initialize_result(Revision::v2025_06_18, {.tools = true}, "say \"hi\""));
  EXPECT_EQ(
      result,
      dom(R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true}},"serverInfo":)" +
          std::string(implementation()) + R"(,"instructions":"say \"hi\""})"));
  const auto bare = dom(initialize_result(Revision::v2025_06_18, {}));
  EXPECT_EQ(bare.at("capabilities"), dom("{}"));
  EXPECT_FALSE(bare.as_object().contains("instructions"));
}

TEST(Envelope, DiscoverResult) {
  const auto result = dom(discover_result({.tools = true}, 5000, CacheScope::private_scope));
  EXPECT_EQ(result,
            dom(R"({"resultType":"complete","supportedVersions":)" + std::string(supported_revisions_json) +
                R"(,"capabilities":{"tools":{"listChanged":true}},"ttlMs":5000,"cacheScope":"private",)" +
                R"("_meta":{"io.modelcontextprotocol/serverInfo":)" + std::string(implementation()) + "}}"));
}

TEST(Envelope, SmallResults) {
  const std::string info = R"("io.modelcontextprotocol/serverInfo":)" + std::string(implementation());
  EXPECT_EQ(empty_result(Revision::v2024_11_05), "{}");
  EXPECT_EQ(empty_result(latest_modern), R"({"resultType":"complete","_meta":{)" + info + "}}");
  const auto listened = dom(listen_result("7"));
  EXPECT_EQ(listened.at("_meta").at("io.modelcontextprotocol/subscriptionId"), 7);
}

TEST(Envelope, ToolsList) {
  EXPECT_EQ(list_result(List::tools, latest_legacy, "[]", {}, 1, CacheScope::public_scope),
            R"({"tools":[]})");
  EXPECT_EQ(list_result(List::tools, latest_legacy, "[]", "n", 1, CacheScope::public_scope, "[1]"),
            R"({"tools":[],"nextCursor":"n","_meta":{"dev.sallyport/degraded":[1]}})");
  const Parsed modern(result_response(
      "1", list_result(List::tools, latest_modern, "[]", {}, 5, CacheScope::public_scope, "[1]")));
  EXPECT_EQ(modern.raw(Field::result_type), R"("complete")");
  EXPECT_EQ(modern.raw(Field::ttl_ms), "5");
  EXPECT_EQ(modern.raw(Field::cache_scope), R"("public")");
  EXPECT_EQ(modern.raw(Field::result_server_info), implementation());
}

}  // namespace
}  // namespace sallyport::protocol
