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

namespace sallyport::cli {
namespace {

namespace fs = std::filesystem;

// errno of trying to listen there, as `serve` would; 0: it could.
int try_to_listen(const config::Address& address) {
  if (address.is_unix()) return 0;  // a socket that a dead gateway left is no obstacle
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

}  // namespace

PortOwner port_owner(const config::Address& address) {
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
    std::ifstream name(process.path() / "comm");
    std::getline(name, owner.program);
    return owner;
  }
  return owner;
}

}  // namespace sallyport::cli
