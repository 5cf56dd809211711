// Reading and writing from coroutines, and the buffer of what was read, over memory and over real
// descriptors.
#include "net/stream.hpp"

#include "net/pipe.hpp"
#include "support/memory_stream.hpp"
#include "support/run_task.hpp"

#include <array>
#include <csignal>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

using testing::MemoryStream;
using testing::Started;

Task<std::string> read_to_end(Stream& stream, std::size_t buffer_size = 1000) {
  std::string all;
  std::string buffer(buffer_size, '\0');
  for (;;) {
    const std::size_t n = CO_TRY(co_await read_some(stream, buffer));
    if (n == 0) co_return all;
    all.append(buffer, 0, n);
  }
}

Task<void> write_pieces(Stream& stream, std::string_view one, std::string_view two, std::string_view three) {
  std::array<iovec, 3> pieces{piece(one), piece(two), piece(three)};
  co_return co_await WriteOp(stream, pieces);
}

TEST(WriteOp, WritesAllPiecesWhateverFitsAtOnce) {
  for (const std::size_t write_size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000}}) {
    for (const std::size_t capacity : {std::size_t{1}, std::size_t{5}, std::size_t{1000}}) {
      task::Loop loop;
      auto [ours, theirs] = MemoryStream::make(loop);
      ours->behaviour()->write_size = write_size;
      ours->behaviour()->capacity = capacity;
      Started<std::string> reader(loop, read_to_end(*theirs));
      Started<void> writer(loop, write_pieces(*ours, "hello", "", " world"));
      ASSERT_TRUE(writer.wait());
      ours->shutdown_write();
      EXPECT_EQ(reader.wait().value(), "hello world");
    }
  }
}

TEST(WriteOp, AnErrorSaysThatTheLastByteWasNotHandedOver) {
  for (int fail_at = 0; fail_at < 6; ++fail_at) {
    task::Loop loop;
    auto [ours, theirs] = MemoryStream::make(loop);
    *ours->behaviour() = {.write_size = 2, .fail_at = fail_at};
    const auto result = testing::run(loop, write_pieces(*ours, "hello", " wor", "ld."));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), Code::network_connection_failed);
    EXPECT_EQ(result.error().executed(), Executed::no);
    EXPECT_EQ(result.error().phase(), Phase::send);
    EXPECT_EQ(theirs->take().size(), static_cast<std::size_t>(2 * fail_at));
  }
}

TEST(WriteOp, ACancelledOneEndsAndMayBeDropped) {
  task::Loop loop;
  auto [ours, theirs] = MemoryStream::make(loop);
  ours->behaviour()->capacity = 3;
  {
    Started<void> writer(loop, write_pieces(*ours, "hello", "", ""));
    EXPECT_FALSE(writer.settled());
    writer.cancel();
    ASSERT_TRUE(writer.settled());
    EXPECT_EQ(writer.settled()->error().code(), Code::proto_cancelled);
    EXPECT_EQ(writer.settled()->error().executed(), Executed::no);
  }
  EXPECT_EQ(theirs->take(), "hel");
  loop.poll();
}

TEST(WriteOp, DoesNotWriteInACancelledScope) {
  task::Loop loop;
  auto [ours, theirs] = MemoryStream::make(loop);
  const auto body = [](Stream& stream) -> Task<void> {
    (co_await task::current_scope()).cancel(task::CancelReason::client);
    co_return co_await write_all(stream, "too late");
  };
  EXPECT_EQ(testing::run(loop, body(*ours)).error().code(), Code::proto_cancelled);
  EXPECT_EQ(theirs->take(), "");
}

TEST(ReadOp, ZeroIsTheEnd) {
  task::Loop loop;
  auto [ours, theirs] = MemoryStream::make(loop);
  theirs->put("last words");
  theirs->shutdown_write();
  EXPECT_EQ(testing::run(loop, read_to_end(*ours, 3)).value(), "last words");
}

TEST(ReadOp, ACancelledOneEndsAndTheNextGoesOnWhereItStopped) {
  task::Loop loop;
  auto [ours, theirs] = MemoryStream::make(loop);
  {
    Started<std::string> reader(loop, read_to_end(*ours));
    reader.cancel();
    ASSERT_TRUE(reader.settled());
    EXPECT_EQ(reader.settled()->error().code(), Code::proto_cancelled);
    EXPECT_EQ(reader.settled()->error().phase(), Phase::receive);
  }
  theirs->put("after");
  theirs->shutdown_write();
  EXPECT_EQ(testing::run(loop, read_to_end(*ours)).value(), "after");
}

// A connected pair of real sockets.
struct Sockets {
  explicit Sockets(task::Loop& loop) {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
    one = open_pipe(loop, UniqueFd(fds[0]));
    two = open_pipe(loop, UniqueFd(fds[1]));
  }
  std::unique_ptr<Stream> one;
  std::unique_ptr<Stream> two;
};

TEST(DescriptorStream, MovesMoreThanTheKernelBuffers) {
  task::Loop loop;
  Sockets sockets(loop);
  const std::string big(5'000'000, 'x');
  Started<std::string> reader(loop, read_to_end(*sockets.two));
  ASSERT_TRUE(testing::run(loop, write_all(*sockets.one, big)));
  sockets.one.reset();
  EXPECT_EQ(reader.wait().value(), big);
}

TEST(DescriptorStream, ACancelledReadEndsAndTheNextGoesOn) {
  task::Loop loop;
  Sockets sockets(loop);
  {
    Started<std::string> reader(loop, read_to_end(*sockets.two));
    reader.cancel();
    EXPECT_EQ(reader.wait().error().code(), Code::proto_cancelled);
  }
  ASSERT_TRUE(testing::run(loop, write_all(*sockets.one, "after")));
  sockets.one.reset();
  EXPECT_EQ(testing::run(loop, read_to_end(*sockets.two)).value(), "after");
}

