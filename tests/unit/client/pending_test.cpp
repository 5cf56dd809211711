// Our ids and the callers' tokens, and the bytes of every request for every revision.
#include "client/pending.hpp"

#include "protocol/envelope.hpp"
#include "protocol/tasks.hpp"
#include "support/run_task.hpp"
#include "unit/protocol/parsed.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::client {
namespace {

using protocol::Method;
using protocol::Parsed;
using protocol::Revision;

struct Events final : pipeline::EventSink {
  void notify(std::string_view message) override { all.emplace_back(message); }
  std::vector<std::string> all;
};

TEST(PendingRequests, IdsAreOursAndFoundByTheirExactText) {
  task::Loop loop;
  PendingRequests pending;
  const Outgoing outgoing;
  PendingRequest first(loop, pending.next_id(), outgoing);
  PendingRequest second(loop, pending.next_id(), outgoing);
  EXPECT_EQ(first.id, 1);
  EXPECT_EQ(second.id, 2);
  pending.add(first);
  pending.add(second);
  EXPECT_EQ(pending.find("1"), &first);
  EXPECT_EQ(pending.find("2"), &second);
  for (const std::string_view stranger :
       {"3", "\"1\"", "1.0", "1e0", "null", "", "-1", "99999999999999999999"}) {
    EXPECT_EQ(pending.find(stranger), nullptr) << stranger;
  }
  pending.remove(first);
  EXPECT_EQ(pending.find("1"), nullptr);
  EXPECT_EQ(pending.size(), 1u);
  EXPECT_EQ(pending.next_id(), 3) << "an id is never given twice";
}

TEST(PendingRequests, ProgressCarriesTheCallersOwnToken) {
  task::Loop loop;
  PendingRequests pending;
  std::array<Events, 2> events;
  std::array<Outgoing, 2> outgoing;
  const std::array<std::string_view, 2> tokens = {"1", "\"1\""};  // of two callers: not the same
  for (std::size_t i = 0; i < 2; ++i) {
    outgoing[i].events = &events[i];
    outgoing[i].progress_token = tokens[i];
  }
  struct Timer final : pipeline::CallTimer {
    void set_limit(std::chrono::milliseconds) override {}
    SteadyTime ends() const override { return {}; }
    std::chrono::milliseconds given() const override { return {}; }
    void progressed() override { ++heard; }
    int heard = 0;
  } timer;
  outgoing[1].timer = &timer;
  PendingRequest first(loop, pending.next_id(), outgoing[0]);
  PendingRequest second(loop, pending.next_id(), outgoing[1]);
  pending.add(first);
  pending.add(second);

  const auto progress = [&](std::string_view token) {
    const Parsed note(R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":)" +
                      std::string(token) + R"(,"progress":0.5}})");
    pending.progress(note.bytes, note.message);
  };
  progress("2");
  progress("2");
  progress("\"2\"");  // a token that we never gave
  progress("3");
  EXPECT_TRUE(events[0].all.empty());
  EXPECT_FALSE(first.progressed);
  EXPECT_TRUE(second.progressed);
  EXPECT_EQ(timer.heard, 1) << "only the first one says that the operation has begun";
  ASSERT_EQ(events[1].all.size(), 2u);
  EXPECT_EQ(Parsed(events[1].all[0]).raw(protocol::Field::notified_token), "\"1\"");
  progress("1");
  ASSERT_EQ(events[0].all.size(), 1u);
  EXPECT_EQ(Parsed(events[0].all[0]).raw(protocol::Field::notified_token), "1");
}

TEST(PendingRequests, WhoAskedForNoProgressHearsNone) {
  task::Loop loop;
  PendingRequests pending;
  Events events;
  Outgoing outgoing;
  outgoing.events = &events;
  PendingRequest request(loop, pending.next_id(), outgoing);
  pending.add(request);
  const Parsed note(
      R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}})");
  pending.progress(note.bytes, note.message);
  EXPECT_TRUE(request.progressed);
  EXPECT_TRUE(events.all.empty());
}

struct Page final : pipeline::OpenedPage {
  void completed() override { ++times; }
  int times = 0;
};

void complete(PendingRequests& pending, std::string_view id) {
  const Parsed note(
      R"({"jsonrpc":"2.0","method":"notifications/elicitation/complete","params":{"elicitationId":)" +
      std::string(id) + "}}");
  pending.completed(note.bytes, note.message);
}

