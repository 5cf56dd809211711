#include "net/datagram.hpp"

#include "base/unique_fd.hpp"
#include "net/failure.hpp"

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace sallyport::net {
namespace {

Error failed(int number, Phase phase) {
  return transport_failure(std::error_code(number, std::system_category()), phase)
      .with_executed(Executed::no);
}

struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

template <class Address>
SocketAddress stored(const Address& address) {
  SocketAddress made;
  std::memcpy(&made.bytes, &address, sizeof address);
  made.size = sizeof address;
  return made;
}

Result<SocketAddress> unix_address(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return Failure(failed(ENAMETOOLONG, Phase::resolve));
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return stored(address);
}

Result<SocketAddress> udp_address(const DatagramTarget& target) {
  const std::string host = target.host == "localhost" ? "127.0.0.1" : target.host;
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(target.port);
    return stored(v4);
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return Failure(failed(EINVAL, Phase::resolve));
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(target.port);
  return stored(v6);
}

}  // namespace

Result<void> send_datagram(const DatagramTarget& target, std::string_view bytes) {
  const SocketAddress address = TRY(target.path.empty() ? udp_address(target) : unix_address(target.path));
  const UniqueFd socket(::socket(address.bytes.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return Failure(failed(errno, Phase::connect));
  const auto* to = reinterpret_cast<const sockaddr*>(&address.bytes);
  if (::sendto(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL, to, address.size) < 0)
    return Failure(failed(errno, Phase::send));
  return {};
}

}  // namespace sallyport::net
