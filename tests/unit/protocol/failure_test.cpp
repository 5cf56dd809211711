#include "protocol/failure.hpp"

#include "parsed.hpp"
#include "protocol/envelope.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace sallyport::protocol {
namespace {

using std::chrono_literals::operator""ms;

constexpr std::string_view key = "dev.sallyport/error";

FailureContext in_call() {
  FailureContext context{.server = "files", .tool = "files__read", .tools_call = true};
  for (std::size_t i = 0; i < context.correlation.bytes.size(); ++i)
    context.correlation.bytes[i] = static_cast<std::byte>(i);
  return context;
}

// Every code as a call and as another request, in every revision.
std::string every_failure() {
  std::ostringstream out;
  for (const CatalogRow& entry : catalog()) {
    FailureContext context = in_call();
    const Error error = Error(entry.code).with_executed(Executed::no).with_retry_after(1500ms);
    for (const bool tools_call : {true, false}) {
      context.tools_call = tools_call;
      const CanonicalFailure failure = render(error, context);
      out << entry.wire_name << (tools_call ? " in a call" : " elsewhere") << '\n';
      std::string last;
      for (auto it = supported_revisions.rbegin(); it != supported_revisions.rend(); ++it) {
        const std::string text = to_response(failure, "1", *it);
        out << "  " << name(*it) << ' ' << (text == last ? "the same" : text) << '\n';
        last = text;
      }
    }
  }
  return out.str();
}

TEST(Failure, EveryCodeInEveryRevision) {
  const std::string path = SALLYPORT_SOURCE_DIR "/tests/golden/protocol_failures.txt";
  const std::string actual = every_failure();
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << actual;
  std::stringstream golden;
  golden << std::ifstream(path).rdbuf();
  EXPECT_EQ(actual, golden.str()) << "UPDATE_GOLDEN=1 writes " << path;
}

TEST(Failure, EveryAnswerIsAMessageOfItsEra) {
  for (const CatalogRow& entry : catalog()) {
    for (const Revision revision : supported_revisions) {
      const CanonicalFailure failure = render(Error(entry.code), in_call());
      const std::string text = to_response(failure, R"("i")", revision);
      ASSERT_EQ(text.empty(), failure.surface == Surface::none) << entry.wire_name;
      if (text.empty()) continue;
      const Parsed answer(text);
      EXPECT_EQ(answer.message.id(text), R"("i")");
      EXPECT_FALSE(answer.message.has(Field::structured_content));
      if (failure.surface == Surface::tool) {
        EXPECT_EQ(answer.raw(Field::is_error), "true");
        EXPECT_EQ(answer.message.has(Field::result_type), era(revision) == Era::modern);
        const auto result = dom(answer.raw(Field::result));
        EXPECT_EQ(result.at("_meta").at(key), dom(failure.object));
        EXPECT_EQ(result.at("content").as_array().size(), 1U);
        EXPECT_EQ(result.at("content").at(0).at("text").as_string(), failure.text);
        continue;
      }
      const int code = answer.message.error_code(text);
      EXPECT_EQ(code, era(revision) == Era::modern ? failure.rpc_code_modern : failure.rpc_code_legacy);
      const bool spec_code = code == -32700 || (code <= -32600 && code >= -32603);
      const bool legacy_code = era(revision) == Era::legacy && (code == -32002 || code == -32042);
      const bool modern_code = era(revision) == Era::modern && code <= -32020 && code >= -32022;
      EXPECT_TRUE(code > 0 || spec_code || legacy_code || modern_code) << entry.wire_name << ' ' << code;
      const auto error = dom(answer.raw(Field::error));
      EXPECT_EQ(error.at("message").as_string(), failure.text);
      EXPECT_EQ(error.at("data").at(key), dom(failure.object));
    }
  }
}

TEST(Failure, TheWholeObject) {
  FailureContext context = in_call();
  context.recovery = RecoveryNote{.strategy = Strategy::retry, .attempts = 3, .outcome = "gave_up"};
  context.additional_prompt_content = "ask \"x\"";
  Error error(Code::tool_server_unavailable);
  error.with_kind(Kind::upstream_runtime_rate_limit).with_executed(Executed::no).with_can_retry(true);
  error.with_retry_after(1001ms).with_status_code(429).with_wire_status(403);
  const CanonicalFailure failure = render(error, context);
  auto object = dom(failure.object).as_object();
  EXPECT_TRUE(object.at("suggestedActions").is_array());
  object.erase("suggestedActions");
  EXPECT_TRUE(object == dom(R"({"code":"TOOL_006","kind":"UPSTREAM_RUNTIME_RATE_LIMIT","severity":"medium",
    "executed":"no","canRetry":true,"retryAfterMs":1001,"statusCode":429,"wireStatus":403,
    "recovery":{"strategy":"retry","attempts":3,"outcome":"gave_up"},"server":"files","tool":"files__read",
    "correlationId":"000102030405060708090a0b0c0d0e0f","additionalPromptContent":"ask \"x\"",
    "docs":"errors#TOOL_006"})")
                            .as_object())
      << failure.object;
  EXPECT_EQ(failure.retry_after_seconds, 2);
  EXPECT_NE(failure.text.find("000102030405060708090a0b0c0d0e0f"), std::string::npos);
  EXPECT_NE(failure.text.find("'files'"), std::string::npos) << failure.text;
}

