#include "protocol/rewrite.hpp"

#include "parsed.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace sallyport::protocol {
namespace {

namespace bj = boost::json;

constexpr std::string_view server_info_key = "io.modelcontextprotocol/serverInfo";

std::string response_of(std::string_view result) {
  return R"({"jsonrpc":"2.0","id":9,"result":)" + std::string(result) + "}";
}

std::string rewritten(std::string_view result, Revision client, std::string_view degraded = {},
                      Method method = Method::tools_call) {
  const Parsed parsed(response_of(result));
  std::string storage;
  return std::string(rewrite_result(parsed.bytes, parsed.message, method, client, storage, degraded));
}

struct Row {
  std::string_view from;
  Revision client;
  std::string_view to;
};

TEST(RewriteResult, Table) {
  const std::string ours = R"("io.modelcontextprotocol/serverInfo":)" + std::string(implementation());
  const std::string complete = R"("resultType":"complete","_meta":{)" + ours + "}}";
  using enum Revision;
  const std::tuple<std::string, Revision, std::string> table[] = {
      // nothing to change
      {R"({ "content" : [] })", v2025_06_18, R"({ "content" : [] })"},
      {R"({"content":[],"isError":true,"structuredContent":{},"_meta":{"k":1}})", v2025_06_18,
       R"({"content":[],"isError":true,"structuredContent":{},"_meta":{"k":1}})"},
      // towards legacy
      {R"({"resultType":"complete","content":[],"ttlMs":1,"cacheScope":"public"})", v2025_11_25,
       R"({"content":[]})"},
      {R"({"resultType":"complete"})", v2025_11_25, "{}"},
      {R"({"content":[],"structuredContent":[1]})", v2025_06_18, R"({"content":[]})"},
      {R"({"content":[],"structuredContent":null})", v2025_06_18, R"({"content":[]})"},
      {R"({"content":[],"structuredContent":{}})", v2025_03_26, R"({"content":[]})"},
      // blocks that a revision has no word for
      {R"({"content":[{"type":"text","text":"a"},{"type":"resource_link","uri":"x:1","name":"n\"1"},5]})",
       v2025_03_26, R"({"content":[{"type":"text","text":"a"},{"type":"text","text":"n\"1: x:1"},5]})"},
      {R"({"content":[{"type":"resource_link","uri":"x:1","name":"n"}]})", v2025_06_18,
       R"({"content":[{"type":"resource_link","uri":"x:1","name":"n"}]})"},
      {R"({"content":[{"type":"audio","data":"AA==","mimeType":"audio/wav"}]})", v2024_11_05,
       R"({"content":[{"type":"text","text":"[audio, audio/wav, which protocol revision 2024-11-05 cannot carry]"}]})"},
      {R"({"content":[{"type":"audio","data":"AA==","mimeType":"audio/wav"}]})", v2025_03_26,
       R"({"content":[{"type":"audio","data":"AA==","mimeType":"audio/wav"}]})"},
      {R"({"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"x"},"k":1}})", v2025_06_18,
       R"({"_meta":{"k":1}})"},
      {R"({"_meta":{"dev.sallyport/error":{"code":"X"},"arcade":1,"dev.sallyport/":0,"dev.sallyportal":2}})",
       v2025_06_18, R"({"_meta":{"dev.sallyportal":2}})"},
      {R"({"_meta":{"\u0064ev.sallyport/error":1,"arc\u0061de":1}})", v2025_06_18, R"({"_meta":{}})"},
      {R"({"_meta":5,"content":[]})", v2025_06_18, R"({"content":[]})"},
      // towards modern
      {R"({"content":[]})", v2026_07_28, R"({"content":[],)" + complete},
      {"{}", v2026_07_28, "{" + complete},
      {R"({"structuredContent":[1]})", v2026_07_28, R"({"structuredContent":[1],)" + complete},
      {R"({"resultType":"complete","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"x"}}})",
       v2026_07_28, "{" + complete},
      {R"({"resultType":"complete","_meta":{"k":1,"arcade":{}}})", v2026_07_28,
       R"({"resultType":"complete","_meta":{"k":1,)" + ours + "}}"},
      {R"({"resultType":5,"_meta":null})", v2026_07_28, "{" + complete},
  };
  for (const auto& [from, client, to] : table)
    EXPECT_EQ(rewritten(from, client), to) << from << ' ' << name(client);
}

