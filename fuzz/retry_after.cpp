// A delay read from any headers is within its bounds, whatever the clock says.
#include "classify/retry_after.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using sallyport::SystemTime;
using sallyport::classify::HeaderField;
using sallyport::classify::is_rate_limit_evidence;
using sallyport::classify::longest_retry_after;
using sallyport::classify::read_retry_after;

constexpr std::array<std::string_view, 8> names = {
    "retry-after-ms",       "retry-after",          "ratelimit",
    "x-ratelimit-reset",    "x-rate-limit-reset",   "ratelimit-reset",
    "x-ratelimit-reset-ms", "x-ratelimit-remaining"};

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

// The first line is the value of the header that the first byte picks, the second the reply's Date.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view name = names[bytes[0] % names.size()];
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const std::size_t line_end = text.find('\n');
  const std::string_view date = line_end == text.npos ? std::string_view() : text.substr(line_end + 1);
  const std::array<HeaderField, 2> headers = {{{name, text.substr(0, line_end)}, {"date", date}}};
  for (const std::int64_t second : {0, 1'700'000'000}) {
    const auto after = read_retry_after(headers, SystemTime(std::chrono::seconds(second)));
    if (!after) continue;
    require(after->delay.count() >= 0 && after->delay <= longest_retry_after);
    require(!after->clamped || after->delay == longest_retry_after);
  }
  is_rate_limit_evidence(headers);
  return 0;
}
