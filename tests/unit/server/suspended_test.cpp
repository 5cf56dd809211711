// What becomes of a run whose client does not come back.
#include "server/suspended.hpp"

#include "errors/authored.hpp"
#include "protocol/message.hpp"
#include "server/asking.hpp"
#include "support/run_task.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::server {
namespace {

using namespace std::chrono_literals;

TEST(Suspended, AFunctionHearsThatItsClientDidNotAnswerInTime) {
  task::Loop loop;
  Runs runs(loop);
  Suspended suspended(loop, {.expiry = 1ms}, runs, {});
  const std::string bytes = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","_meta":{)"
                            R"("io.modelcontextprotocol/clientCapabilities":{"roots":{}}}}})";
  const auto message = protocol::parse_message(bytes);
  ASSERT_TRUE(message);
  const pipeline::Principal principal;
  pipeline::Call call;
  call.bytes = bytes;
  call.message = &*message;
  call.revision = protocol::latest_modern;
  call.principal = &principal;

  std::optional<Error> heard;
  std::optional<Code> after;
  const Runs::Start start = [&](std::shared_ptr<Running> running) -> Task<std::string> {
    heard = (co_await running->ask({Question::roots("r")})).error();
    after = (co_await running->ask({Question::roots("s")})).error().code();
    co_return "";
  };
  const Result<std::string> asked = testing::run(loop, suspended.run(call, start));
  ASSERT_TRUE(asked);
  EXPECT_THAT(*asked, ::testing::HasSubstr("input_required"));
  EXPECT_TRUE(testing::run(loop, runs.join()));
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->code(), Code::proto_question_unanswered);
  EXPECT_EQ(heard->authored()->error_class, ErrorClass::server_request_error);
  EXPECT_EQ(after, Code::proto_cancelled) << "nobody is asked any more";
  EXPECT_EQ(suspended.rounds(), 0u);
}

}  // namespace
}  // namespace sallyport::server