TEST(RewriteResult, NothingToChangeIsNotCopied) {
  const Parsed parsed(response_of(R"({"content":[{"type":"text","text":"x"}],"_meta":{"k":1}})"));
  std::string storage;
  const auto result =
      rewrite_result(parsed.bytes, parsed.message, Method::tools_call, Revision::v2025_06_18, storage);
  EXPECT_EQ(result.data(), parsed.bytes.data() + parsed.message[Field::result].value.span.begin);
  EXPECT_EQ(storage.size(), 0U);
}

TEST(RewriteResult, BlocksOfAPromptStandInItsMessages) {
  constexpr std::string_view prompt =
      R"({"messages":[{"role":"user","content":{"type":"resource_link","uri":"x:1","name":"n"}},{"role":"user"},7]})";
  EXPECT_EQ(rewritten(prompt, Revision::v2025_03_26, {}, Method::prompts_get),
            R"({"messages":[{"role":"user","content":{"type":"text","text":"n: x:1"}},{"role":"user"},7]})");
  EXPECT_EQ(rewritten(prompt, Revision::v2025_06_18, {}, Method::prompts_get), prompt);
}

TEST(RewriteResult, WhatMayBeCachedSaysSo) {
  const auto caching = [](std::string_view result) {
    const bj::value out = dom(rewritten(result, latest_modern, {}, Method::resources_read));
    return bj::serialize(out.at("ttlMs")) + " " + bj::serialize(out.at("cacheScope"));
  };
  EXPECT_EQ(caching(R"({"contents":[]})"), R"(0 "private")");
  EXPECT_EQ(caching(R"({"contents":[],"ttlMs":5000,"cacheScope":"public"})"), R"(5000 "private")");
  EXPECT_EQ(caching(R"({"contents":[],"ttlMs":-1,"cacheScope":7})"), R"(0 "private")");
  EXPECT_EQ(caching(R"({"contents":[],"ttlMs":"1"})"), R"(0 "private")");
  EXPECT_EQ(rewritten(R"({"contents":[],"ttlMs":1})", latest_legacy, {}, Method::resources_read),
            R"({"contents":[]})");
}

TEST(RewriteResult, DegradedMark) {
  constexpr std::string_view mark = R"([{"what":"session","code":"RECOVERY_004"}])";
  for (const Revision client : supported_revisions) {
    for (const char* result : {"{}", R"({"_meta":{}})", R"({"_meta":{"k":1,"dev.sallyport/degraded":[]}})"}) {
      const bj::value out = dom(rewritten(result, client, mark));
      EXPECT_EQ(out.at("_meta").at("dev.sallyport/degraded"), dom(mark)) << result << name(client);
    }
  }
}

// What the splicing must amount to, done on a tree.
bj::value expected(bj::value result, Revision client) {
  bj::object& root = result.as_object();
  const bool modern = era(client) == Era::modern;
  if (bj::value* meta = root.if_contains("_meta"); meta != nullptr && !meta->is_object()) root.erase("_meta");
  if (bj::value* meta = root.if_contains("_meta"); meta != nullptr) {
    std::vector<std::string> reserved{std::string(server_info_key)};
    for (const auto& member : meta->as_object())
      if (member.key() == "arcade" || member.key().starts_with("dev.sallyport/"))
        reserved.emplace_back(member.key());
    for (const std::string& key : reserved) meta->as_object().erase(key);
  }
  if (modern) {
    root["resultType"] = "complete";
    if (!root.contains("_meta")) root["_meta"] = bj::object();
    root["_meta"].as_object()[server_info_key] = dom(implementation());
    return result;
  }
  for (const char* key : {"resultType", "ttlMs", "cacheScope"}) root.erase(key);
  if (const bj::value* content = root.if_contains("structuredContent");
      content != nullptr && (!content->is_object() || client < Revision::v2025_06_18))
    root.erase("structuredContent");
  return result;
}

