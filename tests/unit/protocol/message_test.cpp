#include "protocol/message.hpp"

#include "parsed.hpp"

#include <gtest/gtest.h>

namespace sallyport::protocol {
namespace {

TEST(Message, ModernCallGivesEverySpan) {
  const Parsed call(
      R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"get_weather","arguments":{"city":"NY"},
 "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c"},
 "io.modelcontextprotocol/clientCapabilities":{"elicitation":{}},"io.modelcontextprotocol/logLevel":"info",
 "progressToken":"p1","traceparent":"00-af-b7-01","dev.sallyport/hops":2},"requestState":"s","inputResponses":{}}})");
  EXPECT_EQ(call.message.kind(), MessageKind::request);
  EXPECT_EQ(call.message.method(), Method::tools_call);
  EXPECT_TRUE(call.message.has_line_breaks());
  EXPECT_EQ(call.message.id(call.bytes), "7");
  EXPECT_EQ(call.raw(Field::name), R"("get_weather")");
  EXPECT_EQ(call.raw(Field::arguments), R"({"city":"NY"})");
  EXPECT_EQ(call.raw(Field::meta_version), R"("2026-07-28")");
  EXPECT_EQ(call.raw(Field::meta_client_info), R"({"name":"c"})");
  EXPECT_EQ(call.raw(Field::meta_capabilities), R"({"elicitation":{}})");
  EXPECT_EQ(call.raw(Field::meta_log_level), R"("info")");
  EXPECT_EQ(call.raw(Field::progress_token), R"("p1")");
  EXPECT_EQ(call.raw(Field::traceparent), R"("00-af-b7-01")");
  EXPECT_EQ(call.raw(Field::hops), "2");
  EXPECT_EQ(call.raw(Field::request_state), R"("s")");
  EXPECT_EQ(call.raw(Field::input_responses), "{}");
  EXPECT_FALSE(call.message.has(Field::cursor));
  EXPECT_FALSE(call.message.has(Field::result));
}

TEST(Message, InitializeAndItsResult) {
  const Parsed request(
      R"({"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}})");
  EXPECT_EQ(request.raw(Field::protocol_version), R"("2025-06-18")");
  EXPECT_EQ(request.raw(Field::capabilities), "{}");
  EXPECT_EQ(request.raw(Field::client_info), R"({"name":"c","version":"1"})");
  EXPECT_FALSE(request.message.has_line_breaks());

  const Parsed result(
      R"({"jsonrpc":"2.0","id":"a","result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"s"},"instructions":"i"}})");
  EXPECT_EQ(result.message.kind(), MessageKind::result_response);
  EXPECT_EQ(result.raw(Field::result_version), R"("2025-06-18")");
  EXPECT_EQ(result.raw(Field::result_tools_list_changed), "true");
  EXPECT_EQ(result.raw(Field::server_info), R"({"name":"s"})");
  EXPECT_EQ(result.raw(Field::instructions), R"("i")");
}

TEST(Message, CallResult) {
  const Parsed result(
      R"({"result":{"content":[],"isError":true,"structuredContent":[1],"resultType":"complete","nextCursor":"","tools":[],"ttlMs":5,"cacheScope":"private","supportedVersions":["x"],"_meta":{"io.modelcontextprotocol/serverInfo":{}}},"jsonrpc":"2.0","id":-3})");
  EXPECT_EQ(result.message.id(result.bytes), "-3");
  EXPECT_EQ(result.raw(Field::content), "[]");
  EXPECT_EQ(result.raw(Field::is_error), "true");
  EXPECT_EQ(result.raw(Field::structured_content), "[1]");
  EXPECT_EQ(result.raw(Field::result_type), R"("complete")");
  EXPECT_EQ(result.raw(Field::next_cursor), R"("")");
  EXPECT_EQ(result.raw(Field::tools), "[]");
  EXPECT_EQ(result.raw(Field::ttl_ms), "5");
  EXPECT_EQ(result.raw(Field::cache_scope), R"("private")");
  EXPECT_EQ(result.raw(Field::supported_versions), R"(["x"])");
  EXPECT_EQ(result.raw(Field::result_server_info), "{}");
}

