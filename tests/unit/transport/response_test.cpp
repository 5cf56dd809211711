// The bytes of an answer, for every kind of reply.
#include "transport/response.hpp"

#include "unit/protocol/parsed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::transport {
namespace {

using protocol::Parsed;
using ::testing::HasSubstr;
using ::testing::Not;

pipeline::Reply answer(std::string text, std::optional<Code> degraded = std::nullopt) {
  const Parsed parsed(std::move(text));
  auto made = std::make_unique<pipeline::Answer>();
  made->bytes = parsed.bytes;
  made->message = parsed.message;
  made->degraded = degraded;
  return made;
}

pipeline::Reply failed(const Error& error) {
  return pipeline::Failed(error, protocol::render(error, {.tools_call = true}));
}

std::string text(const pipeline::Reply& reply, std::string_view id = "\"theirs\"",
                 protocol::Revision revision = protocol::latest_legacy) {
  const ResponseText response(reply, id, revision);
  std::string joined;
  for (const std::string_view piece : response.pieces()) joined += piece;
  EXPECT_EQ(joined.size(), response.size());
  EXPECT_EQ(joined.empty(), response.empty());
  return joined;
}

TEST(ResponseText, AnUpstreamsResultUnderTheCallersId) {
  EXPECT_EQ(text(answer(R"({"id":7,"result":{"content":[], "n":1.0e400},"jsonrpc":"2.0"})")),
            R"({"jsonrpc":"2.0","id":"theirs","result":{"content":[], "n":1.0e400}})");
}

TEST(ResponseText, AModernClientGetsWhatItsRevisionRequires) {
  const std::string bytes =
      text(answer(R"({"jsonrpc":"2.0","id":7,"result":{"content":[]}})"), "1", protocol::latest_modern);
  EXPECT_THAT(bytes, HasSubstr(R"("resultType":"complete")"));
  EXPECT_EQ(Parsed(bytes).raw(protocol::Field::id), "1");
}

TEST(ResponseText, AnUpstreamsErrorStaysAnError) {
  const std::string bytes =
      text(answer(R"({"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"no such thing"}})"));
  const Parsed parsed(bytes);
  EXPECT_EQ(parsed.message.kind(), protocol::MessageKind::error_response);
  EXPECT_EQ(parsed.raw(protocol::Field::id), "\"theirs\"");
  EXPECT_EQ(parsed.message.error_code(bytes), -32602);
}

TEST(ResponseText, AResultThatCameInAnotherWaySaysSo) {
  const auto degraded =
      answer(R"({"jsonrpc":"2.0","id":7,"result":{"content":[]}})", Code::recovery_session_reset);
  EXPECT_THAT(text(degraded), HasSubstr(R"("dev.sallyport/degraded":[{"what":"RECOVERY_SESSION_RESET")"));
  EXPECT_NO_THROW(Parsed(text(degraded)));
}

TEST(ResponseText, AResultOfOurOwn) {
  const pipeline::Reply local = pipeline::Local{std::make_shared<const std::string>(R"({"tools":[]})")};
  EXPECT_EQ(text(local, "1"), R"({"jsonrpc":"2.0","id":1,"result":{"tools":[]}})");
}

TEST(ResponseText, AFailureIsAToolResultOrAnErrorAsItsCodeWants) {
  const Parsed tool(text(failed(Error(Code::tool_server_unavailable))));
  EXPECT_EQ(tool.message.kind(), protocol::MessageKind::result_response);
  EXPECT_TRUE(tool.message.is(protocol::Field::is_error, json::Type::true_value));
  const Parsed rpc(text(failed(Error(Code::proto_invalid_params).with_executed(Executed::no))));
  EXPECT_EQ(rpc.message.kind(), protocol::MessageKind::error_response);
  EXPECT_EQ(rpc.message.error_code(rpc.bytes), -32602);
}

TEST(ResponseText, WhoCancelledHearsNothing) {
  EXPECT_EQ(text(failed(Error(Code::proto_cancelled))), "");
}

TEST(ResponseText, OneLineForALineFramedPeer) {
  const auto reply = answer("{\"jsonrpc\":\"2.0\",\"id\":7,\r\n\"result\":{\n\"text\":\"a\\nb\"\r\n}}");
  std::string out = "before\n";
  ResponseText(reply, "1", protocol::latest_legacy).append_line(out);
  EXPECT_TRUE(out.starts_with("before\n{"));
  EXPECT_THAT(out.substr(7), Not(HasSubstr("\n")));
  EXPECT_THAT(out, Not(HasSubstr("\r")));
  EXPECT_THAT(out, HasSubstr(R"("a\nb")"));
}

}  // namespace
}  // namespace sallyport::transport
