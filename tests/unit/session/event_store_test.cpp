#include "session/event_store.hpp"

#include "net/sse.hpp"
#include "support/manual_timers.hpp"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sallyport::session {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Messages = std::vector<std::string>;

// Takes what comes, or nothing while it is `busy`.
struct Reader final : StreamReader {
  bool event(std::uint64_t, std::string_view message, Weight) override {
    if (busy) return false;
    got.emplace_back(message);
    return true;
  }
  void finished() override { ++ends; }
  void replaced() override { ++replacements; }

  bool busy = false;
  Messages got;
  int ends = 0;
  int replacements = 0;
};

struct Kept {
  explicit Kept(EventLimits limits = {}) : store(timers, limits), session(std::in_place, store) {}

  testing::ManualTimers timers;
  EventStore store;
  std::optional<SessionEvents> session;
};

Messages behind(const EventStream& stream, std::uint64_t position) {
  Messages messages;
  while (const StreamEvent* event = stream.after(position)) {
    messages.push_back(event->message);
    position = event->position;
  }
  return messages;
}

TEST(EventStore, ReplaysWhatFollowedTheEvent) {
  Kept kept;
  const auto stream = kept.session->open("7");
  for (const char* text : {"a", "b", "c"}) stream->append(text, Weight::required);
  const auto place = kept.session->find(stream->id(1));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->stream, stream);
  EXPECT_THAT(behind(*place->stream, place->position), ElementsAre("b", "c"));
  EXPECT_THAT(behind(*stream, 3), IsEmpty());
  EXPECT_EQ(kept.session->find(stream->id(0))->position, 0u) << "the priming event";
}

TEST(EventStore, KnowsTheEventsOfItsOwnSessionOnly) {
  Kept kept;
  SessionEvents other(kept.store);
  const auto stream = kept.session->open("1");
  stream->append("a", Weight::required);
  EXPECT_FALSE(other.find(stream->id(1)));
  const std::string token = stream->id(1).substr(0, 24);
  for (const std::string& id :
       {std::string(), std::string("-"), token, token + "-", token + "-2", token + "--1", token + "-1x",
        token + "-99999999999999999999", "x" + token + "-1"}) {
    const auto found = kept.session->find(id);
    ASSERT_FALSE(found) << id;
    EXPECT_EQ(found.error().code(), Code::proto_event_unknown);
  }
}

TEST(EventStore, IdsAreUnguessable) {
  Kept kept;
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(kept.session->open("1")->id(0));
  EXPECT_EQ(ids.size(), 1000u);
}

TEST(EventStore, AReaderGetsWhatComesAndANewOneTakesOver) {
  Reader first;
  Reader second;
  Kept kept;
  const auto stream = kept.session->open("1");
  stream->attach(first);
  stream->append("a", Weight::required);
  stream->attach(second);
  stream->append("b", Weight::required);
  stream->detach(first);
  stream->append("c", Weight::required);
  stream->finish();
  EXPECT_THAT(first.got, ElementsAre("a"));
  EXPECT_EQ(first.replacements, 1);
  EXPECT_EQ(first.ends, 0);
  EXPECT_THAT(second.got, ElementsAre("b", "c"));
  EXPECT_EQ(second.ends, 1);
}

TEST(EventStore, SaysOnceWhatWaitsForAReader) {
  Reader reader;
  Kept kept;
  const auto stream = kept.session->standing();
  for (int i = 0; i < 1000; ++i) stream->append_once("tools changed");
  stream->append_once("prompts changed");
  stream->append_once("tools changed");
  EXPECT_THAT(behind(*stream, 0), ElementsAre("tools changed", "prompts changed"));
  stream->attach(reader);
  stream->taken(stream->last());
  stream->append_once("tools changed");
  EXPECT_THAT(reader.got, ElementsAre("tools changed")) << "what was read is news again";
}