bj::value random_result() {
  const auto some = [](std::initializer_list<const char*> texts) {
    return dom(*rc::gen::elementOf(std::vector<std::string>(texts.begin(), texts.end())));
  };
  bj::object root;
  for (const char* key : *rc::gen::container<std::vector<const char*>>(
           rc::gen::element("content", "ttlMs", "cacheScope", "isError", "other", "_meta", "resultType"))) {
    if (std::string_view(key) == "resultType") {
      root[key] = "complete";
    } else if (std::string_view(key) != "_meta") {
      root[key] = some({"1", "[]", R"({"a":{"_meta":{"arcade":1}}})", R"("\"},{")"});
    }
  }
  if (*rc::gen::arbitrary<bool>()) root["structuredContent"] = some({"{}", "[1]", "null", R"({"x":"y"})"});
  if (*rc::gen::arbitrary<bool>()) {
    bj::object meta;
    for (const char* key : *rc::gen::container<std::vector<const char*>>(
             rc::gen::element("arcade", "dev.sallyport/error", "dev.sallyport/x", "k", "é\n",
                              "io.modelcontextprotocol/serverInfo", "dev.sallyportal")))
      meta[key] = some({"1", "{}", R"({"name":"theirs"})"});
    root["_meta"] = meta;
  }
  return root;
}

RC_GTEST_PROP(RewriteResult, AgreesWithATree, ()) {
  const bj::value result = random_result();
  for (const Revision client : supported_revisions)
    RC_ASSERT(dom(rewritten(bj::serialize(result), client)) == expected(result, client));
}

TEST(ClassifyResult, Words) {
  const auto classified = [](std::string_view result) {
    const Parsed parsed(response_of(result));
    return classify_result(parsed.message, parsed.bytes);
  };
  EXPECT_EQ(classified("{}"), ResultClass::complete);
  EXPECT_EQ(classified(R"({"resultType":"complete"})"), ResultClass::complete);
  EXPECT_EQ(classified(R"({"resultType":"compl\u0065te"})"), ResultClass::complete);
  EXPECT_EQ(classified(R"({"resultType":"input_required"})"), ResultClass::input_required);
  EXPECT_EQ(classified(R"({"resultType":"task"})"), ResultClass::task);
  EXPECT_EQ(classified(R"({"resultType":"other"})"), ResultClass::other);
  EXPECT_EQ(classified(R"({"resultType":5})"), ResultClass::other);
}

TEST(RewriteProgress, TakesTheCallersToken) {
  const Parsed progress(
      R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"_meta":{"x":1},"progressToken":77,"progress":0.5,"message":"half"}})");
  EXPECT_EQ(
      rewrite_progress(progress.bytes, progress.message, R"("mine")"),
      R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"mine","progress":0.5,"message":"half"}})");
}

TEST(RewriteNotifications, MetaOfOursTakesThePlaceOfTheUpstreams) {
  for (const char* params :
       {R"("_meta":{"x":1},"progressToken":7,"progress":1)", R"("progressToken":7,"progress":1)"}) {
    const Parsed progress(R"({"jsonrpc":"2.0","method":"notifications/progress","params":{)" +
                          std::string(params) + "}}");
    EXPECT_EQ(dom(rewrite_progress(progress.bytes, progress.message, "1", R"({"m":1})")),
              dom(R"({"jsonrpc":"2.0","method":"notifications/progress",)"
                  R"("params":{"progressToken":1,"progress":1,"_meta":{"m":1}}})"));
  }
  const Parsed log(
      R"({"jsonrpc":"2.0","method":"notifications/message","params":{"data":1,"level":"info","_meta":{"x":1}}})");
  EXPECT_EQ(
      rewrite_log(log.bytes, log.message, R"({"m":1})"),
      R"({"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1,"_meta":{"m":1}}})");
}

