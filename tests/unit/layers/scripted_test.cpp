// The codes of layers that are not built yet, raised by a scripted layer in their place: what a client gets
// of them is decided above and does not wait for them.
#include "errors/reach.hpp"
#include "layers/render/render.hpp"
#include "pipeline/stack.hpp"
#include "transport/response.hpp"
#include "unit/layers/asked.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Stands where the layer will, and says what it would.
class Scripted final : public pipeline::Layer {
 public:
  Scripted(std::unique_ptr<pipeline::Service> next, const Error& error)
      : Layer(std::move(next)), error_(error) {}
  Task<pipeline::Reply> call(pipeline::Call&) override { co_return Failure(error_); }

 private:
  Error error_;
};

// A degraded success: the call goes on, and its answer is marked.
class Marking final : public pipeline::Layer {
 public:
  Marking(std::unique_ptr<pipeline::Service> next, Code mark) : Layer(std::move(next)), mark_(mark) {}
  Task<pipeline::Reply> call(pipeline::Call& call) override {
    pipeline::Reply reply = CO_TRY(co_await next().call(call));
    std::get<std::unique_ptr<pipeline::Answer>>(reply)->degraded = mark_;
    co_return reply;
  }

 private:
  Code mark_;
};

pipeline::Reply answered() {
  const protocol::Parsed parsed(R"({"jsonrpc":"2.0","id":7,"result":{"content":[]}})");
  auto answer = std::make_unique<pipeline::Answer>();
  answer->bytes = parsed.bytes;
  answer->message = parsed.message;
  return answer;
}

std::string joined(const pipeline::Reply& reply, protocol::Revision revision) {
  std::string out;
  const transport::ResponseText text(reply, "\"mine\"", revision);
  for (const std::string_view piece : text.pieces()) out += piece;
  return out;
}

struct ScriptedTest : ::testing::Test {
  pipeline::Reply pass(pipeline::Service& stack) {
    auto reply = testing::run(loop, stack.call(asked.call));
    EXPECT_TRUE(reply) << "a failure is a value above render";
    return std::move(*reply);
  }
  task::Loop loop;
  Asked asked;
};

TEST_F(ScriptedTest, EveryScriptedFailureReachesItsCaller) {
  for (const CatalogRow& row : catalog()) {
    if (!is_scripted(row.code) || row.family == Family::recovery) continue;
    const Error error =
        Error(row.code).with_executed(Executed::no).with_developer_message("canary from a provider");
    int calls = 0;
    const auto stack =
        pipeline::stack(pipeline::layer<Render>(), pipeline::layer<Scripted>(error), Next::counting(calls));
    const pipeline::Reply reply = pass(*stack);
    EXPECT_EQ(calls, 0) << row.wire_name;
    for (const protocol::Revision revision : protocol::supported_revisions) {
      const std::string text = joined(reply, revision);
      EXPECT_THAT(text, Not(HasSubstr("canary"))) << row.wire_name;
      if (row.surface == Surface::none) {
        EXPECT_EQ(text, "") << row.wire_name << " never reaches a client";
        continue;
      }
      const protocol::Parsed parsed(text);
      EXPECT_EQ(parsed.raw(protocol::Field::id), "\"mine\"");
      EXPECT_EQ(parsed.message.has(protocol::Field::is_error), row.surface == Surface::tool) << row.wire_name;
      EXPECT_THAT(text, HasSubstr(R"("code":")" + std::string(wire_name(row.shown_as)))) << row.wire_name;
      EXPECT_THAT(text, HasSubstr("It did not run.")) << row.wire_name;
    }
  }
}

TEST_F(ScriptedTest, EveryScriptedMarkStandsOnItsAnswer) {
  for (const CatalogRow& row : catalog()) {
    if (!is_scripted(row.code) || row.family != Family::recovery) continue;
    const auto stack =
        pipeline::stack(pipeline::layer<Render>(), pipeline::layer<Marking>(Code(row.code)),
                        Next::make([](pipeline::Call&) -> Task<pipeline::Reply> { co_return answered(); }));
    const pipeline::Reply reply = pass(*stack);
    for (const protocol::Revision revision : protocol::supported_revisions)
      EXPECT_THAT(joined(reply, revision),
                  HasSubstr(R"("dev.sallyport/degraded":[{"what":")" + std::string(row.full_name)));
  }
}

}  // namespace
}  // namespace sallyport::layers