TEST(Failure, AbsentMembersAreLeftOut) {
  const CanonicalFailure failure = render(Error(Code::system_internal_error), {});
  const auto object = dom(failure.object).as_object();
  for (const char* absent :
       {"retryAfterMs", "statusCode", "wireStatus", "recovery", "server", "tool", "additionalPromptContent"})
    EXPECT_FALSE(object.contains(absent)) << absent;
  EXPECT_FALSE(failure.retry_after_seconds);
}

TEST(Failure, CanRetryIsAboutThisCall) {
  const auto can_retry = [](Executed executed, bool idempotent, bool transient) {
    FailureContext context = in_call();
    context.idempotent = idempotent;
    const Error error = Error(Code::tool_timeout).with_executed(executed).with_can_retry(transient);
    return dom(render(error, context).object).at("canRetry").as_bool();
  };
  EXPECT_TRUE(can_retry(Executed::no, false, true));
  EXPECT_FALSE(can_retry(Executed::maybe, false, true));
  EXPECT_FALSE(can_retry(Executed::yes, false, true));
  EXPECT_TRUE(can_retry(Executed::maybe, true, true));
  EXPECT_FALSE(can_retry(Executed::no, true, false));
}

TEST(Failure, ADeniedToolLooksLikeNone) {
  const auto bytes = [](Error error, FailureContext context) {
    return to_response(render(error.with_slot(Slot::tool, "files__delete"), context), "1", latest_modern);
  };
  FailureContext denied = in_call();
  denied.idempotent = true;
  denied.recovery = RecoveryNote{.strategy = Strategy::fail_closed, .attempts = 1, .outcome = "denied"};
  FailureContext unknown = in_call();
  unknown.server = unknown.tool = {};
  Error policy(Code::policy_tool_denied);
  policy.with_executed(Executed::maybe).with_status_code(403).with_retry_after(5ms).with_can_retry(true);
  policy.with_slot(Slot::server, "files").with_spec_data(R"({"rule":1})");
  const std::string shown = bytes(policy, denied);
  EXPECT_EQ(shown, bytes(Error(Code::tool_not_found), unknown));
  EXPECT_EQ(shown.find("POLICY"), std::string::npos);
}

TEST(Failure, AnUnknownToolIsRepeatedOnlyIfItIsAName) {
  const auto text = [](std::string_view tool) {
    return render(Error(Code::tool_not_found).with_slot(Slot::tool, tool), in_call()).text;
  };
  EXPECT_NE(text("read_file").find("read_file"), std::string::npos);
  EXPECT_EQ(text("<b>hi there</b>").find("hi"), std::string::npos);
  EXPECT_EQ(text(std::string(129, 'x')).find("xxx"), std::string::npos);
}

TEST(Failure, OutsideACallThereIsNoToolResult) {
  FailureContext context = in_call();
  EXPECT_EQ(render(Error(Code::tool_server_unavailable), context).surface, Surface::tool);
  context.tools_call = false;
  EXPECT_EQ(render(Error(Code::tool_server_unavailable), context).surface, Surface::rpc);
  EXPECT_EQ(render(Error(Code::proto_cancelled), context).surface, Surface::none);
}

TEST(Failure, SpecMembersStandBesideOurs) {
  const Error error =
      Error(Code::proto_unsupported_version).with_spec_data(R"({"supported":["a"],"requested":"b"})");
  const auto data = dom(to_jsonrpc_error(render(error, {}), "1", latest_modern)).at("error").at("data");
  EXPECT_EQ(data.at("supported"), dom(R"(["a"])"));
  EXPECT_EQ(data.at("requested"), "b");
  EXPECT_TRUE(data.at(key).is_object());
}

TEST(Failure, AnErrorWithoutAnId) {
  const CanonicalFailure failure = render(Error(Code::proto_parse_error), {});
  EXPECT_TRUE(dom(to_jsonrpc_error(failure, {}, latest_legacy)).at("id").is_null());
  EXPECT_FALSE(dom(to_jsonrpc_error(failure, {}, latest_modern)).as_object().contains("id"));
}

TEST(Failure, NoDeveloperTextLeaks) {
  Error error(Code::network_connection_failed);
  error.with_developer_message("canary-1")
      .with_cause(Error(Code::system_internal_error).with_developer_message("canary-2"));
  error.note("canary-3").with_extra("endpoint", std::string("canary-4"));
  for (const Revision revision : supported_revisions)
    EXPECT_EQ(to_response(render(error, in_call()), "1", revision).find("canary"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::protocol