TEST(PendingRequests, APageIsDoneWithOnceAndByItsOwnId) {
  PendingRequests pending;
  const auto page = std::make_shared<Page>();
  const auto other = std::make_shared<Page>();
  pending.opened("e1", page);
  pending.opened("e2", other);
  for (const std::string_view stranger : {"\"e3\"", "1", "null", "\"\"", "{}"}) complete(pending, stranger);
  EXPECT_EQ(page->times, 0);
  complete(pending, "\"e\\u0031\"");
  complete(pending, "\"e1\"");
  EXPECT_EQ(page->times, 1);
  EXPECT_EQ(other->times, 0);
  const Parsed bare(R"({"jsonrpc":"2.0","method":"notifications/elicitation/complete"})");
  pending.completed(bare.bytes, bare.message);
}

TEST(PendingRequests, TheNewestPagesOfThoseWhoAreThereAreKnown) {
  PendingRequests pending;
  const auto first = std::make_shared<Page>();
  pending.opened("first", first);
  for (int i = 0; i < 300; ++i) pending.opened("gone", std::make_shared<Page>());
  complete(pending, "\"first\"");
  EXPECT_EQ(first->times, 1) << "those of clients that are gone take nobody's place";
  std::vector<std::shared_ptr<Page>> pages;
  for (int i = 0; i < 300; ++i) {
    pages.push_back(std::make_shared<Page>());
    pending.opened(std::to_string(i), pages.back());
  }
  for (int i = 0; i < 300; ++i) complete(pending, '"' + std::to_string(i) + '"');
  EXPECT_EQ(pages[0]->times, 0);
  EXPECT_EQ(pages[299]->times, 1);
  EXPECT_EQ(std::ranges::count_if(pages, [](const auto& page) { return page->times == 1; }), 256);
}

struct Sink final : pipeline::TaskSink {
  void heard(std::string_view bytes, const protocol::Message&) override { all.emplace_back(bytes); }
  bool ended() const override { return over; }
  std::vector<std::string> all;
  bool over = false;
};

// Two callers whose calls may become tasks, and what their server says.
struct TasksOfCalls : ::testing::Test {
  TasksOfCalls() {
    for (std::size_t i = 0; i < 2; ++i) {
      outgoing[i].method = Method::tools_call;
      outgoing[i].task = "{}";
      outgoing[i].task_sink = sinks[i];
      outgoing[i].events = &events[i];
      outgoing[i].progress_token = "\"mine\"";
      outgoing[i].log_level = protocol::LogLevel::debug;
    }
  }
  static Parsed created(std::string_view id) {
    return Parsed(R"({"jsonrpc":"2.0","id":1,"result":{"task":{"taskId":")" + std::string(id) +
                  R"(","status":"working","createdAt":"c"}}})");
  }
  void answer(PendingRequest& request, const Parsed& with) {
    pending.answered(request, with.bytes, with.message);
    pending.remove(request);
  }
  void progress(std::string_view token) {
    const Parsed note(R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":)" +
                      std::string(token) + R"(,"progress":1}})");
    pending.progress(note.bytes, note.message);
  }
  void log(std::string_view task, std::string_view data = "1", PendingRequest* own = nullptr) {
    const Parsed note(
        R"({"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":)" +
        std::string(data) + R"(,"_meta":)" + protocol::related_meta(task) + "}}");
    pending.log(note.bytes, note.message, own);
  }

  task::Loop loop;
  PendingRequests pending;
  std::array<std::shared_ptr<Sink>, 2> sinks{std::make_shared<Sink>(), std::make_shared<Sink>()};
  std::array<Events, 2> events;
  std::array<Outgoing, 2> outgoing;
};

TEST_F(TasksOfCalls, HearOnUnderTheirTokenAndTheirId) {
  PendingRequest first(loop, pending.next_id(), outgoing[0]);
  PendingRequest second(loop, pending.next_id(), outgoing[1]);
  pending.add(first);
  pending.add(second);
  answer(first, created("t1"));
  answer(second, created("t2"));
  progress("2");
  log("t2");
  EXPECT_TRUE(sinks[0]->all.empty());
  EXPECT_EQ(sinks[1]->all.size(), 2u);
  progress("1");
  EXPECT_EQ(sinks[0]->all.size(), 1u);
  for (const char* stranger : {"3", "0", "\"1\"", "null"}) progress(stranger);
  log("t3");
  sinks[0].reset();
  progress("1");
  EXPECT_EQ(sinks[1]->all.size(), 2u);
}

TEST_F(TasksOfCalls, AreNotOverheardByWhoeverCallsMeanwhile) {
  PendingRequest first(loop, pending.next_id(), outgoing[0]);
  pending.add(first);
  answer(first, created("t1"));
  Outgoing plain = outgoing[1];
  plain.task = {};
  PendingRequest other(loop, pending.next_id(), plain);
  pending.add(other);
  log("t1");
  log("t1", "2", &other);
  EXPECT_EQ(sinks[0]->all.size(), 2u);
  log("forgotten");
  EXPECT_TRUE(events[1].all.empty());
  log("forgotten", "3", &other);
  EXPECT_EQ(events[1].all.size(), 1u) << "what comes on the stream of a call is that call's";
}