TEST(Message, ErrorResponses) {
  const Parsed error(
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"no","data":{"supported":["2026-07-28"]}}})");
  EXPECT_EQ(error.message.kind(), MessageKind::error_response);
  EXPECT_EQ(error.message.error_code(error.bytes), -32022);
  EXPECT_EQ(error.raw(Field::error_message), R"("no")");
  EXPECT_EQ(error.raw(Field::error_supported), R"(["2026-07-28"])");

  for (const char* id : {R"("id":null,)", ""}) {
    const Parsed nobody(std::string(R"({"jsonrpc":"2.0",)") + id + R"("error":{"code":1,"message":""}})");
    EXPECT_EQ(nobody.message.id(nobody.bytes), "");
    EXPECT_FALSE(nobody.message.has(Field::id));
  }
  const Parsed huge(R"({"jsonrpc":"2.0","error":{"code":99999999999,"message":""}})");
  EXPECT_EQ(huge.message.error_code(huge.bytes), 0);
}

TEST(Message, NotificationsOfAnUpstream) {
  const Parsed progress(
      R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":5,"progress":1}})");
  EXPECT_EQ(progress.message.kind(), MessageKind::notification);
  EXPECT_EQ(progress.raw(Field::notified_token), "5");
  const Parsed changed(
      R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"s1"}}})");
  EXPECT_EQ(changed.message.method(), Method::notifications_tools_list_changed);
  EXPECT_EQ(changed.raw(Field::meta_subscription), R"("s1")");
}

TEST(Message, WhatAListenAsksFor) {
  const auto topics = [](std::string_view filters) {
    const Parsed asked(
        R"({"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":)" +
        std::string(filters) + "}}");
    return listen_topics(asked.message, asked.bytes);
  };
  EXPECT_EQ(topics("{}"), Topics{});
  EXPECT_EQ(topics("[]"), Topics{});
  EXPECT_EQ(topics(R"({"toolsListChanged":true,"promptsListChanged":false,"resourcesListChanged":true})"),
            (Topics{Topic::tools, Topic::resources}));
}

TEST(Message, IdsKeepTheirType) {
  for (const char* id :
       {"1", R"("1")", "0", "-1", "123456789012345678901234567890", R"("")", R"("ä\n\u00e4")"}) {
    const Parsed request(std::string(R"({"jsonrpc":"2.0","method":"ping","id":)") + id + "}");
    EXPECT_EQ(request.message.kind(), MessageKind::request);
    EXPECT_EQ(request.message.id(request.bytes), id);
  }
}

TEST(Message, UnescapesOnlyWhatNeedsIt) {
  const Parsed plain(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a_b"}})");
  std::string scratch;
  const auto name = plain.message.text(Field::name, plain.bytes, scratch);
  ASSERT_TRUE(name);
  EXPECT_EQ(*name, "a_b");
  EXPECT_GE(name->data(), plain.bytes.data());
  EXPECT_LT(name->data(), plain.bytes.data() + plain.bytes.size());

  const Parsed escaped(
      R"({"jsonrpc":"2.0","id":1,"m\u0065thod":"tools\/call","params":{"n\u0061me":"a\u005fb"}})");
  EXPECT_EQ(escaped.message.method(), Method::tools_call);
  EXPECT_EQ(escaped.message.method_name(escaped.bytes), "tools/call");
  EXPECT_EQ(escaped.message.text(Field::name, escaped.bytes, scratch), "a_b");
  EXPECT_FALSE(escaped.message.text(Field::cursor, escaped.bytes, scratch));
}

TEST(Message, StaysGoodWhenTheBytesMove) {
  Parsed request(R"({"jsonrpc":"2.0","id":"x","method":"nobody/knows"})");
  std::string moved = std::move(request.bytes);
  moved.reserve(4096);
  EXPECT_EQ(request.message.id(moved), R"("x")");
  EXPECT_EQ(request.message.method(), Method::unknown);
  EXPECT_EQ(request.message.method_name(moved), "nobody/knows");
}

struct Refused {
  std::string_view bytes;
  Flaw flaw;
  std::string_view id = {};
};

