// Accepts connections on a TCP address.
#pragma once

#include "net/http_server.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sallyport::net {

// Listens until it is closed. A taken port is an error: no SO_REUSEPORT, so that two gateways never share
// one.
class Listener {
 public:
  using Accept = std::function<void(std::unique_ptr<Stream>, Peer)>;

  // `host` is an IP address or localhost; port 0 takes a free one. SYS_005 with errno in its developer text.
  static Result<std::unique_ptr<Listener>> open(task::Loop& loop, const std::string& host, std::uint16_t port,
                                                Accept accept);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const noexcept;
  void close() noexcept;

 private:
  struct State;
  explicit Listener(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace sallyport::net
