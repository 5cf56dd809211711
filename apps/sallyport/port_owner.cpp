#include "port_owner.hpp"

#include "base/strings.hpp"
#include "base/unique_fd.hpp"

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

// errno of trying to listen there, as `serve` would; 0: it could.
int try_to_listen(const config::Address& address) {
  sockaddr_in6 six{};
  sockaddr_in four{};
  const std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
  const bool is_four = ::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1;
  if (!is_four && ::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) != 1) return EADDRNOTAVAIL;
  four.sin_family = AF_INET;
  four.sin_port = htons(address.port);
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(address.port);
  const UniqueFd socket(::socket(is_four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return errno;
  const auto* const name =
      is_four ? reinterpret_cast<const sockaddr*>(&four) : reinterpret_cast<const sockaddr*>(&six);
  if (::bind(socket.get(), name, is_four ? sizeof four : sizeof six) != 0) return errno;
  return ::listen(socket.get(), 1) == 0 ? 0 : errno;
}

// "socket:[123]" of everything that listens on this port, whatever its address.
std::set<std::string> listening_sockets(std::uint16_t port) {
  std::set<std::string> sockets;
  for (const char* const table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
      std::istringstream fields(line);
      std::string number, local, remote, state, queues, timer, retransmits, user, timeout, inode;
      fields >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >>
          inode;
      constexpr std::string_view listening = "0A";
      if (state != listening || !local.ends_with(fmt::format(":{:04X}", port))) continue;
      sockets.insert(fmt::format("socket:[{}]", inode));
    }
  }
  return sockets;
}

bool has_one_of(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code error;
  for (const auto& descriptor : fs::directory_iterator(process / "fd", error)) {
    std::error_code ignored;
    if (sockets.contains(fs::read_symlink(descriptor.path(), ignored).string())) return true;
  }
  return false;
}

std::string program_of(pid_t pid) {
  std::string program;
  std::ifstream name(fmt::format("/proc/{}/comm", pid));
  std::getline(name, program);
  return program;
}

// A socket that a dead program left is no obstacle: nobody answers at it.
PortOwner socket_owner(const std::string& path) {
  PortOwner owner;
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) {
    owner.error = ENAMETOOLONG;
    return owner;
  }
  path.copy(name.sun_path, path.size());
  std::error_code error;
  const fs::file_status there = fs::symlink_status(path, error);
  if (!fs::exists(there)) {
    const fs::path directory = fs::path(path).parent_path();
    if (::access(directory.c_str(), W_OK | X_OK) != 0) owner.error = errno;
    return owner;
  }
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fs::is_socket(there)) {
    owner.error = ENOTSOCK;
  } else if (!socket) {
    owner.error = errno;
  } else if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0) {
    owner.error = EADDRINUSE;
    owner.taken = true;
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0) owner.pid = who.pid;
    owner.program = program_of(owner.pid);
  } else if (errno != ECONNREFUSED) {
    owner.error = errno;
  }
  return owner;
}

}  // namespace

PortOwner port_owner(const config::Address& address) {
  if (address.is_unix()) return socket_owner(address.path);
  PortOwner owner;
  if (address.port == 0) return owner;
  owner.error = try_to_listen(address);
  owner.taken = owner.error == EADDRINUSE;
  if (!owner.taken) return owner;
  const std::set<std::string> sockets = listening_sockets(address.port);
  std::error_code ignored;
  for (const auto& process : fs::directory_iterator("/proc", ignored)) {
    const auto pid = parse_int<pid_t>(process.path().filename().string());
    if (!pid || !has_one_of(process.path(), sockets)) continue;
    owner.pid = *pid;
    owner.program = program_of(*pid);
    return owner;
  }
  return owner;
}

}  // namespace sallyport::cli