TEST(EventStore, AFloodLosesProgressBeforeAnswers) {
  Kept kept({.per_session = 10});
  const auto call = kept.session->open("1");
  call->append("answer", Weight::required);
  const auto noisy = kept.session->open("2");
  for (int i = 0; i < 100'000; ++i) noisy->append("progress", Weight::droppable);
  EXPECT_EQ(kept.session->events(), 10u);
  EXPECT_THAT(behind(*call, 0), ElementsAre("answer"));
  EXPECT_EQ(kept.store.dropped(EventStore::Dropped::number), 100'000u - 9);
}

TEST(EventStore, BytesAreBoundedForASessionAndInAll) {
  constexpr std::uint64_t one = 64 * 1024;
  Kept kept({.per_session = 1000, .bytes = 4 * one, .total = 6 * one});
  const std::string text(one / 2, 'x');
  const auto stream = kept.session->open("1");
  for (int i = 0; i < 1000; ++i) stream->append(text, Weight::required);
  EXPECT_LE(kept.session->bytes(), 4 * one);
  EXPECT_GE(kept.session->bytes(), 3 * one);
  SessionEvents other(kept.store);
  const auto second = other.open("1");
  for (int i = 0; i < 1000; ++i) second->append(text, Weight::required);
  EXPECT_LE(kept.store.bytes(), 6 * one);
  EXPECT_LE(other.bytes(), 4 * one);
  EXPECT_GT(kept.store.dropped(EventStore::Dropped::bytes), 1900u);
}

TEST(EventStore, OtherLimitsHoldFromTheNextEventOn) {
  using std::chrono::seconds;
  Kept kept({.per_session = 10, .keep = seconds(60)});
  const auto stream = kept.session->open("1");
  for (int i = 0; i < 10; ++i) stream->append("old", Weight::required);
  kept.store.set_limits({.per_session = 2, .keep = seconds(5)});
  stream->append("new", Weight::required);
  EXPECT_THAT(behind(*stream, 0), ElementsAre("old", "new"));
  kept.timers.advance(seconds(5));
  EXPECT_EQ(kept.store.events(), 0u);
}

TEST(EventStore, AnAnswerThatWasNotKeptIsNamed) {
  Kept kept({.per_session = 4, .bytes = 1000});
  const auto large = kept.session->open(R"("seven")");
  large->append("progress", Weight::droppable);
  large->append(std::string(2000, 'x'), Weight::required);
  EXPECT_EQ(large->lost_answer(1), "") << "it has not ended";
  large->finish();
  EXPECT_EQ(large->lost_answer(1), R"("seven")");
  EXPECT_EQ(large->lost_answer(2), "") << "it was read";
  EXPECT_EQ(kept.store.dropped(EventStore::Dropped::bytes), 1u);
}

TEST(EventStore, KeepsForAWhile) {
  using std::chrono::seconds;
  Kept kept({.keep = seconds(60)});
  const auto stream = kept.session->open("1");
  stream->append("a", Weight::required);
  kept.timers.advance(seconds(30));
  stream->append("b", Weight::required);
  kept.timers.advance(seconds(31));
  EXPECT_THAT(behind(*stream, 0), ElementsAre("b"));
  EXPECT_EQ(kept.store.dropped(EventStore::Dropped::age), 1u);
  kept.timers.advance(seconds(60));
  EXPECT_EQ(kept.store.events(), 0u);
  EXPECT_TRUE(kept.session->find(stream->id(2))) << "the call still runs";
  stream->append("answer", Weight::required);
  stream->finish();
  kept.timers.advance(seconds(59));
  EXPECT_THAT(behind(*stream, 2), ElementsAre("answer"));
  kept.timers.advance(seconds(1));
  EXPECT_FALSE(kept.session->find(stream->id(2)));
  EXPECT_EQ(kept.session->streams(), 0u);
  EXPECT_EQ(kept.timers.size(), 0u) << "nothing is kept, nothing ticks";
}

TEST(EventStore, EndedStreamsAreBoundedToo) {
  Kept kept({.per_session = 16});
  for (int i = 0; i < 10'000; ++i) kept.session->open(std::to_string(i))->finish();
  EXPECT_EQ(kept.session->streams(), 16u);
}

TEST(EventStore, ASessionThatEndsTakesItsEventsAlong) {
  Kept kept;
  const auto stream = kept.session->open("1");
  Reader reader;
  stream->attach(reader);
  stream->append("a", Weight::required);
  kept.session->close();
  EXPECT_EQ(reader.replacements, 1);
  EXPECT_EQ(kept.store.events(), 0u);
  stream->append("b", Weight::required);  // a call that ends later
  stream->finish();
  EXPECT_EQ(kept.session->open("2")->after(0), nullptr);
  kept.session.reset();
  EXPECT_EQ(kept.store.events(), 0u);
}

// A client as the spec wants it: it remembers the last id and what it read.
struct Client {
  void read(std::string_view bytes) {
    net::SseParser parser;
    while (const auto event = parser.next(bytes).value()) {
      if (!event->data.empty()) messages.emplace_back(event->data);
      last_id = event->id;
    }
  }
  Messages messages;
  std::string last_id;
};

// What one connection writes from `position` on.
std::string written(const EventStream& stream, std::uint64_t position) {
  std::string bytes = "id: " + stream.id(position) + "\nretry: 1000\ndata: \n\n";
  while (const StreamEvent* event = stream.after(position)) {
    position = event->position;
    net::append_sse_event(bytes, event->message, "message", stream.id(position));
  }
  return bytes;
}

TEST(EventStore, ACutAtAnyByteAndAResumptionGiveTheSameMessages) {
  Kept kept;
  const auto stream = kept.session->open("1");
  const Messages sent{R"({"progress":1})", R"({"text":"ä\n"})", "{}", R"({"result":[1,2,3]})"};
  stream->append(sent[0], Weight::droppable);
  stream->append(sent[1], Weight::droppable);
  const std::string before = written(*stream, 0);
  stream->append(sent[2], Weight::droppable);
  stream->append(sent[3], Weight::required);
  stream->finish();
  const std::string whole = written(*stream, 0);
  ASSERT_TRUE(whole.starts_with(before));
  for (std::size_t first = 0; first <= whole.size(); ++first) {
    Client client;
    client.read(std::string_view(whole).substr(0, first));
    if (client.last_id.empty()) continue;  // it has nothing to come back with
    const auto place = kept.session->find(client.last_id);
    ASSERT_TRUE(place) << first;
    const std::string rest = written(*place->stream, place->position);
    for (std::size_t second = 0; second <= rest.size(); ++second) {  // and cut again
      Client again = client;
      again.read(std::string_view(rest).substr(0, second));
      const auto last = kept.session->find(again.last_id);
      ASSERT_TRUE(last);
      again.read(written(*last->stream, last->position));
      ASSERT_EQ(again.messages, sent) << "cut at " << first << " and " << second;
    }
  }
}

}  // namespace
}  // namespace sallyport::session
