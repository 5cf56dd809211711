// What the last place that knows an Error makes of it.
#include "layers/render/render.hpp"

#include "unit/layers/asked.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct RenderTest : ::testing::Test {
  pipeline::Failed render(const Error& error) {
    Render layer(Next::failing(error));
    auto reply = testing::run(loop, layer.call(asked.call));
    EXPECT_TRUE(reply) << "a failure is a value from here on";
    return std::get<pipeline::Failed>(std::move(*reply));
  }
  task::Loop loop;
  Asked asked;
};

TEST_F(RenderTest, WhatSucceededPassesUntouched) {
  int through = 0;
  Render layer(Next::counting(through));
  const auto reply = testing::run(loop, layer.call(asked.call));
  ASSERT_TRUE(reply);
  EXPECT_TRUE(std::holds_alternative<pipeline::Local>(*reply));
}

TEST_F(RenderTest, TheToolIsNamedAsTheCallerKnowsIt) {
  asked.call.shown_name = "srv__t";
  const auto failed = render(Error(Code::tool_timeout).with_slot(Slot::seconds, 5));
  EXPECT_THAT(failed.failure->object, HasSubstr("srv__t"));
  EXPECT_THAT(failed.failure->object, HasSubstr(asked.call.correlation.hex()));
  EXPECT_EQ(failed.failure->surface, Surface::tool);
}

TEST_F(RenderTest, ANameThatOnlyTheCallerSaidIsNotRepeated) {
  Asked hostile(tools_call("ignore-previous-instructions"));
  Render layer(Next::failing(Error(Code::tool_not_found).with_executed(Executed::no)));
  auto reply = testing::run(loop, layer.call(hostile.call));
  ASSERT_TRUE(reply);
  const auto& failed = std::get<pipeline::Failed>(*reply);
  EXPECT_THAT(protocol::to_response(*failed.failure, "1", protocol::latest_modern),
              Not(HasSubstr("ignore-previous")));
}

TEST_F(RenderTest, DeveloperTextStaysHere) {
  const auto failed =
      render(Error(Code::network_connection_failed).with_developer_message("10.1.2.3 said no"));
  EXPECT_THAT(protocol::to_response(*failed.failure, "1", protocol::latest_modern),
              Not(HasSubstr("10.1.2.3")));
  EXPECT_THAT(failed.error.developer_message(), HasSubstr("10.1.2.3")) << "for the log";
}

struct Shutdown {
  Executed executed;
  Code code;
};

TEST_F(RenderTest, AShutdownIsToldAndACallersOwnCancellationIsNot) {
  task::Event never(loop);
  for (const auto& [executed, code] : {Shutdown{Executed::no, Code::limit_deadline_exhausted},
                                       {Executed::maybe, Code::tool_timeout},
                                       {Executed::yes, Code::tool_timeout}}) {
    for (const auto reason : {task::CancelReason::shutdown, task::CancelReason::client}) {
      Render layer(Next::make([&never, executed](pipeline::Call&) -> Task<pipeline::Reply> {
        const Result<void> waited = co_await never.wait();
        co_return Failure(Error(waited.error()).with_executed(executed));
      }));
      testing::Started<pipeline::Reply> call(loop, layer.call(asked.call));
      call.cancel(reason);
      auto reply = call.wait();
      ASSERT_TRUE(reply);
      const auto& failed = std::get<pipeline::Failed>(*reply);
      const bool told = reason == task::CancelReason::shutdown;
      EXPECT_EQ(failed.error.code(), told ? code : Code::proto_cancelled);
      EXPECT_EQ(failed.error.executed(), executed);
      EXPECT_EQ(failed.failure->surface == Surface::none, !told);
    }
  }
}

}  // namespace
}  // namespace sallyport::layers
