// What the reader of a faulty stream sees of what its peer wrote, byte for byte.
#include "client/faulty_stream.hpp"

#include "support/memory_stream.hpp"
#include "support/run_task.hpp"

#include <gtest/gtest.h>

namespace sallyport::client {
namespace {

using std::chrono::milliseconds;
using testing::MemoryStream;

constexpr std::string_view head = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n";
constexpr std::string_view body = R"({"id":1,"result":{}})";

FaultRule rule(Fault fault, milliseconds time = milliseconds(1)) {
  FaultRule made;
  made.fault = fault;
  made.time = time;
  return made;
}

// All that can be read until the end of the stream, or until the time is up.
struct Read {
  std::string bytes;
  bool ended = false;
  std::optional<Code> error;
};

Task<Read> read_all(net::Stream& stream, std::size_t at_most, std::size_t pieces = 7) {
  Read read;
  std::string buffer(pieces, '\0');  // small: what is handed out is cut
  while (read.bytes.size() < at_most) {
    const auto n = co_await net::read_some(stream, buffer);
    if (!n) read.error = n.error().code();
    if (!n) break;
    if (*n == 0) read.ended = true;
    if (*n == 0) break;
    read.bytes.append(buffer, 0, *n);
  }
  co_return read;
}

class FaultyExchangeTest : public ::testing::Test {
 protected:
  // What a client reads that has sent a request, when the server answers.
  Read exchange(const FaultRule& what, std::size_t at_most = 1000, bool server_closes = true) {
    auto [near, far] = MemoryStream::make(loop);
    FaultyConnection connection(loop, what, 5);
    const auto stream = connection.wrap(std::move(near));
    const auto sent = testing::run(loop, net::write_all(*stream, "POST / HTTP/1.1\r\n\r\n"));
    request_failed = !sent;
    request = far->take();
    if (!sent) return {};
    far->put(std::string(head) + std::string(body.substr(0, 8)));
    far->put(body.substr(8));
    if (server_closes) far->shutdown_write();
    EXPECT_TRUE(stream->readable()) << "it carries no other request";
    return *testing::run(loop, read_all(*stream, at_most));
  }

  task::Loop loop;
  std::string request;
  bool request_failed = false;
};

TEST_F(FaultyExchangeTest, ALateOrSlowAnswerIsWhole) {
  for (const Fault fault : {Fault::delay, Fault::slow}) {
    const SteadyTime before = loop.now();
    const Read read = exchange(rule(fault, milliseconds(5)));
    EXPECT_EQ(read.bytes, std::string(head) + std::string(body));
    EXPECT_TRUE(read.ended);
    EXPECT_GE(loop.now() - before, milliseconds(5));
  }
}

TEST_F(FaultyExchangeTest, AResetBeforeTheRequestLetsNothingOfItOut) {
  exchange(rule(Fault::reset_before));
  EXPECT_TRUE(request_failed);
  EXPECT_EQ(request, "");
}

TEST_F(FaultyExchangeTest, AResetAfterTheRequestLetsAllOfItOut) {
  const Read read = exchange(rule(Fault::reset_after));
  EXPECT_EQ(request, "POST / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(read.bytes, "");
  EXPECT_EQ(read.error, Code::network_connection_failed);
}

TEST_F(FaultyExchangeTest, AStatusComesInsteadOfTheServersAnswer) {
  FaultRule what = rule(Fault::http);
  what.status = 429;
  what.headers.emplace_back("retry-after", Secret("3"));
  const Read read = exchange(what, 90);
  EXPECT_EQ(request, "") << "the server was not asked";
  EXPECT_TRUE(read.bytes.starts_with("HTTP/1.1 429 Injected\r\n")) << read.bytes;
  EXPECT_TRUE(read.bytes.contains("retry-after: 3\r\n")) << read.bytes;
}

TEST_F(FaultyExchangeTest, AnErrorCarriesTheIdOfTheRequest) {
  FaultRule what = rule(Fault::error);
  what.message = "say \"no\"";
  const std::string expected = R"({"jsonrpc":"2.0","id":5,"error":{"code":-32603,"message":"say \"no\""}})";
  const Read read = exchange(what, 150);
  EXPECT_EQ(request, "");
  EXPECT_TRUE(read.bytes.contains(expected)) << read.bytes;
}

TEST_F(FaultyExchangeTest, ATruncatedAnswerEndsWithinItsBody) {
  const Read read = exchange(rule(Fault::truncate));
  EXPECT_TRUE(read.ended);
  EXPECT_TRUE(read.bytes.starts_with(head));
  EXPECT_LT(read.bytes.size(), head.size() + body.size());
  EXPECT_GT(read.bytes.size(), head.size());
}

