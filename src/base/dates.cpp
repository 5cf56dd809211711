#include "base/dates.hpp"

#include "base/strings.hpp"

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

namespace {

// "Z", or how far the clock on the wall is ahead: "+02:00".
std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
  using namespace std::chrono_literals;
  if (text == "Z" || text == "z") return 0min;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = parse_int<unsigned>(text.substr(1, 2));
  const auto minutes = parse_int<unsigned>(text.substr(4, 2));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes ahead = *hours * 60min + *minutes * 1min;
  return text[0] == '+' ? ahead : -ahead;
}

}  // namespace

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
  const auto ahead = parse_offset(rest);
  if (!ahead) return std::nullopt;
  return time - *ahead;
}

}  // namespace sallyport
