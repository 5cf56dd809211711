#include "base/dates.hpp"

#include <fmt/chrono.h>

namespace sallyport {

std::string format_rfc3339(SystemTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace sallyport
