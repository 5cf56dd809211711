// Ids, digests, secrets, clocks and descriptors.
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/secret.hpp"
#include "base/sha256.hpp"
#include "base/strings.hpp"
#include "base/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Sha256, KnowsTheTestVectors) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Ids, AreNeverTheSameInAnyThread) {
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& ids : made) {
      threads.emplace_back([&ids] {
        for (int i = 0; i < 1000; ++i)
          ids.push_back(i % 2 == 0 ? CorrelationId::make().hex() : new_session_id());
      });
    }
  }
  std::set<std::string> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), 4000u);
  for (const std::string& id : all) {
    ASSERT_EQ(id.size(), 32u);
    ASSERT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
}

TEST(RandomBytes, FillsEverySize) {
  for (const std::size_t size : {0u, 1u, 16u, 255u, 256u, 257u, 5000u}) {
    // Of sixteen fills, each byte is something else than zero at least once.
    std::vector<std::byte> seen(size);
    for (int i = 0; i < 16; ++i) {
      std::vector<std::byte> bytes(size);
      random_bytes(bytes);
      for (std::size_t k = 0; k < size; ++k) seen[k] |= bytes[k];
    }
    EXPECT_EQ(std::ranges::count(seen, std::byte{0}), 0) << size;
  }
  EXPECT_NE(random_u64(), random_u64());
}

TEST(Secret, IsNotPrinted) {
  const Secret secret("hunter2");
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "[secret]");
  static_assert(!fmt::is_formattable<Secret>());
  EXPECT_EQ(secret.reveal(), "hunter2");
}

TEST(Secret, LeavesNothingWhereItCameFrom) {
  std::string source = "a value too long for the small buffer of a string";
  Secret first(std::move(source));
  EXPECT_TRUE(source.empty());  // NOLINT(bugprone-use-after-move): that is the promise
  Secret second(std::move(first));
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(second.reveal(), "a value too long for the small buffer of a string");
  first = second;
  second = Secret();
  EXPECT_EQ(first.reveal(), "a value too long for the small buffer of a string");
  EXPECT_TRUE(second.empty());
}

TEST(Secret, ComparesWholeValues) {
  const Secret secret("hunter2");
  EXPECT_TRUE(secret.matches("hunter2"));
  EXPECT_FALSE(secret.matches("hunter3"));
  EXPECT_FALSE(secret.matches("hunter"));
  EXPECT_FALSE(secret.matches(""));
}

TEST(ManualClock, MovesBothTimesTogether) {
  ManualClock clock(SystemTime(std::chrono::seconds(5)));
  const SteadyTime steady = clock.now();
  const SystemTime system = clock.system_now();
  EXPECT_EQ(clock.now(), steady);
  clock.advance(std::chrono::milliseconds(1500));
  EXPECT_EQ(clock.now() - steady, std::chrono::milliseconds(1500));
  EXPECT_EQ(clock.system_now() - system, std::chrono::milliseconds(1500));
}

TEST(SystemClock, IsTheMachines) {
  const SteadyTime before = std::chrono::steady_clock::now();
  EXPECT_GE(system_clock().now(), before);
  EXPECT_LE(system_clock().now(), std::chrono::steady_clock::now());
}

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

TEST(UniqueFd, ClosesOnce) {
  UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(fd);
  const int number = fd.get();
  UniqueFd moved(std::move(fd));
  EXPECT_FALSE(fd);  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(is_open(number));
  errno = EPIPE;
  moved.reset();
  EXPECT_EQ(errno, EPIPE);
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, GivesAwayWhatItReleases) {
  UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = fd.release();
  fd.reset();
  EXPECT_TRUE(is_open(number));
  UniqueFd again(number);
  UniqueFd& same = again;
  again = std::move(same);
  EXPECT_EQ(again.get(), number);
  EXPECT_TRUE(is_open(number));
}

}  // namespace
}  // namespace sallyport
