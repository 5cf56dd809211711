#include "telemetry/stderr_writer.hpp"

#include "base/unique_fd.hpp"

#include <array>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace sallyport::log {
namespace {

constexpr std::size_t page = 4096;

// Of two pages: the smallest that takes a second line while the first is unread.
struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Pipe make_pipe() {
  std::array<int, 2> fds{};
  EXPECT_EQ(pipe2(fds.data(), O_CLOEXEC), 0);
  Pipe made{UniqueFd(fds[0]), UniqueFd(fds[1])};
  EXPECT_GT(fcntl(made.write_end.get(), F_SETPIPE_SZ, 2 * page), 0);
  EXPECT_EQ(fcntl(made.read_end.get(), F_SETFL, O_NONBLOCK), 0);
  return made;
}

std::string read_all(const Pipe& pipe) {
  std::string all;
  std::array<char, page> buffer{};
  for (;;) {
    const ssize_t count = ::read(pipe.read_end.get(), buffer.data(), buffer.size());
    if (count <= 0) return all;
    all.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

TEST(StderrWriter, WritesLines) {
  const Pipe pipe = make_pipe();
  StderrWriter writer(pipe.write_end.get());
  writer.write("one\n");
  writer.write("two\n");
  EXPECT_EQ(read_all(pipe), "one\ntwo\n");
  EXPECT_EQ(writer.dropped(), 0u);
}

TEST(StderrWriter, APipeThatNobodyReadsCostsLinesAndNotTheProgram) {
  const Pipe pipe = make_pipe();
  StderrWriter writer(pipe.write_end.get(), std::chrono::milliseconds(1));
  const std::string filler = std::string(2 * page - 1, 'x') + "\n";
  writer.write(filler);
  for (int i = 0; i < 1000; ++i) writer.write("lost\n");
  EXPECT_EQ(writer.dropped(), 1000u);
  EXPECT_EQ(read_all(pipe), filler);
  writer.write("back\n");
  EXPECT_EQ(writer.dropped(), 1000u);
  EXPECT_EQ(read_all(pipe), "back\n");
}

TEST(StderrWriter, ALineThatWasCutDoesNotSwallowTheNext) {
  const Pipe pipe = make_pipe();
  StderrWriter writer(pipe.write_end.get(), std::chrono::milliseconds(1));
  writer.write(std::string(3 * page, 'x') + "\n");
  EXPECT_EQ(writer.dropped(), 1u);
  EXPECT_EQ(read_all(pipe), std::string(2 * page, 'x'));
  writer.write("whole\n");
  EXPECT_EQ(read_all(pipe), "\nwhole\n");
  EXPECT_EQ(writer.dropped(), 1u);
}

TEST(StderrWriter, AClosedDescriptorCostsLines) {
  StderrWriter writer(-1, std::chrono::milliseconds(1));
  writer.write("lost\n");
  EXPECT_EQ(writer.dropped(), 1u);
}

TEST(StderrWriter, TriesWithoutWaitingAndSaysHowMuchWasTaken) {
  const Pipe pipe = make_pipe();
  StderrWriter writer(pipe.write_end.get());
  std::string lines;
  while (lines.size() < 5 * page) lines += std::string(99, 'x') + "\n";
  const std::size_t taken = writer.try_write(lines);
  EXPECT_GT(taken, 0u);
  EXPECT_LT(taken, lines.size());
  EXPECT_EQ(taken % 100, 0u) << "whole lines";
  EXPECT_EQ(writer.try_write(lines), 0u);
  EXPECT_EQ(read_all(pipe), lines.substr(0, taken));
  EXPECT_EQ(writer.dropped(), 0u);
}

TEST(StderrWriter, TryingAClosedDescriptorTakesAllAndCounts) {
  StderrWriter writer(-1);
  EXPECT_EQ(writer.try_write("one\ntwo\n"), 8u);
  EXPECT_EQ(writer.dropped(), 2u);
}

}  // namespace
}  // namespace sallyport::log
