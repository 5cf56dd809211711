#include "base/dates.hpp"

#include <ctime>

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

std::optional<SystemTime> parse_rfc3339(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* rest = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  SystemTime time = std::chrono::system_clock::from_time_t(::timegm(&parts));
  if (*rest == '.') {
    std::chrono::milliseconds scale{100};
    for (++rest; *rest >= '0' && *rest <= '9'; ++rest, scale /= 10) time += (*rest - '0') * scale;
  }
  if (rest[0] != 'Z' || rest[1] != '\0') return std::nullopt;
  return time;
}

}  // namespace sallyport
