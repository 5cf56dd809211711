// What the legacy server of a call has its client do: who hears that a page is done with, where, and how
// often.
#include "layers/asking/client_questions.hpp"

#include "unit/layers/asked.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::layers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Connection final : pipeline::ResponseSink {
  void respond(std::string response) override { responses.push_back(std::move(response)); }
  void opened(std::string id, std::weak_ptr<pipeline::OpenedPage> page) override {
    pages.emplace_back(std::move(id), std::move(page));
  }
  void complete(std::size_t index) {
    if (const auto page = pages.at(index).second.lock()) page->completed();
  }
  std::vector<std::string> responses;
  std::vector<std::pair<std::string, std::weak_ptr<pipeline::OpenedPage>>> pages;
};

struct ClientQuestionsTest : ::testing::Test, pipeline::EventSink, session::Client {
  ClientQuestionsTest() {
    asked.call.client = this;
    asked.call.events = this;
    asked.call.revision = protocol::latest_legacy;
    asked.call.askable = {.forms = true, .urls = true};
  }
  ~ClientQuestionsTest() override { end(); }

  void notify(std::string_view message) override { on_stream.emplace_back(message); }
  void request(std::string_view message) override { requests.emplace_back(message); }
  void tell(std::string_view message) override { told.emplace_back(message); }
  void resource_updated(std::string_view) override {}
  void task_changed(std::string_view) override {}
  std::string_view identity() const noexcept override { return "s"; }

  void ask(std::string_view params) {
    open.asked({R"("q")", protocol::Method::elicitation_create, params}, connection);
  }
  void ask_page(std::string_view id) {
    ask(R"({"mode":"url","message":"Look","url":"https://x.example","elicitationId":")" + std::string(id) +
        "\"}");
  }
  void end() { EXPECT_TRUE(testing::run(loop, open.end())); }
  // The id that the client got with its last question.
  std::string shown() const {
    const protocol::Parsed question(requests.back());
    return protocol::elicitation_id(question.raw(protocol::Field::params));
  }

  task::Loop loop;
  Asked asked;
  std::shared_ptr<Connection> connection = std::make_shared<Connection>();
  ClientQuestions open{loop, asked.call, std::chrono::minutes(1)};
  std::vector<std::string> on_stream, requests, told;
};

TEST_F(ClientQuestionsTest, APageIsDoneWithUnderTheIdThatTheClientGot) {
  ask_page("theirs");
  ASSERT_EQ(connection->pages.size(), 1u);
  EXPECT_EQ(connection->pages[0].first, "theirs");
  EXPECT_THAT(requests, ElementsAre(Not(HasSubstr("theirs"))));
  const std::string id = shown();
  connection->complete(0);
  connection->complete(0);
  EXPECT_THAT(
      on_stream,
      ElementsAre(
          R"({"jsonrpc":"2.0","method":"notifications/elicitation/complete","params":{"elicitationId":")" +
          id + "\"}}"))
      << "once";
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(ClientQuestionsTest, AfterTheCallTheClientHearsItOutsideOfIt) {
  ask_page("theirs");
  const std::string id = shown();
  end();
  on_stream.clear();  // the question was withdrawn
  connection->complete(0);
  EXPECT_THAT(on_stream, IsEmpty());
  EXPECT_THAT(told, ElementsAre(HasSubstr(id)));
}

TEST_F(ClientQuestionsTest, WhatIsNoPageOrHasNoIdIsNotRemembered) {
  ask(R"({"message":"Who?","requestedSchema":{"type":"object"},"elicitationId":"a"})");
  ask(R"({"mode":"url","message":"Look","url":"https://x.example"})");
  ask_page(std::string(2000, 'x'));
  EXPECT_EQ(requests.size(), 3u);
  EXPECT_THAT(connection->pages, IsEmpty());
}

TEST_F(ClientQuestionsTest, WhatAClientRemembersIsBounded) {
  for (int i = 0; i < 3; ++i) {
    ask_page("early");
    open.withdrawn(R"("q")");
    loop.poll();
  }
  EXPECT_EQ(pages.size(), 3u) << "a page can be done with though its question was withdrawn";
  for (int i = 0; i < 64; ++i) {
    ask_page("late");
    open.withdrawn(R"("q")");
    loop.poll();
  }
  EXPECT_EQ(pages.size(), 64u);
  on_stream.clear();
  for (std::size_t i = 0; i < connection->pages.size(); ++i) connection->complete(i);
  EXPECT_EQ(on_stream.size(), 64u) << "the oldest are forgotten";
  EXPECT_THAT(pages, IsEmpty());
}

TEST_F(ClientQuestionsTest, APageNamedInAnErrorIsShownUnderAnIdOfOurs) {
  const auto shown_of = [&](std::string_view data) {
    const protocol::Parsed parsed(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32042,"message":"m","data":)" +
                                  std::string(data) + "}}");
    pipeline::Answer answer;
    answer.bytes = parsed.bytes;
    answer.message = parsed.message;
    show_pages(*this, answer, [&](std::string id, std::weak_ptr<pipeline::OpenedPage> page) {
      connection->opened(std::move(id), std::move(page));
    });
    EXPECT_EQ(answer.message.error_code(answer.bytes), -32042);
    return answer.bytes;
  };
  const std::string page =
      R"({"mode":"url","message":"Look","url":"https://x.example","elicitationId":"theirs)";
  const std::string both = shown_of(R"({"elicitations":[)" + page + "1\"}," + page + "2\"}]}");
  EXPECT_THAT(both, Not(HasSubstr("theirs")));
  ASSERT_EQ(connection->pages.size(), 2u);
  EXPECT_EQ(connection->pages[1].first, "theirs2");
  connection->complete(1);
  connection->complete(1);
  ASSERT_EQ(told.size(), 1u);
  const protocol::Parsed said(told[0]);
  EXPECT_THAT(both, HasSubstr(protocol::elicitation_id(said.raw(protocol::Field::params)) + "\"}]"));
  for (const std::string& none : {std::string("{}"), R"({"elicitations":[)" + page + "\"},7]}"})
    shown_of(none);
  EXPECT_EQ(connection->pages.size(), 2u);
}

TEST_F(ClientQuestionsTest, AClientThatIsGoneHearsNothing) {
  ask_page("theirs");
  end();
  on_stream.clear();
  pages.clear();
  connection->complete(0);
  EXPECT_THAT(on_stream, IsEmpty());
  EXPECT_THAT(told, IsEmpty());
}

}  // namespace
}  // namespace sallyport::layers