TEST_F(FaultyExchangeTest, AGarbledAnswerIsSoundHttpAndNoJson) {
  const Read read = exchange(rule(Fault::garble));
  EXPECT_EQ(read.bytes, std::string(head) + "{'id':1,'result':{}}");
}

TEST_F(FaultyExchangeTest, AMissingAnswerNeverComesThoughTheServerCloses) {
  auto [near, far] = MemoryStream::make(loop);
  const FaultRule what = rule(Fault::missing);
  FaultyConnection connection(loop, what, 5);
  const auto stream = connection.wrap(std::move(near));
  testing::Started<Read> reading(loop, read_all(*stream, 1000));
  far->put(head);
  far->shutdown_write();
  EXPECT_FALSE(reading.settled());
  reading.cancel();
  const auto read = reading.wait();
  ASSERT_TRUE(read);
  EXPECT_EQ(read->bytes, "");
  EXPECT_EQ(read->error, Code::proto_cancelled);
}

class FaultyLinesTest : public ::testing::Test {
 protected:
  FaultyLinesTest() {
    auto [near, far] = MemoryStream::make(loop);
    lines = std::make_unique<FaultyLines>(loop, std::move(near));
    child = std::move(far);
  }
  Read read(std::size_t at_most = 1000, std::size_t pieces = 7) {
    return *testing::run(loop, read_all(*lines, at_most, pieces));
  }

  task::Loop loop;
  std::unique_ptr<FaultyLines> lines;
  std::unique_ptr<MemoryStream> child;
};

TEST_F(FaultyLinesTest, OnlyTheAnswerThatIsMeantIsStruck) {
  lines->strike(2, rule(Fault::missing));
  lines->strike(3, rule(Fault::duplicate));
  lines->strike(4, rule(Fault::garble));
  child->put("{\"id\":1}\n{\"result\":{},\"i");
  child->put("d\":2}\n{\"id\":3}\n{\"id\":4}\n{\"id\":3}\n{\"id\":2}\n");
  child->shutdown_write();
  EXPECT_EQ(read().bytes, "{\"id\":1}\n{\"id\":3}\n{\"id\":3}\n{\"id\":4}}\n{\"id\":3}\n{\"id\":2}\n");
}

TEST_F(FaultyLinesTest, ALateAnswerLetsOthersPass) {
  lines->strike(1, rule(Fault::delay, milliseconds(20)));
  child->put("{\"id\":1}\n{\"id\":2}\n");
  child->shutdown_write();
  EXPECT_EQ(read().bytes, "{\"id\":2}\n{\"id\":1}\n");
}

TEST_F(FaultyLinesTest, ASlowAnswerHoldsUpTheOthersBehindIt) {
  lines->strike(1, rule(Fault::slow, milliseconds(2)));
  const std::string answer = "{\"id\":1,\"result\":\"" + std::string(500, 'x') + "\"}\n";
  child->put(answer + "{\"id\":2}\n");
  child->shutdown_write();
  EXPECT_EQ(read().bytes, answer + "{\"id\":2}\n");
}

TEST_F(FaultyLinesTest, ATruncatedAnswerIsTheLastThatIsRead) {
  lines->strike(1, rule(Fault::truncate));
  child->put("{\"id\":0}\n{\"id\":1}\n{\"id\":2}\n");
  const Read all = read();
  EXPECT_EQ(all.bytes, "{\"id\":0}\n{\"id");
  EXPECT_TRUE(all.ended);
}

TEST_F(FaultyLinesTest, WhatTheChildDidNotWriteIsReadBeforeTheCut) {
  lines->say("{\"id\":9}");
  EXPECT_EQ(read(9).bytes, "{\"id\":9}\n");
  lines->cut();
  EXPECT_TRUE(read().ended);
}

TEST_F(FaultyLinesTest, ALineThatIsTooLongToKeepPassesAsItIs) {
  lines->strike(1, rule(Fault::missing));
  const std::string answer = "{\"result\":\"" + std::string(std::size_t{3} << 20, 'x') + "\",\"id\":1}\n";
  child->put(answer);
  child->put("{\"id\":1}\n{\"id\":2}\n");
  child->shutdown_write();
  EXPECT_EQ(read(answer.size() + 100, 64 * 1024).bytes, answer + "{\"id\":2}\n");
}

TEST_F(FaultyLinesTest, AReadThatIsGivenUpLosesNothing) {
  lines->strike(1, rule(Fault::delay, milliseconds(20)));
  child->put("{\"id\":1}\n");
  testing::Started<Read> reading(loop, read_all(*lines, 1000));
  EXPECT_FALSE(reading.settled());
  reading.cancel();
  EXPECT_EQ(reading.wait()->error, Code::proto_cancelled);
  EXPECT_EQ(read(9).bytes, "{\"id\":1}\n");
}

}  // namespace
}  // namespace sallyport::client
