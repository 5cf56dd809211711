#include "protocol/log_level.hpp"

#include <algorithm>
#include <array>

namespace sallyport::protocol {
namespace {

constexpr std::array<std::string_view, log_level_count> names{"debug", "info",     "notice", "warning",
                                                              "error", "critical", "alert",  "emergency"};

}  // namespace

std::string_view name(LogLevel level) noexcept {
  return names[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> parse_log_level(std::string_view name) noexcept {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<LogLevel>(found - names.begin());
}

}  // namespace sallyport::protocol
