// A stream over a real TCP connection against a peer that the test holds by its descriptor: what is read
// when, how it ends, and what may happen while somebody waits.
#include "base/unique_fd.hpp"
#include "net/listener.hpp"
#include "net/stream.hpp"
#include "support/run_task.hpp"

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

using testing::Started;

Task<std::string> read_once(Stream& stream, std::size_t buffer_size) {
  std::string buffer(buffer_size, '\0');
  buffer.resize(CO_TRY(co_await read_some(stream, buffer)));
  co_return buffer;
}

Task<std::string> read_to_end(Stream& stream, std::size_t buffer_size) {
  std::string all;
  for (;;) {
    const std::string part = CO_TRY(co_await read_once(stream, buffer_size));
    if (part.empty()) co_return all;
    all += part;
  }
}

// Accepts connections; `peer` is the other end of the stream that came last.
struct Tcp {
  explicit Tcp(task::Loop& l) : loop(l) {
    auto opened = Listener::open(
        loop, "127.0.0.1", 0, [this](std::unique_ptr<Stream> stream, Peer) { accepted = std::move(stream); });
    listener = std::move(*opened);
  }
  std::unique_ptr<Stream> open() {
    peer = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(listener->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(peer.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    while (!accepted) loop.poll();
    return std::move(accepted);
  }
  void say(std::string_view text) const {
    EXPECT_EQ(::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  void finish() const { ::shutdown(peer.get(), SHUT_WR); }
  void reset() {
    const linger abort{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(peer.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    peer.reset();
  }

  task::Loop& loop;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Stream> accepted;
  UniqueFd peer;
};

TEST(TcpStream, ReadsInPiecesOfAnySize) {
  for (const std::size_t size : {1u, 2u, 3u, 5u, 6u, 7u, 100u}) {
    task::Loop loop;
    Tcp tcp(loop);
    const auto stream = tcp.open();
    tcp.say("first ");
    Started<std::string> reader(loop, read_to_end(*stream, size));
    loop.poll();
    tcp.say("second ");
    loop.poll();
    tcp.say("third");
    tcp.finish();
    EXPECT_EQ(reader.wait().value(), "first second third") << size;
  }
}

// The last bytes and the end come with one edge: the read that takes the bytes must not forget the end.
TEST(TcpStream, TheEndThatComesTogetherWithTheLastBytesIsSeen) {
  task::Loop loop;
  Tcp tcp(loop);
  const auto stream = tcp.open();
  tcp.say("all");
  tcp.finish();
  EXPECT_EQ(testing::run(loop, read_once(*stream, 100)).value(), "all");
  EXPECT_TRUE(stream->readable());
  EXPECT_EQ(testing::run(loop, read_once(*stream, 100)).value(), "");
  EXPECT_EQ(testing::run(loop, read_once(*stream, 100)).value(), "");
}

TEST(TcpStream, TheEndIsSeenBySomebodyWhoWaitsAlready) {
  task::Loop loop;
  Tcp tcp(loop);
  const auto stream = tcp.open();
  Started<std::string> reader(loop, read_once(*stream, 100));
  loop.poll();
  EXPECT_FALSE(reader.settled());
  tcp.finish();
  EXPECT_EQ(reader.wait().value(), "");
}

TEST(TcpStream, AResetIsAnError) {
  task::Loop loop;
  Tcp tcp(loop);
  const auto stream = tcp.open();
  Started<std::string> reader(loop, read_once(*stream, 100));
  tcp.reset();
  EXPECT_EQ(reader.wait().error().code(), Code::network_connection_failed);
  EXPECT_TRUE(stream->readable());
  EXPECT_FALSE(testing::run(loop, write_all(*stream, "x")));
}

// Without a system call where the last read left room: what a pooled connection is asked before each request.
TEST(TcpStream, ReadableTellsWhatTheLoopKnows) {
  task::Loop loop;
  Tcp tcp(loop);
  const auto other = tcp.open();
  const UniqueFd others_peer = std::move(tcp.peer);
  Started<std::string> waiting(loop, read_once(*other, 100));  // keeps the loop watching
  const auto stream = tcp.open();
  EXPECT_FALSE(stream->readable());
  tcp.say("more");
  EXPECT_EQ(testing::run(loop, read_once(*stream, 4)).value(), "more");  // a full buffer: there could be more
  EXPECT_FALSE(stream->readable());
  tcp.say("unasked");
  EXPECT_TRUE(testing::run_until(loop, [&] { return stream->readable(); }));
  EXPECT_EQ(testing::run(loop, read_once(*stream, 100)).value(), "unasked");
  EXPECT_FALSE(stream->readable());
  tcp.finish();
  EXPECT_TRUE(testing::run_until(loop, [&] { return stream->readable(); }));
  stream->close();
  EXPECT_TRUE(stream->readable());
}

TEST(TcpStream, ACancelledReadTakesNothingWithIt) {
  task::Loop loop;
  Tcp tcp(loop);
  const auto stream = tcp.open();
  {
    Started<std::string> reader(loop, read_once(*stream, 100));
    loop.poll();
    reader.cancel();
    EXPECT_EQ(reader.wait().error().code(), Code::proto_cancelled);
  }
  tcp.say("kept");
  EXPECT_EQ(testing::run(loop, read_once(*stream, 100)).value(), "kept");
}

TEST(TcpStream, ACancelledReadReturnsWhatHadCome) {
  task::Loop loop;
  Tcp tcp(loop);
  const auto stream = tcp.open();
  tcp.say("here");
  Started<std::string> reader(loop, read_once(*stream, 100));
  reader.cancel();
  const Result<std::string> read = reader.wait();
  EXPECT_EQ(read ? *read : testing::run(loop, read_once(*stream, 100)).value(), "here");
}

TEST(TcpStream, ClosingEndsWhoReadsAndWhoWrites) {
  task::Loop loop;
  Tcp tcp(loop);
  const auto stream = tcp.open();
  const std::string big(50'000'000, 'x');
  Started<std::string> reader(loop, read_once(*stream, 100));
  Started<void> writer(loop, write_all(*stream, big));
  loop.poll();
  EXPECT_FALSE(reader.settled() || writer.settled());
  stream->close();
  EXPECT_FALSE(reader.wait());
  EXPECT_FALSE(writer.wait());
  EXPECT_FALSE(testing::run(loop, read_once(*stream, 100)));
  EXPECT_FALSE(testing::run(loop, write_all(*stream, "x")));
}

TEST(TcpStream, BothDirectionsGoOnAtOnce) {
  task::Loop loop;
  Tcp tcp(loop);
  const auto stream = tcp.open();
  const std::string big(20'000'000, 'x');
  Started<std::string> reader(loop, read_to_end(*stream, 1000));
  Started<void> writer(loop, write_all(*stream, big));
  std::size_t received = 0;
  std::string buffer(1 << 20, '\0');
  while (!writer.settled()) {
    tcp.say("y");
    const ssize_t n = ::recv(tcp.peer.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) received += static_cast<std::size_t>(n);
  }
  ASSERT_TRUE(writer.wait());
  stream->shutdown_write();
  for (ssize_t n = 1; n > 0; received += static_cast<std::size_t>(n)) {
    n = ::recv(tcp.peer.get(), buffer.data(), buffer.size(), 0);
    ASSERT_GE(n, 0);
  }
  EXPECT_EQ(received, big.size());
  tcp.finish();
  EXPECT_EQ(reader.wait().value().find_first_not_of('y'), std::string::npos);
}

// What happens to one stream may be the end of others that were ready in the same turn.
TEST(TcpStream, OneThatIsDestroyedByAnotherHearsNothingMore) {
  struct Destroyer final : Completion {
    explicit Destroyer(std::vector<std::unique_ptr<Stream>>& all) : streams(&all) {}
    void done(std::error_code, std::size_t) noexcept override {
      ++calls;
      streams->clear();  // the one that called among them
    }
    std::vector<std::unique_ptr<Stream>>* streams;
    int calls = 0;
  };
  task::Loop loop;
  Tcp tcp(loop);
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<UniqueFd> peers;
  for (int i = 0; i < 5; ++i) {
    streams.push_back(tcp.open());
    peers.push_back(std::move(tcp.peer));
  }
  loop.poll();
  Destroyer destroyer(streams);
  std::array<char, 10> buffer{};
  for (const auto& stream : streams) {
    stream->start_read(buffer, destroyer);
    stream->start_writable(destroyer);
  }
  for (const UniqueFd& peer : peers) EXPECT_EQ(::send(peer.get(), "x", 1, 0), 1);
  EXPECT_TRUE(testing::run_until(loop, [&] { return destroyer.calls > 0; }));
  loop.poll();
  EXPECT_EQ(destroyer.calls, 1);
}

// More streams than one turn asks for, each of them ready.
TEST(TcpStream, NoneIsForgottenAmongMany) {
  task::Loop loop;
  Tcp tcp(loop);
  constexpr int count = 200;
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<UniqueFd> peers;
  std::vector<std::unique_ptr<Started<std::string>>> readers;
  for (int i = 0; i < count; ++i) {
    streams.push_back(tcp.open());
    peers.push_back(std::move(tcp.peer));
    readers.push_back(std::make_unique<Started<std::string>>(loop, read_to_end(*streams.back(), 10)));
  }
  for (int round = 0; round < 3; ++round) {
    for (const UniqueFd& peer : peers) EXPECT_EQ(::send(peer.get(), "some", 4, 0), 4);
    loop.poll();
  }
  peers.clear();
  for (const auto& reader : readers) EXPECT_EQ(reader->wait().value(), "somesomesome");
}

// A stream that is always ready has one read a turn: others come to theirs.
TEST(TcpStream, AFloodHoldsUpNobody) {
  task::Loop loop;
  Tcp tcp(loop);
  const auto flooded = tcp.open();
  const UniqueFd flooding = std::move(tcp.peer);
  const auto quiet = tcp.open();
  const std::string flood(100'000, 'x');
  EXPECT_EQ(::send(flooding.get(), flood.data(), flood.size(), 0), static_cast<ssize_t>(flood.size()));
  Started<std::string> drain(loop, read_to_end(*flooded, 1));
  Started<std::string> reader(loop, read_once(*quiet, 10));
  tcp.say("hello");
  EXPECT_EQ(reader.wait().value(), "hello");
  EXPECT_FALSE(drain.done());
}

}  // namespace
}  // namespace sallyport::net