TEST_F(TasksOfCalls, HearWhatCameBeforeTheirAnswer) {
  PendingRequest first(loop, pending.next_id(), outgoing[0]);
  PendingRequest second(loop, pending.next_id(), outgoing[1]);
  pending.add(first);
  pending.add(second);
  log("t1");
  log("t2", "2");
  log("t1", '"' + std::string(70'000, 'x') + '"');
  EXPECT_TRUE(events[0].all.empty());
  progress("1");
  EXPECT_EQ(events[0].all.size(), 1u) << "it is a call like any other until then";
  answer(first, created("t1"));
  EXPECT_EQ(sinks[0]->all.size(), 1u) << "what is large is not kept";
  answer(second, created("t2"));
  EXPECT_EQ(sinks[1]->all.size(), 1u);
  log("t3");
  PendingRequest third(loop, pending.next_id(), outgoing[0]);
  pending.add(third);
  answer(third, created("t3"));
  EXPECT_EQ(sinks[0]->all.size(), 1u) << "what nobody was about to have is not kept";
}

TEST_F(TasksOfCalls, AnAnswerOfAnotherKindEndsIt) {
  PendingRequest first(loop, pending.next_id(), outgoing[0]);
  pending.add(first);
  log("t1");
  answer(first, Parsed(R"({"jsonrpc":"2.0","id":1,"result":{"content":[]}})"));
  progress("1");
  log("t1");
  EXPECT_TRUE(sinks[0]->all.empty());
}

TEST_F(TasksOfCalls, TheNewestOfThoseThatGoOnAreKnown) {
  std::vector<std::shared_ptr<Sink>> all;
  const auto make = [&] {
    all.push_back(std::make_shared<Sink>());
    outgoing[0].task_sink = all.back();
    PendingRequest request(loop, pending.next_id(), outgoing[0]);
    pending.add(request);
    answer(request, created("t" + std::to_string(all.size())));
  };
  make();
  for (int i = 0; i < 1'100; ++i) {
    make();
    all.back()->over = true;
  }
  progress("1");
  EXPECT_EQ(all[0]->all.size(), 1u) << "those that have ended take nobody's place";
  for (int i = 0; i < 1'000; ++i) make();
  progress("1");
  EXPECT_EQ(all[0]->all.size(), 1u);
  progress(std::to_string(all.size()));
  EXPECT_EQ(all.back()->all.size(), 1u);
}

const std::string envelope =
    R"("io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":)" +
    std::string(protocol::implementation()) + R"(,"io.modelcontextprotocol/clientCapabilities":{})";

Outgoing whole_call() {
  Outgoing call;
  call.method = Method::tools_call;
  call.name = "a\"b";
  call.arguments = R"({"x":[1e400]})";
  call.traceparent = "00-a-b-01";
  call.hops = 2;
  call.progress_token = "\"theirs\"";
  return call;
}

TEST(EncodeRequest, CallsDifferBetweenErasInTheirEnvelopeOnly) {
  const std::string head =
      R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a\"b","arguments":{"x":[1e400]},"_meta":{"progressToken":7,"traceparent":"00-a-b-01","dev.sallyport/hops":2)";
  for (const Revision revision : protocol::supported_revisions) {
    const bool modern = protocol::era(revision) == protocol::Era::modern;
    EXPECT_EQ(encode_request(whole_call(), revision, 7), head + (modern ? "," + envelope : "") + "}}}")
        << protocol::name(revision);
  }
}

TEST(EncodeRequest, ACallerWithoutTokenGetsNone) {
  Outgoing call = whole_call();
  call.progress_token = {};
  EXPECT_THAT(encode_request(call, protocol::latest_legacy, 7),
              ::testing::Not(::testing::HasSubstr("progressToken")));
}

TEST(EncodeRequest, ListsAndTheRest) {
  Outgoing list;
  list.method = Method::tools_list;
  EXPECT_EQ(encode_request(list, protocol::latest_legacy, 3),
            R"({"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"_meta":{}}})");
  list.cursor = R"("c\u0000")";
  EXPECT_EQ(encode_request(list, protocol::latest_modern, 3),
            R"({"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"cursor":"c\u0000","_meta":{)" +
                envelope + "}}}");
  Outgoing discover;
  discover.method = Method::server_discover;
  EXPECT_EQ(encode_request(discover, protocol::latest_modern, 1),
            R"({"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{)" + envelope + "}}}");
  const Outgoing ping;
  EXPECT_EQ(Parsed(encode_request(ping, protocol::latest_legacy, 1)).message.method(), Method::ping);
}

}  // namespace
}  // namespace sallyport::client
