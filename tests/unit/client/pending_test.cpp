// Our ids and the callers' tokens, and the bytes of every request for every revision.
#include "client/pending.hpp"

#include "protocol/envelope.hpp"
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
