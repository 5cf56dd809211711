// Live tails: what they begin with, that they go on where they were, and what a slow reader loses.
#include "unit/admin/admin_fixture.hpp"
#include "unit/admin/records.hpp"

#include <gmock/gmock.h>

namespace sallyport::admin {
namespace {

using testing::call;
using testing::failed_call;
using ::testing::HasSubstr;
using testing::listing;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;

struct CallFeedTest : ClockedAdminTest {
  struct Reader {
    std::unique_ptr<testing::MemoryStream> stream;
    std::shared_ptr<testing::Behaviour> gateway;  // how the gateway's end behaves
  };
  Reader open(std::string_view query = "", std::string_view headers = "") {
    auto pair = testing::MemoryStream::make(loop);
    Reader reader{std::move(pair.second), pair.first->behaviour()};
    server.serve(std::move(pair.first), {"127.0.0.1", true});
    reader.stream->put("GET /api/calls/stream" + std::string(query) +
                       " HTTP/1.1\r\nHost: localhost:8081\r\n" + std::string(headers) + "\r\n");
    loop.poll();
    return reader;
  }
  std::string read(Reader& reader) {
    pass(CallFeed::pace);
    std::string all;
    for (std::string part = reader.stream->take(); !part.empty(); part = reader.stream->take()) {
      all += part;
      loop.poll();
    }
    return all;
  }
  static std::string id_of(const std::string& events) {
    const std::size_t at = events.rfind("\nid: ") + 5;
    return events.substr(at, events.find('\n', at) - at);
  }
  void finish(std::string_view tool) { hub.finished(call("s", tool)); }
};

TEST_F(CallFeedTest, SaysWhichRunItIsAndThenWhatEnds) {
  finish("before");
  Reader reader = open();
  const std::string head = read(reader);
  EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream"));
  EXPECT_THAT(head, HasSubstr("event: hello\n"));
  EXPECT_THAT(head, Not(HasSubstr("before")));
  finish("one");
  finish("two");
  const std::string events = read(reader);
  EXPECT_THAT(events, HasSubstr("event: calls\n"));
  EXPECT_LT(events.find("\"target\":\"one\""), events.find("\"target\":\"two\""));
  EXPECT_EQ(events.find("event: calls", events.find("event: calls") + 1), std::string::npos) << "one event";
  EXPECT_EQ(read(reader), "");
}

TEST_F(CallFeedTest, BeginsWithWhatIsAskedFor) {
  for (const char* tool : {"a", "b", "c"}) finish(tool);
  Reader reader = open("?recent=2");
  const std::string events = read(reader);
  EXPECT_THAT(events, Not(HasSubstr(R"("target":"a")")));
  EXPECT_THAT(events, HasSubstr(R"("target":"b")"));
  EXPECT_THAT(events, HasSubstr(R"("target":"c")"));
}

TEST_F(CallFeedTest, GoesOnWhereItWas) {
  Reader first = open("?recent=10");
  finish("one");
  const std::string id = id_of(read(first));
  first.stream.reset();
  loop.poll();
  finish("two");
  Reader again = open("?recent=10", "Last-Event-ID: " + id + "\r\n");
  const std::string events = read(again);
  EXPECT_THAT(events, Not(HasSubstr("\"one\"")));
  EXPECT_THAT(events, HasSubstr("\"two\""));
  EXPECT_THAT(events, HasSubstr(R"("missed":0)"));
}

TEST_F(CallFeedTest, AReaderOfAnEarlierRunHasSeenNothing) {
  finish("one");
  Reader reader = open("", "Last-Event-ID: 00000000-17\r\n");
  EXPECT_THAT(read(reader), HasSubstr("\"one\""));
}

TEST_F(CallFeedTest, ShowsOnlyWhatItsFilterLetsThrough) {
  Reader reader = open("?ending=failed");
  (void)read(reader);
  finish("good");
  hub.finished(listing());
  EXPECT_EQ(read(reader), "") << "nothing is said about what is left out";
  hub.finished(failed_call(Code::tool_timeout, "s", "bad"));
  EXPECT_THAT(read(reader), HasSubstr("\"bad\""));
}

TEST_F(CallFeedTest, ASlowReaderLosesCallsAndIsToldHowMany) {
  Reader reader = open();
  (void)read(reader);
  reader.gateway->capacity = 0;
  const std::size_t many = CallFeed::calls_kept + 3000;
  for (std::size_t i = 0; i < many; ++i) {
    finish("t");
    if (i % 100 == 0) pass(CallFeed::pace);
  }
  reader.gateway->capacity = static_cast<std::size_t>(-1);
  EXPECT_EQ(reader.stream->take(), "");
  loop.poll();
  std::string events;
  for (std::string part = "x"; !part.empty(); events += part) part = read(reader);
  std::size_t seen = 0;
  for (std::size_t at = events.find(R"("target":"t")"); at != std::string::npos;
       at = events.find(R"("target":"t")", at + 1))
    ++seen;
  std::size_t missed = 0;
  for (std::size_t at = events.find(R"("missed":)"); at != std::string::npos;
       at = events.find(R"("missed":)", at + 1))
    missed += std::stoul(events.substr(at + 9));
  EXPECT_GT(missed, 0u);
  EXPECT_EQ(seen + missed, many);
}

TEST_F(CallFeedTest, OneThatTakesNothingLosesItsStream) {
  Reader reader = open();
  (void)read(reader);
  reader.gateway->capacity = 0;
  for (int i = 0; i < 2000; ++i) {
    finish("t");
    pass(CallFeed::pace);
  }
  EXPECT_GT(2000 * CallFeed::pace, CallFeed::patience * 2);
  for (int i = 0; i < 3; ++i) pass(1min);
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(CallFeedTest, ThereIsAnEndToHowManyThereAre) {
  std::vector<Reader> readers;
  for (std::size_t i = 0; i < CallFeed::max_tails; ++i) readers.push_back(open());
  Reader refused = open();
  const std::string reply = read(refused);
  EXPECT_THAT(reply, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(reply, HasSubstr("Retry-After: 10\r\n"));
  readers.pop_back();
  loop.poll();
  Reader let_in = open();
  EXPECT_THAT(read(let_in), StartsWith("HTTP/1.1 200"));
}

TEST_F(CallFeedTest, IsKeptAliveWhileNothingHappens) {
  Reader reader = open();
  (void)read(reader);
  pass(CallFeed::keepalive);
  EXPECT_THAT(read(reader), HasSubstr(": keep-alive"));
}

TEST_F(CallFeedTest, EndsInADrain) {
  Reader reader = open();
  (void)read(reader);
  admin.end_streams();
  loop.poll();
  EXPECT_THAT(read(reader), HasSubstr("event: end\ndata: {\"why\":\"draining\"}"));
  Reader late = open();
  EXPECT_THAT(read(late), HasSubstr("event: end\n"));
}

TEST_F(CallFeedTest, HearsNothingMoreOnceItIsGone) {
  {
    telemetry::CallHub other;
    const CallFeed feed(loop, other);
    EXPECT_TRUE(other.listening());
  }
  EXPECT_TRUE(hub.listening());
}

}  // namespace
}  // namespace sallyport::admin
