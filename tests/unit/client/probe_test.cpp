// What real servers answer to server/discover (mcp-wire 3.3), and what that says of their era.
#include "client/probe.hpp"

#include "unit/protocol/parsed.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sallyport::client {
namespace {

ProbeVerdict judge(std::string_view member) {
  const protocol::Parsed answer(R"({"jsonrpc":"2.0","id":1,)" + std::string(member) + "}");
  return judge_probe(answer.bytes, answer.message);
}

struct Row {
  std::string_view who;
  std::string_view answer;
  ProbeVerdict verdict;
};

constexpr Row rows[] = {
    {"TS SDK v1 on stdio", R"("error":{"code":-32601,"message":"Method not found"})", ProbeVerdict::legacy},
    {"TS SDK v1 over HTTP", R"("error":{"code":-32000,"message":"Bad Request: Server not initialized"})",
     ProbeVerdict::legacy},
    {"supergateway", R"("error":{"code":-32601,"message":"Method not found"})", ProbeVerdict::legacy},
    {"TS SDK v2, mcp-proxy",
     R"("result":{"supportedVersions":["2026-07-28"],"capabilities":{},"resultType":"complete"})",
     ProbeVerdict::modern},
    {"a dual one that names ours last", R"("result":{"supportedVersions":["2027-01-01","2026-07-28"]})",
     ProbeVerdict::modern},
    {"one that escapes what it need not", R"("result":{"supportedVersions":["2026\u002d07-28"]})",
     ProbeVerdict::modern},
    {"a later revision only", R"("result":{"supportedVersions":["2027-01-01"]})", ProbeVerdict::incompatible},
    {"no revision at all", R"("result":{"supportedVersions":[]})", ProbeVerdict::incompatible},
    {"a list that is none", R"("result":{"supportedVersions":"2026-07-28"})", ProbeVerdict::incompatible},
    {"a result of something else", R"("result":{"ok":true})", ProbeVerdict::legacy},
    {"unsupported version, ours is there",
     R"("error":{"code":-32022,"message":"no","data":{"supported":["2026-07-28"],"requested":"x"}})",
     ProbeVerdict::modern},
    {"unsupported version, ours is not there",
     R"("error":{"code":-32022,"message":"no","data":{"supported":["2027-01-01"]}})",
     ProbeVerdict::incompatible},
    {"unsupported version without a list", R"("error":{"code":-32022,"message":"no"})",
     ProbeVerdict::incompatible},
    {"header mismatch", R"("error":{"code":-32020,"message":"no"})", ProbeVerdict::modern},
    {"missing capability", R"("error":{"code":-32021,"message":"no"})", ProbeVerdict::modern},
    {"invalid request", R"("error":{"code":-32600,"message":"no"})", ProbeVerdict::legacy},
    {"invalid params", R"("error":{"code":-32602,"message":"no"})", ProbeVerdict::legacy},
    {"a code that fits no int", R"("error":{"code":99999999999,"message":"no"})", ProbeVerdict::legacy},
};

TEST(Probe, Table) {
  for (const Row& row : rows) EXPECT_EQ(judge(row.answer), row.verdict) << row.who;
}

}  // namespace
}  // namespace sallyport::client