TEST(Message, Refusals) {
  const Refused table[] = {
      {R"()", Flaw::not_json},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping")", Flaw::not_json},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping"}{})", Flaw::not_json},
      {R"({"jsonrpc":"2.0","id":1,"id":2,"method":"ping"})", Flaw::not_json},
      {R"({"jsonrpc":"2.0","id":1,"\u0069d":2,"method":"ping"})", Flaw::not_json},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", Flaw::not_json},
      {R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])", Flaw::batch},
      {"[]", Flaw::batch},
      {"1", Flaw::not_jsonrpc},
      {"null", Flaw::not_jsonrpc},
      {"{}", Flaw::not_jsonrpc},
      {R"({"id":1,"method":"ping"})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":"1.0","id":1,"method":"ping"})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":2.0,"id":"a","method":"ping"})", Flaw::not_jsonrpc, R"("a")"},
      {R"({"jsonrpc":"2.0","id":null,"method":"ping"})", Flaw::not_jsonrpc},
      {R"({"jsonrpc":"2.0","id":1.0,"method":"ping"})", Flaw::not_jsonrpc},
      {R"({"jsonrpc":"2.0","id":1e2,"method":"ping"})", Flaw::not_jsonrpc},
      {R"({"jsonrpc":"2.0","id":true,"method":"ping"})", Flaw::not_jsonrpc},
      {R"({"jsonrpc":"2.0","id":{},"method":"ping"})", Flaw::not_jsonrpc},
      {R"({"jsonrpc":"2.0","id":[1],"method":"ping"})", Flaw::not_jsonrpc},
      {R"({"jsonrpc":"2.0","id":1,"method":5})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":"2.0","id":1})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping","params":[]})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping","params":null})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping","result":{}})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":"2.0","id":1,"method":"ping","error":{"code":1,"message":""}})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":"2.0","result":{}})", Flaw::not_jsonrpc},
      {R"({"jsonrpc":"2.0","id":null,"result":{}})", Flaw::not_jsonrpc},
      {R"({"jsonrpc":"2.0","id":1,"result":[]})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":"2.0","id":1,"error":"no"})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}})", Flaw::not_jsonrpc, "1"},
      {R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})", Flaw::not_jsonrpc, "1"},
  };
  for (const Refused& row : table) {
    const auto parsed = parse_message(row.bytes);
    ASSERT_FALSE(parsed) << row.bytes;
    EXPECT_EQ(parsed.error().flaw, row.flaw) << row.bytes;
    EXPECT_EQ(parsed.error().id, row.id) << row.bytes;
    EXPECT_EQ(parsed.error().fault.has_value(), row.flaw == Flaw::not_json) << row.bytes;
    EXPECT_EQ(parsed.error().error.code(),
              row.flaw == Flaw::not_json ? Code::proto_parse_error : Code::proto_invalid_request)
        << row.bytes;
    EXPECT_EQ(parsed.error().error.executed(), Executed::no) << row.bytes;
  }
}

TEST(Message, LimitsHaveTheirOwnFlaw) {
  const std::string ping = R"({"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[[1]]}})";
  EXPECT_TRUE(parse_message(ping));
  const auto refused = [&](json::Limits limits) {
    auto parsed = parse_message(ping, limits);
    EXPECT_FALSE(parsed);
    EXPECT_EQ(parsed.error().flaw, Flaw::over_limit);
    return parsed.error().error;
  };
  const Error large = refused({.max_bytes = 20});
  EXPECT_EQ(large.code(), Code::limit_request_too_large);
  ASSERT_NE(large.slot(Slot::limit), nullptr);
  EXPECT_EQ(std::get<std::int64_t>(*large.slot(Slot::limit)), 20);
  EXPECT_EQ(refused({.max_string = 4}).code(), Code::limit_request_too_large);
  EXPECT_EQ(refused({.max_depth = 3}).code(), Code::proto_parse_error);
  EXPECT_EQ(refused({.max_keys = 3}).code(), Code::proto_parse_error);
}

TEST(Message, IdsAreBounded) {
  const auto with_id = [](std::size_t inside) {
    return R"({"jsonrpc":"2.0","method":"ping","id":")" + std::string(inside, 'x') + "\"}";
  };
  EXPECT_TRUE(parse_message(with_id(max_id_bytes - 2)));
  const auto refused = parse_message(with_id(max_id_bytes - 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().id, "");
}

TEST(Batch, ElementsOneByOne) {
  const std::string bytes = R"( [ {"jsonrpc":"2.0","id":1,"method":"ping"} , 5 ] )";
  const auto batch = parse_batch(bytes);
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->size(), 2U);
  EXPECT_TRUE(parse_message((*batch)[0].of(bytes)));
  EXPECT_FALSE(parse_message((*batch)[1].of(bytes)));
}

