#include "net/listener.hpp"

#include "base/unique_fd.hpp"
#include "net/asio_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include <arpa/inet.h>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace sallyport::net {
namespace asio = boost::asio;
namespace {

using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

constexpr std::chrono::milliseconds exhausted_pause{100};
constexpr int accepted_at_once = 32;    // then the others on the loop have their turn
constexpr int accepted_at_end = 10000;  // more than a backlog holds
constexpr mode_t unix_mode = 0600;

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

struct Bound {
  UniqueFd socket;
  std::string path{};  // of a Unix socket
  dev_t device = 0;
  ino_t inode = 0;
};

Error cannot_listen(const std::string& where, std::string_view why, std::string_view instead = {}) {
  return Error(Code::system_operation_failed)
      .with_executed(Executed::no)
      .with_developer_message(
          fmt::format("cannot listen on {}: {}{}{}", where, why, instead.empty() ? "" : "; ", instead));
}

Error cannot_listen(const std::string& where, int error) {
  std::string_view instead;
  if (error == EADDRINUSE) instead = "stop what listens there (`ss -ltnp` names it), or choose another port";
  if (error == EADDRNOTAVAIL) instead = "write an address of this machine (`ip addr` lists them)";
  if (error == EACCES) instead = "choose a port of 1024 or more or a directory that the gateway may write to";
  return cannot_listen(where, std::generic_category().message(error), instead);
}

bool make_tcp(const std::string& host, std::uint16_t port, SocketAddress& address, socklen_t& size) {
  address = {};
  const std::string literal = host == "localhost" ? "127.0.0.1" : host;
  if (::inet_pton(AF_INET, literal.c_str(), &address.v4.sin_addr) == 1) {
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(port);
    size = sizeof address.v4;
    return true;
  }
  if (::inet_pton(AF_INET6, literal.c_str(), &address.v6.sin6_addr) != 1) return false;
  address.v6.sin6_family = AF_INET6;
  address.v6.sin6_port = htons(port);
  size = sizeof address.v6;
  return true;
}

bool make_unix(const std::string& path, SocketAddress& address, socklen_t& size) {
  address = {};
  if (path.empty() || path.size() >= sizeof address.local.sun_path) return false;
  address.local.sun_family = AF_UNIX;
  std::memcpy(address.local.sun_path, path.c_str(), path.size() + 1);
  size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return true;
}

UniqueFd make_socket(int family) {
  return UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

Result<Bound> bind_tcp(const std::string& host, std::uint16_t port) {
  const std::string where = host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                                                : fmt::format("[{}]:{}", host, port);
  SocketAddress address;
  socklen_t size = 0;
  if (!make_tcp(host, port, address, size)) return fail(cannot_listen(where, EINVAL));
  Bound bound{.socket = make_socket(address.any.sa_family)};
  const int on = 1;
  if (!bound.socket || ::setsockopt(bound.socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(bound.socket.get(), &address.any, size) != 0 || ::listen(bound.socket.get(), SOMAXCONN) != 0)
    return fail(cannot_listen(where, errno));
  return bound;
}

// True if the file is gone: it was the socket of a process that ended without removing it.
Result<void> remove_stale(const std::string& path, const std::string& where, const SocketAddress& address,
                          socklen_t size) {
  struct stat facts{};
  if (::lstat(path.c_str(), &facts) != 0) {
    if (errno == ENOENT) return {};
    return fail(cannot_listen(where, errno));
  }
  if (!S_ISSOCK(facts.st_mode))
    return fail(cannot_listen(where, "there is a file that is no socket", "choose another path"));
  const UniqueFd probe = make_socket(AF_UNIX);
  if (!probe) return fail(cannot_listen(where, errno));
  const bool answered = ::connect(probe.get(), &address.any, size) == 0 || errno == EAGAIN;
  if (answered)
    return fail(cannot_listen(where, "another process listens there", "stop it, or choose another path"));
  if (errno != ECONNREFUSED) return fail(cannot_listen(where, errno));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail(cannot_listen(where, errno));
  return {};
}

Result<Bound> bind_unix(const std::string& path) {
  const std::string where = "unix:" + path;
  SocketAddress address;
  socklen_t size = 0;
  if (!make_unix(path, address, size))
    return fail(cannot_listen(where, "the path of a socket has at most 107 bytes", "choose a shorter one"));
  TRY(remove_stale(path, where, address, size));
  Bound bound{.socket = make_socket(AF_UNIX), .path = path};
  // The file gets the mode of the socket, so that there is no moment in which others may connect.
  if (!bound.socket || ::fchmod(bound.socket.get(), unix_mode) != 0 ||
      ::bind(bound.socket.get(), &address.any, size) != 0 || ::listen(bound.socket.get(), SOMAXCONN) != 0)
    return fail(cannot_listen(where, errno));
  struct stat facts{};
  if (::lstat(path.c_str(), &facts) == 0) {
    bound.device = facts.st_dev;
    bound.inode = facts.st_ino;
  }
  return bound;
}

Peer peer_of(const SocketAddress& from, int socket) {
  char text[INET6_ADDRSTRLEN] = "";
  if (from.any.sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &from.v4.sin_addr, text, sizeof text);
    return {text, (ntohl(from.v4.sin_addr.s_addr) >> 24) == 127};
  }
  if (from.any.sa_family == AF_INET6) {
    const in6_addr& address = from.v6.sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(&address)) {
      ::inet_ntop(AF_INET6, &address, text, sizeof text);
      return {text, static_cast<bool>(IN6_IS_ADDR_LOOPBACK(&address))};
    }
    ::inet_ntop(AF_INET, address.s6_addr + 12, text, sizeof text);
    return {text, address.s6_addr[12] == 127};
  }
  ucred who{};
  socklen_t size = sizeof who;
  const bool known = ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0;
  return {known ? fmt::format("unix:{}", who.uid) : "unix", true, true};
}

bool is_exhaustion(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

struct Listener::State : std::enable_shared_from_this<State> {
  State(task::Loop& l, Bound b, Accept a, Exhausted e)
      : loop(l),
        bound(std::move(b)),
        accept(std::move(a)),
        exhausted(std::move(e)),
        descriptor(l.context().get_executor(), bound.socket.get()),
        pause(l.timers()) {}

  void wait() {
    descriptor.async_wait(
        Descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
          if (error || !self->bound.socket) return;
          if (self->take(accepted_at_once)) return self->wait();
          self->pause.start(self->loop.now() + exhausted_pause, [state = self.get()] { state->wait(); });
        });
  }

  // False if the machine has no room for more.
  bool take(int at_most) {
    for (int i = 0; i < at_most && bound.socket; ++i) {
      SocketAddress from{};
      socklen_t size = sizeof from;
      UniqueFd socket(::accept4(bound.socket.get(), &from.any, &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (!socket && is_exhaustion(errno)) {
        if (exhausted) exhausted(errno);
        return false;
      }
      if (!socket && (errno == EAGAIN || errno == EBADF || errno == EINVAL)) return true;
      if (!socket) continue;  // what is wrong with that connection alone
      const int on = 1;
      if (from.any.sa_family != AF_UNIX) ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      Peer peer = peer_of(from, socket.get());
      boost::system::error_code error;
      Socket stream(loop.context().get_executor());
      stream.assign({from.any.sa_family, SOCK_STREAM}, socket.get(), error);
      if (error) continue;
      (void)socket.release();
      accept(make_stream(std::move(stream)), std::move(peer));
    }
    return true;
  }

  void close() noexcept {
    if (!bound.socket) return;
    pause.cancel();
    // Another gateway may have put its own socket there meanwhile.
    struct stat facts{};
    if (!bound.path.empty() && ::lstat(bound.path.c_str(), &facts) == 0 && facts.st_dev == bound.device &&
        facts.st_ino == bound.inode)
      ::unlink(bound.path.c_str());
    boost::system::error_code ignored;
    (void)descriptor.release();
    descriptor.close(ignored);
    bound.socket.reset();
  }

  task::Loop& loop;
  Bound bound;
  Accept accept;
  Exhausted exhausted;
  Descriptor descriptor;  // waits; `bound` owns
  task::Timer pause;
};

Listener::Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}

Listener::~Listener() {
  close();
}

Result<std::unique_ptr<Listener>> Listener::open(task::Loop& loop, const std::string& host,
                                                 std::uint16_t port, Accept accept, Exhausted exhausted) {
  auto state =
      std::make_shared<State>(loop, TRY(bind_tcp(host, port)), std::move(accept), std::move(exhausted));
  state->wait();
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

Result<std::unique_ptr<Listener>> Listener::open_unix(task::Loop& loop, const std::string& path,
                                                      Accept accept, Exhausted exhausted) {
  auto state = std::make_shared<State>(loop, TRY(bind_unix(path)), std::move(accept), std::move(exhausted));
  state->wait();
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

std::uint16_t Listener::port() const noexcept {
  SocketAddress address{};
  socklen_t size = sizeof address;
  if (::getsockname(state_->bound.socket.get(), &address.any, &size) != 0) return 0;
  if (address.any.sa_family == AF_INET) return ntohs(address.v4.sin_port);
  return address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : std::uint16_t{0};
}

void Listener::drain() noexcept {
  if (state_->bound.socket) (void)state_->take(accepted_at_end);
  close();
}

void Listener::close() noexcept {
  state_->close();
}

}  // namespace sallyport::net