std::string error_for(std::string_view error, Revision client) {
  const Parsed parsed(R"({"jsonrpc":"2.0","id":9,"error":)" + std::string(error) + "}");
  return rewrite_error(parsed.bytes, parsed.message, Method::tools_call, R"("c")", client);
}

TEST(RewriteError, Codes) {
  using enum Revision;
  const std::tuple<int, Revision, int> table[] = {
      {-32601, v2025_06_18, -32601}, {-32602, v2026_07_28, -32602}, {-32603, v2024_11_05, -32603},
      {-32002, v2025_11_25, -32002}, {-32002, v2026_07_28, -32602}, {-32042, v2025_11_25, -32042},
      {-32042, v2025_06_18, -32603}, {-32042, v2026_07_28, -32603}, {-32021, v2026_07_28, -32021},
      {-32021, v2025_11_25, -32603}, {-32000, v2025_11_25, -32603}, {-32001, v2026_07_28, -32603},
      {-32768, v2026_07_28, -32603}, {-31999, v2025_06_18, -31999}, {-32769, v2025_06_18, -32769},
      {1204, v2025_06_18, 1204},     {0, v2025_06_18, -32603},
  };
  for (const auto& [from, client, to] : table) {
    const std::string out = error_for(R"({"code":)" + std::to_string(from) + R"(,"message":"m"})", client);
    EXPECT_EQ(dom(out).at("error").at("code"), to) << from << ' ' << name(client);
    EXPECT_EQ(dom(out).at("id"), "c");
  }
  EXPECT_EQ(dom(error_for(R"({"code":99999999999,"message":""})", latest_legacy)).at("error").at("code"),
            -32603);
}

TEST(ForwardedStatus, Is400WhereTheClientsRevisionWantsIt) {
  const auto status = [](std::string_view body, Revision client) {
    const Parsed parsed(R"({"jsonrpc":"2.0","id":1,)" + std::string(body) + "}");
    return forwarded_status(parsed.bytes, parsed.message, client);
  };
  constexpr std::string_view missing = R"("error":{"code":-32021,"message":"no"})";
  EXPECT_EQ(status(missing, latest_modern), 400);
  EXPECT_EQ(status(missing, latest_legacy), 200) << "it is -32603 there";
  EXPECT_EQ(status(R"("error":{"code":-32602,"message":"no"})", latest_modern), 200);
  EXPECT_EQ(status(R"("result":{"code":-32021})", latest_modern), 200);
}

TEST(RewriteError, MessageAndData) {
  const std::string out = error_for(
      R"({"code":-32602,"message":"a\u0000b\u001b[1mc\u0085d\u00e9\ud800","data":{"uri":"x://y","stack":"secret","dev.sallyport/error":{}}})",
      latest_modern);
  EXPECT_EQ(out.find("secret"), std::string::npos);
  EXPECT_EQ(out.find("dev.sallyport"), std::string::npos);
  EXPECT_TRUE(json::scan(out)) << out;
  EXPECT_NE(out.find(R"("message":"a b [1mc dé)"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("data":{"uri":"x://y"})"), std::string::npos) << out;

  const std::string plain = error_for(R"({"code":-32603,"message":"m","data":{"uri":"x"}})", latest_modern);
  EXPECT_EQ(plain, R"({"jsonrpc":"2.0","id":"c","error":{"code":-32603,"message":"m"}})");
  const std::string longer =
      error_for(R"({"code":1,"message":")" + std::string(5000, 'x') + "\"}", latest_modern);
  EXPECT_EQ(dom(longer).at("error").at("message").as_string().size(), 1024U);
}

}  // namespace
}  // namespace sallyport::protocol
