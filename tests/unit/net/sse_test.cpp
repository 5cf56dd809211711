#include "net/sse.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace sallyport::net {
namespace {

using std::string_view_literals::operator""sv;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Event {
  std::string event;
  std::string data;
  std::string id;
  bool operator==(const Event&) const = default;
};

void PrintTo(const Event& event, std::ostream* out) {
  *out << "{event=" << testing::PrintToString(event.event) << " data=" << testing::PrintToString(event.data)
       << " id=" << testing::PrintToString(event.id) << "}";
}

// All events of a stream, or the code that ended it.
Result<> collect(SseParser& parser, std::string_view piece, std::vector<Event>& events) {
  while (auto event = TRY(parser.next(piece))) {
    events.push_back(
        {.event = std::string(event->event), .data = std::string(event->data), .id = std::string(event->id)});
  }
  EXPECT_TRUE(piece.empty());
  return {};
}

std::vector<Event> parse(std::string_view stream) {
  SseParser parser;
  std::vector<Event> events;
  EXPECT_TRUE(collect(parser, stream, events));
  return events;
}

Event message(std::string data, std::string id = "") {
  return {.event = "message", .data = std::move(data), .id = std::move(id)};
}

struct Example {
  std::string_view name;
  std::string_view stream;
  std::vector<Event> events;
};

// The first four are those of the WHATWG page.
const std::vector<Example>& examples() {
  static const std::vector<Example> all = {
      {"stocks", "data: YHOO\ndata: +2\ndata: 10\n\n", {message("YHOO\n+2\n10")}},
      {"blocks",
       ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
       {message("first event", "1"), message("second event"), message(" third event")}},
      {"empty data", "data\n\ndata\ndata\n\ndata:", {message(""), message("\n")}},
      {"optional space", "data:test\n\ndata: test\n\n", {message("test"), message("test")}},
      {"event names", "event: add\ndata: 1\n\ndata: 2\n\n", {{"add", "1", ""}, message("2")}},
      {"an event without data is none", "event: x\nid: 7\n\ndata: a\n\n", {message("a", "7")}},
      {"an id with NUL is ignored", "id: a\0b\ndata: x\n\n"sv, {message("x")}},
      {"an id holds until the next", "id: 3\ndata: a\n\ndata: b\n\n", {message("a", "3"), message("b", "3")}},
      {"an unfinished event's id does not count", "id: 3\ndata: a", {}},
      {"unknown fields", "foo: bar\ndatax: 1\nDATA: 2\n data: 3\ndata: 4\n\n", {message("4")}},
      {"line ends mixed",
       "data: a\r\rdata: b\r\n\r\ndata: c\n\r\n",
       {message("a"), message("b"), message("c")}},
      {"colons in the value", "data: a:b: c\n\n", {message("a:b: c")}},
      {"a mark before the first line",
       "\xEF\xBB\xBF"
       "data: a\n\n",
       {message("a")}},
      {"a mark anywhere else is text",
       "\n\xEF\xBB\xBF"
       "data: a\n\n",
       {}},
      {"two marks",
       "\xEF\xBB\xBF\xEF\xBB\xBF"
       "data: a\n\n",
       {}},
      {"other line separators are text",
       "data: a\xE2\x80\xA8"
       "b\x0B\x0C\n\n",
       {message("a\xE2\x80\xA8"
                "b\x0B\x0C")}},
      {"nothing", "", {}},
      {"comments", ":\n: keep-alive\n\n:data: x\n\n", {}},
  };
  return all;
}

TEST(SseParser, ReadsTheExamples) {
  for (const Example& example : examples()) {
    EXPECT_EQ(parse(example.stream), example.events) << example.name;
  }
}

TEST(SseParser, GivesTheSameEventsWhereverTheStreamIsSplit) {
  for (const Example& example : examples()) {
    for (std::size_t cut = 0; cut <= example.stream.size(); ++cut) {
      SseParser parser;
      std::vector<Event> events;
      ASSERT_TRUE(collect(parser, example.stream.substr(0, cut), events));
      ASSERT_TRUE(collect(parser, example.stream.substr(cut), events));
      EXPECT_EQ(events, example.events) << example.name << " cut at " << cut;
    }
  }
}

TEST(SseParser, AnySplitOfAnyStreamGivesTheSameEvents) {
  EXPECT_TRUE(rc::check([] {
    const auto word =
        rc::gen::element<std::string>("data", "event", "id", "retry", ":", " ", "\r", "\n", "\r\n", "1", "x",
                                      "\xEF", "\xBB", "\xBF", std::string(1, '\0'));
    const auto words = *rc::gen::container<std::vector<std::string>>(word);
    std::string stream;
    for (const std::string& each : words) stream += each;
    const auto sizes = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 5));

    SseParser parser;
    std::vector<Event> events;
    std::string_view rest = stream;
    for (const std::size_t size : sizes) {
      RC_ASSERT(collect(parser, rest.substr(0, size), events).has_value());
      rest.remove_prefix(std::min(size, rest.size()));
    }
    RC_ASSERT(collect(parser, rest, events).has_value());
    RC_ASSERT(events == parse(stream));
  }));
}

