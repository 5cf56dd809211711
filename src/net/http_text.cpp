#include "net/http_text.hpp"

#include <array>
#include <ctime>

#include <fmt/format.h>

namespace sallyport::net {

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

std::string_view http_date(SystemTime now) {
  thread_local std::time_t cached = 0;
  thread_local std::array<char, 32> text{};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  if (seconds != cached) {
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    constexpr std::string_view days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto end = fmt::format_to_n(text.data(), text.size(), "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                                      days[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                                      months[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900,
                                      utc.tm_hour, utc.tm_min, utc.tm_sec);
    *end.out = '\0';
    cached = seconds;
  }
  return {text.data()};
}

}  // namespace sallyport::net
