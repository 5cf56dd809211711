// How durations and sizes are written in the config and in what people read.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

// `55s`, `10m`, `100ms`, `1h30m`, `2d`: whole numbers with a unit, the greater unit first, each at most once.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;

// The shortest text that parse_duration reads back as the same value; a negative one has a leading '-'.
std::string format_duration(std::chrono::milliseconds duration);

// `4MiB`, `64KiB`, `10000`: bytes, or a whole number of B, KiB, MiB, GiB or TiB.
std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;

// In the greatest unit that divides the size: parse_size reads the same value back.
std::string format_size(std::uint64_t bytes);

}  // namespace sallyport