TEST(Batch, Bounds) {
  const auto array = [](std::size_t count) {
    std::string text = "[";
    for (std::size_t i = 0; i < count; ++i) text += i == 0 ? "{}" : ",{}";
    return text + "]";
  };
  EXPECT_TRUE(parse_batch(array(1)));
  EXPECT_TRUE(parse_batch(array(max_batch)));
  for (const std::string& bad : {array(0), array(max_batch + 1), array(5000), std::string("{}")}) {
    const auto refused = parse_batch(bad);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().error.code(), Code::proto_invalid_request);
  }
  EXPECT_EQ(parse_batch("[1,2").error().flaw, Flaw::not_json);
}

struct Params {
  std::string_view method;
  std::string_view params;  // the whole member or nothing
  std::string_view broken;  // the member that is named, or empty: good
};

TEST(Params, TypesThatAMethodNeeds) {
  const Params table[] = {
      {"tools/call", R"({"name":"a"})", ""},
      {"tools/call", R"({"name":"a","arguments":{"x":null}})", ""},
      {"tools/call", "", "params.name"},
      {"tools/call", R"({"arguments":{}})", "params.name"},
      {"tools/call", R"({"name":5})", "params.name"},
      {"tools/call", R"({"name":"a","arguments":[]})", "params.arguments"},
      {"tools/call", R"({"name":"a","arguments":null})", "params.arguments"},
      {"tools/call", R"({"name":"a","_meta":5})", "params._meta"},
      {"tools/call", R"({"name":"a","_meta":{"progressToken":1.5}})", "params._meta.progressToken"},
      {"tools/call", R"({"name":"a","_meta":{"progressToken":null}})", "params._meta.progressToken"},
      {"tools/call", R"({"name":"a","_meta":{"progressToken":"t"}})", ""},
      {"tools/list", "", ""},
      {"tools/list", R"({"cursor":""})", ""},
      {"tools/list", R"({"cursor":5})", "params.cursor"},
      {"tools/list", R"({"cursor":null})", "params.cursor"},
      {"ping", R"({"anything":[]})", ""},
      {"initialize", R"({"protocolVersion":"x","capabilities":{},"clientInfo":{}})", ""},
      {"prompts/list", R"({"cursor":1})", "params.cursor"},
      {"resources/templates/list", R"({"cursor":"x"})", ""},
      {"prompts/get", R"({"arguments":{}})", "params.name"},
      {"prompts/get", R"({"name":"p","arguments":[]})", "params.arguments"},
      {"resources/read", "{}", "params.uri"},
      {"resources/read", R"({"uri":"a:1"})", ""},
      {"initialize", R"({"capabilities":{},"clientInfo":{}})", "params.protocolVersion"},
      {"initialize", R"({"protocolVersion":"x","clientInfo":{}})", "params.capabilities"},
      {"initialize", R"({"protocolVersion":"x","capabilities":{}})", "params.clientInfo"},
      {"subscriptions/listen", R"({"notifications":{"toolsListChanged":true}})", ""},
      {"subscriptions/listen", R"({"notifications":{}})", ""},
      {"subscriptions/listen", R"({})", "params.notifications"},
      {"subscriptions/listen", R"({"notifications":{"promptsListChanged":null}})",
       "params.notifications.promptsListChanged"},
      {"subscriptions/listen", R"({"notifications":{"toolsListChanged":1}})",
       "params.notifications.toolsListChanged"},
      {"notifications/cancelled", R"({"requestId":1})", ""},
      {"notifications/cancelled", R"({})", "params.requestId"},
      {"notifications/cancelled", R"({"requestId":null})", "params.requestId"},
      {"notifications/progress", R"({"progress":1})", "params.progressToken"},
  };
  for (const Params& row : table) {
    std::string text = R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(row.method) + '"';
    if (!row.params.empty()) text += R"(,"params":)" + std::string(row.params);
    const Parsed parsed(text + "}");
    const auto checked = check_params(parsed.message, parsed.bytes);
    ASSERT_EQ(checked.has_value(), row.broken.empty()) << text;
    if (checked) continue;
    EXPECT_EQ(checked.error().code(), Code::proto_invalid_params) << text;
    EXPECT_EQ(std::get<std::string>(*checked.error().slot(Slot::pointer)), row.broken) << text;
  }
}

}  // namespace
}  // namespace sallyport::protocol
