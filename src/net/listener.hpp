// Accepts connections on a TCP address or a Unix socket.
#pragma once

#include "net/http_server.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::net {

// Listens until it is closed. A taken address is an error: no SO_REUSEPORT, so that two gateways never share
// one. Out of descriptors or memory it pauses: the backlog waits, the loop does not spin.
class Listener {
 public:
  using Accept = std::function<void(std::unique_ptr<Stream>, Peer)>;
  using Exhausted = std::function<void(int error)>;  // hears of errno, once for each pause

  // `host` is an IP address or localhost; port 0 takes a free one. SYS_005 with what is wrong in its
  // developer text.
  static Result<std::unique_ptr<Listener>> open(task::Loop& loop, const std::string& host, std::uint16_t port,
                                                Accept accept, Exhausted exhausted = {});
  // A socket of mode 0600. One that a dead process left is replaced, one that somebody answers is an error.
  // The file goes with the listener.
  static Result<std::unique_ptr<Listener>> open_unix(task::Loop& loop, const std::string& path, Accept accept,
                                                     Exhausted exhausted = {});
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const noexcept;  // 0 of a Unix socket
  void drain() noexcept;                // takes those that the kernel has accepted already, then closes
  void close() noexcept;

 private:
  struct State;
  explicit Listener(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace sallyport::net
