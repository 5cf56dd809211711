// What bounds the tasks of a server.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sallyport {

struct TaskLimits {
  std::size_t total = 1000;
  std::size_t per_caller = 100;  // of a session; in the modern era of a principal and an address
  // How long a task is kept from its creation: unless its client asks for another time, and at most.
  std::chrono::milliseconds ttl = std::chrono::minutes(10);
  std::chrono::milliseconds max_ttl = std::chrono::hours(1);
  std::chrono::milliseconds poll_interval{500};  // after which clients are told to look again
  std::uint64_t bytes = 64 << 20;                // of results; one that does not fit is not kept: LIMIT_010
};

}  // namespace sallyport