TEST(SseParser, ReadsBackWhatWasWritten) {
  EXPECT_TRUE(rc::check([](const std::vector<std::string>& texts) {
    std::string stream;
    std::vector<Event> expected;
    for (const std::string& text : texts) {
      append_sse_event(stream, text, "message", "7");
      stream += sse_keep_alive;
      // Every line end of the data reads back as a line feed.
      std::string data;
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
        data += text[i] == '\r' ? '\n' : text[i];
      }
      expected.push_back(message(data, "7"));
    }
    RC_ASSERT(parse(stream) == expected);
  }));
}

TEST(SseParser, KnowsWhatToSendOnReconnection) {
  SseParser parser;
  std::vector<Event> events;
  ASSERT_TRUE(collect(parser, "id: 41\nretry: 1500\n\nid: 42\nretry: soon\nretry: -1\nretry: 1e3\n", events));
  EXPECT_EQ(parser.last_event_id(), "41");
  EXPECT_EQ(parser.retry(), std::chrono::milliseconds(1500));
  ASSERT_TRUE(collect(parser, "\n", events));
  EXPECT_EQ(parser.last_event_id(), "42");
  ASSERT_TRUE(collect(parser, "retry: 99999999999999999999999\n\n", events));
  EXPECT_EQ(parser.retry(), std::chrono::milliseconds(1500));
  EXPECT_THAT(events, IsEmpty());
}

TEST(SseParser, KnowsWhetherSomethingIsUnfinished) {
  SseParser parser;
  std::vector<Event> events;
  EXPECT_TRUE(parser.idle());
  ASSERT_TRUE(collect(parser, "da", events));
  EXPECT_FALSE(parser.idle());
  ASSERT_TRUE(collect(parser, "ta: 1\n", events));
  EXPECT_FALSE(parser.idle());
  ASSERT_TRUE(collect(parser, "\n", events));
  EXPECT_TRUE(parser.idle());
  EXPECT_THAT(events, ElementsAre(message("1")));
}

TEST(SseParser, RefusesALineOverTheLimit) {
  for (const std::size_t piece_size : {1u, 7u, 1000u}) {
    SseParser parser({.line = 20, .event = 1000});
    const std::string stream = "data: 12345678901234\n\n:" + std::string(20, 'x');
    std::vector<Event> events;
    Result<> result;
    for (std::size_t at = 0; at < stream.size() && result; at += piece_size) {
      result = collect(parser, std::string_view(stream).substr(at, piece_size), events);
    }
    EXPECT_THAT(events, ElementsAre(message("12345678901234")));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Code::limit_result_too_large);
    EXPECT_EQ(result.error().phase(), Phase::receive);
  }
}

TEST(SseParser, RefusesAnEventOverTheLimitAndStaysRefusing) {
  SseParser parser({.line = 100, .event = 10});
  std::vector<Event> events;
  ASSERT_TRUE(collect(parser, "data: 123456789\n\n", events));
  const Result<> result = collect(parser, "data: 1234\ndata: 5678\ndata: 9\n\n", events);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), Code::limit_result_too_large);
  EXPECT_FALSE(collect(parser, "data: 1\n\n", events));
  EXPECT_THAT(events, ElementsAre(message("123456789")));
}

TEST(AppendSseEvent, WritesOneEvent) {
  std::string out;
  append_sse_event(out, R"({"jsonrpc":"2.0"})", "message", "a-1");
  EXPECT_EQ(out, "event: message\nid: a-1\ndata: {\"jsonrpc\":\"2.0\"}\n\n");
  out.clear();
  append_sse_event(out, "");
  EXPECT_EQ(out, "data: \n\n");
}

TEST(AppendSseEvent, LetsNothingEndTheEventOrStartAField) {
  std::string out;
  append_sse_event(out, "a\n\ndata: forged\r\rid: 9\r\nevent: x", "message\ndata: forged",
                   "1\r\rdata: forged");
  EXPECT_THAT(parse(out), ElementsAre(message("a\n\ndata: forged\n\nid: 9\nevent: x", "1")));
}

}  // namespace
}  // namespace sallyport::net
