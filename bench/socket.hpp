// TCP over loopback for the benchmark programs: descriptors that close themselves, listen, connect, epoll.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sallyport::bench {

/// A benchmark that cannot do its work has nothing to recover: it says why and stops.
[[noreturn]] inline void die(std::string_view what) {
  fmt::print(stderr, "{}: {}\n", what, std::strerror(errno));
  std::exit(2);
}

inline int checked(int result, std::string_view what) {
  if (result < 0) die(what);
  return result;
}

class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Fd() {
    if (number_ >= 0) ::close(number_);
  }

  int get() const { return number_; }

 private:
  int number_ = -1;
};

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline void set_no_delay(int fd) {
  const int on = 1;
  checked(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
}

inline Fd listen_on(std::uint16_t port) {
  Fd fd(checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
  const int on = 1;
  checked(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  const auto address = loopback(port);
  checked(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  checked(::listen(fd.get(), SOMAXCONN), "listen");
  return fd;
}

inline std::uint16_t port_of(const Fd& fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

/// Connects, then makes the socket non-blocking: a connection over loopback is made or refused at once.
inline Fd connect_to(std::uint16_t port) {
  Fd fd(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  const auto address = loopback(port);
  checked(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  set_no_delay(fd.get());
  checked(::fcntl(fd.get(), F_SETFL, O_NONBLOCK), "O_NONBLOCK");
  return fd;
}

/// `token` comes back in the event's data.u64.
inline void epoll_set(const Fd& epoll, int operation, int fd, std::uint32_t events, std::uint64_t token) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  checked(::epoll_ctl(epoll.get(), operation, fd, &event), "epoll_ctl");
}

inline void pin_to_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<unsigned>(core), &set);
  checked(::sched_setaffinity(0, sizeof set, &set), "sched_setaffinity");
}

}  // namespace sallyport::bench
