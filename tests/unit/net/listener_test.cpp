// Listeners on TCP and on Unix sockets: what is taken, what is left behind, and no descriptors left.
#include "net/listener.hpp"

#include "base/unique_fd.hpp"
#include "support/run_task.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

using ::testing::HasSubstr;

class Directory {
 public:
  Directory() { EXPECT_NE(::mkdtemp(path_.data()), nullptr); }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_ = std::filesystem::temp_directory_path() / "sallyport-listener-XXXXXX";
};

UniqueFd connected(const std::string& path) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, path.c_str(), path.size() + 1);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) socket.reset();
  return socket;
}

struct Accepting {
  task::Loop loop;
  std::vector<Peer> peers;
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<int> exhausted;

  Listener::Accept accept() {
    return [this](std::unique_ptr<Stream> stream, Peer peer) {
      peers.push_back(std::move(peer));
      streams.push_back(std::move(stream));
    };
  }
  Result<std::unique_ptr<Listener>> open(const std::string& path) {
    return Listener::open_unix(loop, path, accept(), [this](int error) { exhausted.push_back(error); });
  }
};

TEST(Listener, AUnixSocketIsItsOwnersAndGoesWithTheListener) {
  const Directory directory;
  const std::string path = directory.file("mcp.sock");
  Accepting world;
  auto listener = world.open(path);
  ASSERT_TRUE(listener) << listener.error().developer_message();
  struct stat facts{};
  ASSERT_EQ(::lstat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  EXPECT_EQ((*listener)->port(), 0);
  const UniqueFd client = connected(path);
  ASSERT_TRUE(client);
  ASSERT_TRUE(testing::run_until(world.loop, [&] { return !world.peers.empty(); }));
  EXPECT_EQ(world.peers[0].address, "unix:" + std::to_string(::getuid()));
  EXPECT_TRUE(world.peers[0].loopback);
  EXPECT_TRUE(world.peers[0].unix_socket);
  (*listener)->close();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Listener, AStaleSocketIsReplacedALiveOneAndAFileAreNot) {
  const Directory directory;
  const std::string path = directory.file("mcp.sock");
  {
    const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, path.c_str(), path.size() + 1);
    ASSERT_EQ(::bind(dead.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at), 0);
  }
  Accepting world;
  const auto listener = world.open(path);
  ASSERT_TRUE(listener) << listener.error().developer_message();
  const auto second = world.open(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::system_operation_failed);
  EXPECT_THAT(std::string(second.error().developer_message()), HasSubstr("another process listens there"));
  const std::string file = directory.file("text");
  std::ofstream(file) << "precious";
  EXPECT_THAT(std::string(world.open(file).error().developer_message()), HasSubstr("is no socket"));
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_FALSE(world.open(directory.file("no/such/directory")));
  EXPECT_THAT(std::string(world.open("/" + std::string(200, 'x')).error().developer_message()),
              HasSubstr("at most 107 bytes"));
}

TEST(Listener, AnothersSocketAtItsPathIsLeftAlone) {
  const Directory directory;
  const std::string path = directory.file("mcp.sock");
  Accepting world;
  auto first = world.open(path);
  ASSERT_TRUE(first);
  std::filesystem::remove(path);
  const auto second = world.open(path);
  ASSERT_TRUE(second);
  (*first)->close();
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(Listener, ADrainTakesWhatTheKernelHasAccepted) {
  const Directory directory;
  const std::string path = directory.file("mcp.sock");
  Accepting world;
  const auto listener = world.open(path);
  ASSERT_TRUE(listener);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(connected(path));
  (*listener)->drain();
  EXPECT_EQ(world.streams.size(), 50u);
  EXPECT_FALSE(connected(path));
}

TEST(Listener, ATakenPortSaysWhatToDo) {
  Accepting world;
  const auto first = Listener::open(world.loop, "127.0.0.1", 0, world.accept());
  ASSERT_TRUE(first);
  const auto second = Listener::open(world.loop, "127.0.0.1", (*first)->port(), world.accept());
  ASSERT_FALSE(second);
  EXPECT_THAT(std::string(second.error().developer_message()), HasSubstr("choose another port"));
}

// Out of descriptors the listener waits instead of spinning, and goes on when there are some again.
TEST(Listener, OutOfDescriptorsItPausesAndGoesOn) {
  const Directory directory;
  const std::string path = directory.file("mcp.sock");
  Accepting world;
  const auto listener = world.open(path);
  ASSERT_TRUE(listener);
  // A connection and a timer that come through first: what a sanitizer looks up about a type needs
  // descriptors, once.
  const UniqueFd earlier = connected(path);
  ASSERT_TRUE(testing::run_until(world.loop, [&] { return world.streams.size() == 1; }));
  bool fired = false;
  const task::Timer timer(world.loop.timers(), world.loop.now(), [&] { fired = true; });
  ASSERT_TRUE(testing::run_until(world.loop, [&] { return fired; }));
  const UniqueFd client = connected(path);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{static_cast<rlim_t>(client.get()), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_TRUE(testing::run_until(world.loop, [&] { return !world.exhausted.empty(); }));
  EXPECT_EQ(world.exhausted, std::vector<int>{EMFILE});
  EXPECT_EQ(world.streams.size(), 1u);
  world.loop.poll();
  EXPECT_EQ(world.exhausted.size(), 1u) << "no spinning";
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(testing::run_until(world.loop, [&] { return world.streams.size() == 2; }));
}

}  // namespace
}  // namespace sallyport::net
