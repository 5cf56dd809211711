// Single datagrams, to the path of a Unix socket or by UDP, for receivers that never answer.
#pragma once

#include "errors/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::net {

struct DatagramTarget {
  std::string host{};  // a literal IP address, or localhost
  std::uint16_t port = 0;
  std::string path{};  // of a Unix socket, instead of both

  bool operator==(const DatagramTarget&) const = default;
};

// Never waits: a receiver whose queue is full is one that did not get it. A socket a datagram, so that a
// receiver that was started anew is found.
Result<void> send_datagram(const DatagramTarget& target, std::string_view bytes);

}  // namespace sallyport::net
