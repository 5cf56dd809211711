// Whatever stands in a line, it is refused with a reason or classified within the bounds of an error.
#include "classify/line.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

namespace classify = sallyport::classify;

constexpr std::size_t max_developer_bytes = 512;
constexpr std::size_t max_message_bytes = 1024;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto line = classify::read_line(text);
  if (!line) {
    require(!line.error().message.empty());
    return 0;
  }
  const auto finding =
      classify::classify_line(*line, sallyport::SystemTime(std::chrono::seconds(1'700'000'000)), {});
  if (!finding) {
    require(!finding.error().message.empty() && finding.error().pointer == "/code");
    return 0;
  }
  if (!*finding) return 0;
  const sallyport::Error& error = (*finding)->error;
  require(!(*finding)->message.empty() && (*finding)->message.size() <= max_message_bytes);
  require(error.developer_message().size() <= max_developer_bytes);
  if (const auto delay = error.retry_after())
    require(delay->count() >= 0 && *delay <= classify::longest_retry_after);
  return 0;
}
