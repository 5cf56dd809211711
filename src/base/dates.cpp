#include "base/dates.hpp"

#include <fmt/chrono.h>

namespace sallyport {

std::string format_rfc3339(SystemTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string format_rfc3339_millis(SystemTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(time - seconds);
  std::string text = format_rfc3339(seconds);
  text.pop_back();
  return text + fmt::format(".{:03}Z", millis.count());
}

}  // namespace sallyport
