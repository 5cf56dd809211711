// The levels of log messages, the least important first (RFC 5424 as MCP uses it).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sallyport::protocol {

enum class LogLevel : std::uint8_t { debug, info, notice, warning, error, critical, alert, emergency };
inline constexpr std::size_t log_level_count = 8;

std::string_view name(LogLevel level) noexcept;
std::optional<LogLevel> parse_log_level(std::string_view name) noexcept;

}  // namespace sallyport::protocol
