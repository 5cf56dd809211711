#include "net/service_manager.hpp"

#include "base/strings.hpp"
#include "base/unique_fd.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

namespace sallyport::net {
namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// The manager compares it with its own clock of this name.
std::uint64_t monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

ServiceManager::Address ServiceManager::from_environment() {
  Address address{.socket = std::string(variable("NOTIFY_SOCKET"))};
  const std::string_view pid = variable("WATCHDOG_PID");
  const bool ours = pid.empty() || parse_int<pid_t>(pid) == ::getpid();
  const auto microseconds = parse_int<std::int64_t>(variable("WATCHDOG_USEC"));
  if (ours && microseconds && *microseconds > 0) address.watchdog = std::chrono::microseconds(*microseconds);
  return address;
}

ServiceManager::ServiceManager(task::Loop& loop, Address address)
    : loop_(&loop), address_(std::move(address)), beat_(loop.timers()) {}

void ServiceManager::ready(std::string_view status) {
  send(fmt::format("READY=1\nSTATUS={}", status));
  if (address_.watchdog.count() > 0 && !beat_.active()) beat();
}

void ServiceManager::reloading() {
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_microseconds()));
}

void ServiceManager::stopping(std::string_view status) {
  send(fmt::format("STOPPING=1\nSTATUS={}", status));
}

void ServiceManager::beat() {
  send("WATCHDOG=1");
  beat_.start(loop_->now() + address_.watchdog / 2, [this] { beat(); });
}

void ServiceManager::send(std::string_view message) const noexcept {
  const std::string& name = address_.socket;
  sockaddr_un to{};
  const bool names_one = name.size() > 1 && (name.front() == '/' || name.front() == '@');
  if (!names_one || name.size() >= sizeof to.sun_path) return;
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, name.data(), name.size());
  const bool abstract = name.front() == '@';
  if (abstract) to.sun_path[0] = '\0';
  const auto length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (abstract ? 0 : 1));
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return;
  // Nobody to report a failure to: the manager's own time-out finds it.
  (void)::sendto(socket.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&to), length);
}

}  // namespace sallyport::net
