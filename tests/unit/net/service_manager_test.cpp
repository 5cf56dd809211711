// What a service manager hears, on a socket in the file system and on one in the abstract namespace.
#include "net/service_manager.hpp"

#include "base/unique_fd.hpp"
#include "support/run_task.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

using ::testing::StartsWith;
using namespace std::chrono_literals;

class Manager {
 public:
  explicit Manager(std::string name)
      : name_(std::move(name)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, name_.data(), name_.size());
    const bool abstract = name_.front() == '@';
    if (abstract) at.sun_path[0] = '\0';
    const auto length =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size() + (abstract ? 0 : 1));
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&at), length), 0) << name_;
  }
  ~Manager() { std::filesystem::remove(name_); }

  const std::string& name() const { return name_; }
  std::string heard() const {
    std::array<char, 512> buffer{};
    const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    return n > 0 ? std::string(buffer.data(), static_cast<std::size_t>(n)) : "";
  }

 private:
  std::string name_;
  UniqueFd socket_;
};

std::string in_file_system() {
  return (std::filesystem::temp_directory_path() / ("sallyport-notify-" + std::to_string(::getpid())))
      .string();
}
std::string abstract() {
  return "@sallyport-notify-" + std::to_string(::getpid());
}

TEST(ServiceManager, HearsReadyReloadingAndStopping) {
  for (const std::string& name : {in_file_system(), abstract()}) {
    task::Loop loop;
    const Manager manager(name);
    ServiceManager told(loop, {.socket = name});
    told.ready("serving 2 servers");
    EXPECT_EQ(manager.heard(), "READY=1\nSTATUS=serving 2 servers");
    told.reloading();
    EXPECT_THAT(manager.heard(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
    told.stopping("draining");
    EXPECT_EQ(manager.heard(), "STOPPING=1\nSTATUS=draining");
    EXPECT_EQ(manager.heard(), "") << "no beat where nobody asked for one";
  }
}

TEST(ServiceManager, TheWatchdogBeatsOnceReady) {
  task::Loop loop;
  const Manager manager(abstract());
  ServiceManager told(loop, {.socket = manager.name(), .watchdog = 2ms});
  EXPECT_EQ(manager.heard(), "") << "not before it is ready";
  told.ready("up");
  EXPECT_THAT(manager.heard(), StartsWith("READY=1"));
  for (int beat = 0; beat < 3; ++beat) {
    std::string heard;
    EXPECT_TRUE(testing::run_until(loop, [&] { return !(heard = manager.heard()).empty(); }));
    EXPECT_EQ(heard, "WATCHDOG=1");
  }
}

TEST(ServiceManager, NobodyToTellIsNoFailure) {
  task::Loop loop;
  for (const char* name : {"", "relative", "/", "@", "/does/not/exist"}) {
    ServiceManager told(loop, {.socket = name});
    told.ready("up");
    told.stopping("down");
  }
  ServiceManager(loop, {.socket = "/" + std::string(200, 'x')}).ready("a name that is too long");
}

TEST(ServiceManager, ReadsTheEnvironment) {
  const auto with = [](const char* pid, const char* microseconds) {
    ::setenv("NOTIFY_SOCKET", "/run/x", 1);
    ::setenv("WATCHDOG_PID", pid, 1);
    ::setenv("WATCHDOG_USEC", microseconds, 1);
    const auto address = ServiceManager::from_environment();
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"}) ::unsetenv(name);
    EXPECT_EQ(address.socket, "/run/x");
    return address.watchdog;
  };
  EXPECT_EQ(with(std::to_string(::getpid()).c_str(), "3000000"), 3s);
  EXPECT_EQ(with("", "3000000"), 3s);
  EXPECT_EQ(with("1", "3000000"), 0s) << "meant for another process";
  EXPECT_EQ(with("", "soon"), 0s);
  EXPECT_EQ(ServiceManager::from_environment().socket, "");
}

}  // namespace
}  // namespace sallyport::net