// What the kernel gave before the cancellation took hold must not be lost for the reader that comes next.
TEST(DescriptorStream, BytesThatArriveTogetherWithTheCancellationAreReturned) {
  task::Loop loop;
  Sockets sockets(loop);
  ASSERT_TRUE(testing::run(loop, write_all(*sockets.one, "here")));
  std::array<char, 10> buffer{};
  const auto once = [](Stream& stream, std::span<char> room) -> Task<std::size_t> {
    co_return co_await read_some(stream, room);
  };
  Started<std::size_t> reader(loop, once(*sockets.two, buffer));
  reader.cancel();
  EXPECT_EQ(reader.wait().value(), 4u);
}

TEST(DescriptorStream, ACancelledWriteEnds) {
  task::Loop loop;
  Sockets sockets(loop);
  const std::string big(5'000'000, 'x');
  Started<void> writer(loop, write_all(*sockets.one, big));
  EXPECT_FALSE(writer.settled());
  writer.cancel();
  EXPECT_EQ(writer.wait().error().code(), Code::proto_cancelled);
}

struct Forbidden final : Completion {
  void done(std::error_code, std::size_t) noexcept override {
    ADD_FAILURE() << "completed after its stream was destroyed";
  }
};

TEST(DescriptorStream, OneDestroyedWithOperationsPendingNeverCompletesThem) {
  task::Loop loop;
  Forbidden completion;
  {
    Sockets sockets(loop);
    auto buffer = std::make_unique<std::array<char, 64>>();
    sockets.two->start_read(*buffer, completion);
    sockets.two->start_writable(completion);
    (void)testing::run(loop, write_all(*sockets.one, "x"));
    sockets.two.reset();
  }
  loop.poll();
}

TEST(DescriptorStream, ReadableTellsOfBytesAndOfTheEnd) {
  task::Loop loop;
  Sockets sockets(loop);
  EXPECT_FALSE(sockets.two->readable());
  ASSERT_TRUE(testing::run(loop, write_all(*sockets.one, "x")));
  EXPECT_TRUE(sockets.two->readable());
  std::array<char, 8> buffer{};
  const auto once = [](Stream& stream, std::span<char> room) -> Task<std::size_t> {
    co_return co_await read_some(stream, room);
  };
  EXPECT_EQ(testing::run(loop, once(*sockets.two, buffer)).value(), 1u);
  EXPECT_FALSE(sockets.two->readable());
  sockets.one.reset();
  EXPECT_TRUE(sockets.two->readable());
  sockets.two->close();
  EXPECT_TRUE(sockets.two->readable());
}

TEST(DescriptorStream, WritingToAClosedPeerIsAnErrorNotASignal) {
  task::Loop loop;
  std::array<int, 2> fds{};
  ASSERT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
  const auto writer = open_pipe(loop, UniqueFd(fds[1]));
  ::close(fds[0]);
  const auto previous = ::signal(SIGPIPE, SIG_IGN);  // as the program does: a pipe has no MSG_NOSIGNAL
  EXPECT_EQ(testing::run(loop, write_all(*writer, "x")).error().code(), Code::network_connection_failed);
  ::signal(SIGPIPE, previous);
}

TEST(OpenPipe, RefusesWhatIsNotOpen) {
  task::Loop loop;
  EXPECT_EQ(open_pipe(loop, UniqueFd()), nullptr);
}

// `sallyport stdio < requests`
TEST(OpenPipe, ReadsARegularFileToItsEnd) {
  task::Loop loop;
  const auto file =
      open_pipe(loop, UniqueFd(::open(SALLYPORT_SOURCE_DIR "/CMakeLists.txt", O_RDONLY | O_CLOEXEC)));
  ASSERT_NE(file, nullptr);
  EXPECT_TRUE(testing::run(loop, read_to_end(*file)).value().starts_with("cmake_minimum_required"));
}

TEST(InputBuffer, GivesBackWhatAnIdleConnectionShouldNotHold) {
  InputBuffer buffer;
  const auto room = buffer.prepare(1'000'000);
  ASSERT_GE(room.size(), 1'000'000u);
  std::copy_n("rest", 4, room.begin());
  buffer.commit(4);
  buffer.shrink();
  EXPECT_EQ(buffer.view(), "rest");
  EXPECT_LE(buffer.prepare(1).size(), 16384u);
  EXPECT_EQ(buffer.view(), "rest");
}

RC_GTEST_PROP(InputBufferProperty, EqualsAString, ()) {
  InputBuffer buffer;
  std::string model;
  const auto steps = *rc::gen::inRange(1, 60);
  char next = 'a';
  for (int i = 0; i < steps; ++i) {
    if (*rc::gen::inRange(0, 3) > 0) {
      const auto wanted = *rc::gen::inRange<std::size_t>(1, 3000);
      const auto room = buffer.prepare(wanted);
      RC_ASSERT(room.size() >= wanted);
      const auto used = *rc::gen::inRange<std::size_t>(0, wanted + 1);
      next = next == 'z' ? 'a' : static_cast<char>(next + 1);
      std::fill_n(room.begin(), used, next);
      buffer.commit(used);
      model.append(used, next);
    } else {
      const auto used = *rc::gen::inRange<std::size_t>(0, model.size() + 1);
      buffer.consume(used);
      model.erase(0, used);
    }
    if (*rc::gen::inRange(0, 5) == 0) buffer.shrink();
    RC_ASSERT(buffer.view() == model);
    RC_ASSERT(buffer.empty() == model.empty());
  }
}

}  // namespace
}  // namespace sallyport::net
